-- The journal in parts by case id, made ahead by a function of the owner that the kit calls (decision 0019). Services name the parent
-- alone; what nobody has made a part for lands in <table>_rest, which becomes a part itself: nothing is ever refused, no row is copied.

-- Which tables are in parts. An operator may change a width: it holds for the next part.
create table partitioning (
	name text primary key,                   -- of the table
	width int8 not null check (width >= 100) -- case ids a part
);

-- Results of commands are found by their age (law 14).
create index command_at on command (at);

-- Functions that act as the owner look nowhere else.
select set_config('search_path', current_schema() || ', pg_temp', true) as ignored \gset

-- The bound below which parts stand; above it is the rest.
create function partition_bound(parent text) returns int8 language sql stable set search_path from current as $$
	select max(substring(pg_get_expr(c.relpartbound, c.oid) from 'TO \(''?(-?\d+)''?\)')::int8)
	from pg_inherits i join pg_class c on c.oid = i.inhrelid
	where i.inhparent = parent::regclass
$$;

-- The lowest multiple of width above an id.
create function partition_above(id int8, width int8) returns int8 language sql immutable set search_path from current as $$
	select (id / width + 1) * width
$$;

-- Attach locks the rest, which is empty, and no more; create table … partition of would lock the parent.
create function partition_add(parent text, low int8, high int8) returns void language plpgsql set search_path from current as $$
begin
	execute format('create table %I (like %I including all)', parent || '_below_' || high, parent);
	execute format('alter table %I attach partition %I for values from (%s) to (%s)', parent, parent || '_below_' || high, low, high);
end $$;

create function partition_add_rest(parent text) returns void language plpgsql set search_path from current as $$
begin
	execute format('create table %I (like %I including all)', parent || '_rest', parent);
	execute format('alter table %I attach partition %I default', parent, parent || '_rest');
end $$;

-- The table, detached, takes its place as the part from low (minvalue: null) to high. Its rows are read once, none moves.
create function partition_adopt(parent text, one text, low int8, high int8) returns void language plpgsql
set search_path from current as $$
declare
	part text := parent || '_below_' || high;
begin
	execute format('alter table %I rename to %I', one, part);
	execute format('alter table %I rename constraint %I to %I', part, one || '_pkey', part || '_pkey');
	execute format('alter table %I attach partition %I for values from (%s) to (%s)', parent, part,
		coalesce(low::text, 'minvalue'), high);
	perform partition_add_rest(parent);
end $$;

-- For migrations: the table becomes the first part of one that has its name, rights and views. Locks it while its rows are read once.
create function partition_cut(parent text, part_width int8) returns void language plpgsql set search_path from current as $$
declare
	was text := parent || '_whole';
	key text;
	highest int8;
	one record;
	later text[] := array[]::text[];
	statement text;
begin
	execute format('lock table %I in access exclusive mode', parent);
	select pg_get_constraintdef(c.oid) into strict key from pg_constraint c where c.conrelid = parent::regclass and c.contype = 'p';
	execute format('select coalesce(max(case_id), 0) from %I', parent) into highest;
	for one in
		select a.privilege_type as privilege, pg_get_userbyid(a.grantee) as grantee
		from pg_class c, aclexplode(c.relacl) a
		where c.oid = parent::regclass and a.grantee <> c.relowner and a.grantee <> 0
	loop
		later := later || format('grant %s on %I to %I', one.privilege, parent, one.grantee)
			|| format('revoke %s on %I from %I', one.privilege, parent || '_below_' || partition_above(highest, part_width), one.grantee);
	end loop;
	for one in
		select distinct v.oid::regclass::text as name, pg_get_viewdef(v.oid) as body
		from pg_depend d join pg_rewrite r on r.oid = d.objid join pg_class v on v.oid = r.ev_class and v.relkind = 'v'
		where d.classid = 'pg_rewrite'::regclass and d.refclassid = 'pg_class'::regclass and d.refobjid = parent::regclass
	loop
		later := later || format('create or replace view %s as %s', one.name, one.body);
	end loop;
	execute format('alter table %I rename to %I', parent, was);
	execute format('alter table %I rename constraint %I to %I', was, parent || '_pkey', was || '_pkey');
	execute format('create table %I (like %I including all excluding indexes) partition by range (case_id)', parent, was);
	execute format('alter table %I add constraint %I %s', parent, parent || '_pkey', key);
	perform partition_adopt(parent, was, null, partition_above(highest, part_width));
	foreach statement in array later loop
		execute statement;
	end loop;
	insert into partitioning (name, width) values (parent, part_width);
end $$;

-- Makes the next part of each table whose ids have passed the middle of its last one, and turns a rest that holds rows into a part.
-- made: how many; room: how many ids fit below the lowest bound, -1: somebody else is at it, or a lock was not to be had at once:
-- nothing was done, ask again.
create function partitions_ahead(out made int4, out room int8) language plpgsql security definer
set search_path from current set lock_timeout = '200ms' as $$
declare
	one record;
	rest text;
	bound int8;
	highest int8;
	in_rest int8;
begin
	made := 0;
	for one in select p.name, p.width from partitioning p order by p.name loop
		rest := one.name || '_rest';
		execute format('lock table %I in share update exclusive mode nowait', one.name);
		bound := partition_bound(one.name);
		execute format('select max(case_id) from %I', rest) into in_rest;
		if in_rest is not null then
			-- In the order in which services lock.
			execute format('lock table %I in access exclusive mode', one.name);
			execute format('select max(case_id) from %I', rest) into in_rest;
			execute format('alter table %I detach partition %I', one.name, rest);
			perform partition_adopt(one.name, rest, bound, partition_above(in_rest, one.width));
			bound := partition_above(in_rest, one.width);
			made := made + 1;
		end if;
		execute format('select coalesce(max(case_id), 0) from %I', one.name) into highest;
		if bound - highest <= one.width / 2 then
			execute format('lock table %I in access exclusive mode', rest);
			execute format('select max(case_id) from %I', rest) into in_rest;
			if in_rest is not null then
				raise lock_not_available; -- it came between the two looks
			end if;
			perform partition_add(one.name, bound, bound + one.width);
			bound := bound + one.width;
			made := made + 1;
		end if;
		room := least(room, bound - highest);
	end loop;
exception when lock_not_available or deadlock_detected then
	made := 0;
	room := -1;
end $$;

-- Deletes what its time has come for, 2,000 rows a call at most: results of commands after 90 days of business time.
create function age_out(business_now timestamptz, out aged int4) language plpgsql security definer
set search_path from current set lock_timeout = '200ms' as $$
begin
	delete from command c
	where (c.case_id, c.command_id) in (
		select o.case_id, o.command_id from command o where o.at < business_now - interval '90 days' order by o.at limit 2000);
	get diagnostics aged = row_count;
exception when lock_not_available or deadlock_detected then
	aged := 0;
end $$;

select partition_cut('journal', 10000000) as ignored \gset
grant execute on function partitions_ahead(), age_out(timestamptz) to :"login";
revoke delete on command from :"login";

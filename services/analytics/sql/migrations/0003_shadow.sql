-- For `./wangli rebuild analytics`, a deploy step as the cluster's superuser: the same tables once more, and the exchange of both.
-- No login role may execute these; the service's role cannot make tables.

-- An empty copy of the projection's tables in a schema of its own; what an earlier run left there goes.
create function shadow_make() returns void language plpgsql as $$
declare
	one text;
begin
	execute 'drop schema if exists analytics_shadow cascade';
	execute 'create schema analytics_shadow authorization wl_analytics_owner';
	foreach one in array array['case_file', 'cell', 'figure'] loop
		execute format('create table analytics_shadow.%I (like analytics.%I including all) with (fillfactor = 50)', one, one);
		execute format('alter table analytics_shadow.%I owner to wl_analytics_owner', one);
	end loop;
end $$;

-- The shadow takes the place of the tables, with their rights, under the views that stand on them; the old ones go. In one transaction
-- with the lock that keeps the service from writing: killed at any moment, either all of it has happened or nothing.
create function shadow_swap() returns void language plpgsql set search_path = pg_catalog as $$
declare
	one text;
	definition record;
	privilege record;
	definitions text[] := array[]::text[];
	grants text[] := array[]::text[];
begin
	for definition in
		select distinct v.oid::regclass::text as name, pg_get_viewdef(v.oid) as body
		from pg_depend d join pg_rewrite r on r.oid = d.objid join pg_class v on v.oid = r.ev_class and v.relkind = 'v'
		where d.classid = 'pg_rewrite'::regclass and d.refclassid = 'pg_class'::regclass and d.refobjid in
			('analytics.case_file'::regclass, 'analytics.cell'::regclass, 'analytics.figure'::regclass)
	loop
		definitions := definitions || format('create or replace view %s as %s', definition.name, definition.body);
	end loop;
	for privilege in
		select c.relname, a.privilege_type, pg_get_userbyid(a.grantee) as grantee
		from pg_class c, aclexplode(c.relacl) a
		where c.oid in ('analytics.case_file'::regclass, 'analytics.cell'::regclass, 'analytics.figure'::regclass)
			and a.grantee <> c.relowner and a.grantee <> 0
	loop
		grants := grants || format('grant %s on analytics.%I to %I', privilege.privilege_type, privilege.relname,
			privilege.grantee);
	end loop;
	execute 'create schema analytics_old';
	foreach one in array array['case_file', 'cell', 'figure'] loop
		execute format('alter table analytics.%I set schema analytics_old', one);
		execute format('alter table analytics_shadow.%I set schema analytics', one);
	end loop;
	foreach one in array grants || definitions loop
		execute one;
	end loop;
	execute 'drop schema analytics_old cascade';
	execute 'drop schema analytics_shadow';
end $$;

-- Only a place has two parts.
alter table cell add check (dim = 'place' or sub = '');

-- What each login role may do with each object, as aligned text: matrix.txt is its answer.
-- r select, a insert, w update, d delete, t truncate, x references or trigger, U usage (sequences), X execute (functions);
-- in brackets: on some columns only. Partitions stand behind their parent.
\pset format unaligned
\pset tuples_only on
with login as (
	select oid, rolname, substr(rolname, 4) as name from pg_roles where rolname like 'wl\_%' and rolcanlogin
), schema as (
	select oid, nspname from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'
), object as (
	select c.oid, s.nspname || '.' || c.relname as name, 'relation' as class,
		case c.relkind when 'v' then 'view' when 'm' then 'matview' when 'S' then 'sequence' when 'f' then 'foreign'
			else 'table' end as kind
	from pg_class c join schema s on s.oid = c.relnamespace
	where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f') and not c.relispartition
	union all
	select p.oid, s.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', 'function',
		'function'
	from pg_proc p join schema s on s.oid = p.pronamespace
), privilege (class, privilege, letter, place) as (values
	('relation', 'select', 'r', 1), ('relation', 'insert', 'a', 2), ('relation', 'update', 'w', 3),
	('relation', 'delete', 'd', 4), ('relation', 'truncate', 't', 5), ('relation', 'references', 'x', 6),
	('relation', 'trigger', 'x', 7), ('sequence', 'usage', 'U', 8), ('function', 'execute', 'X', 9)
), cell as (
	select o.kind, o.name, l.name as login, coalesce(string_agg(
		case
			when o.kind = 'sequence' and p.class = 'sequence' then
				case when has_sequence_privilege(l.oid, o.oid, p.privilege) then p.letter end
			when o.kind = 'sequence' and p.privilege not in ('select', 'update') then null
			when p.class = 'function' then
				case when has_function_privilege(l.oid, o.oid, p.privilege) then p.letter end
			when has_table_privilege(l.oid, o.oid, p.privilege) then p.letter
			when p.privilege in ('select', 'insert', 'update', 'references')
				and has_any_column_privilege(l.oid, o.oid, p.privilege) then '(' || p.letter || ')'
		end, '' order by p.place), '-') as rights
	from object o cross join login l
	join privilege p on p.class = o.class or (o.kind = 'sequence' and p.class = 'sequence')
	group by o.kind, o.name, l.name
)
select rtrim(line) from (
	select 0 as place, '' as name, rpad('# object', 52) || string_agg(rpad(l.name, 10), '' order by l.name) as line
	from login l
	union all
	select 1, c.name, rpad(c.kind, 10) || rpad(c.name, 42) || string_agg(rpad(c.rights, 10), '' order by c.login)
	from cell c group by c.kind, c.name
) as lines
order by place, name collate "C";

-- Law 8 (own schema only) and what follows from it, one sentence for each breach; nothing when all is well.
\pset format unaligned
\pset tuples_only on
with login as (
	select r.*, substr(r.rolname, 4) as name from pg_roles r where r.rolname like 'wl\_%' and r.rolcanlogin
), schema as (
	select oid, nspname as name, nspowner as owner, 'wl_' || nspname || '_owner' as owner_wanted
	from pg_namespace where nspname !~ '^pg_' and nspname not in ('information_schema', 'public')
), relation as (
	select c.oid, c.relkind, c.relname, c.relowner as owner, c.relispartition, s.name as schema, s.owner_wanted,
		s.name || '.' || c.relname as name, c.relkind in ('v', 'm') and c.relname like 'v\_%' as is_published
	from pg_class c join schema s on s.oid = c.relnamespace
	where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
), routine as (
	select p.oid, p.proacl, p.prosecdef, p.proconfig, p.proowner as owner, s.owner_wanted,
		s.name || '.' || p.proname as name
	from pg_proc p join schema s on s.oid = p.pronamespace
), may as (
	select l.name as login, r.*,
		has_table_privilege(l.oid, r.oid, 'select') or has_any_column_privilege(l.oid, r.oid, 'select') as reads,
		has_table_privilege(l.oid, r.oid, 'insert, update, delete')
			or has_any_column_privilege(l.oid, r.oid, 'insert, update') as writes,
		has_table_privilege(l.oid, r.oid, 'truncate, references, trigger') as shapes
	from login l cross join relation r where r.relkind <> 'S'
), breach (text) as (
	select format('role %s has powers beyond its grants', rolname) from login
	where rolsuper or rolcreatedb or rolcreaterole or rolreplication or rolbypassrls
	union all
	select format('role %s is a member of %s', m.rolname, g.rolname)
	from pg_auth_members a join login m on m.oid = a.member join pg_roles g on g.oid = a.roleid
	where not (m.name = 'watch' and g.rolname = 'pg_read_all_stats' and not a.admin_option)
	union all
	select format('role %s owns tables and may log in', rolname) from pg_roles
	where rolname like 'wl\_%\_owner' and (rolcanlogin or rolsuper)
	union all
	select format('role %s may create in schema %s', l.rolname, n.nspname) from login l cross join pg_namespace n
	where has_schema_privilege(l.oid, n.oid, 'create')
	union all
	select format('role %s may create schemas in the database', rolname) from login
	where has_database_privilege(oid, current_database(), 'create')
	union all
	-- Reference data are compared in temporary tables before they are taken over.
	select format('role %s may create temporary tables', rolname) from login
	where has_database_privilege(oid, current_database(), 'temporary') and name <> 'deploy'
	union all
	select format('schema %s does not belong to %s', name, owner_wanted) from schema
	where pg_get_userbyid(owner) <> owner_wanted
	union all
	select format('%s does not belong to %s', name, owner_wanted) from relation
	where pg_get_userbyid(owner) <> owner_wanted
	union all
	select format('%s does not belong to %s', name, owner_wanted) from routine
	where pg_get_userbyid(owner) <> owner_wanted
	union all
	select format('%s may truncate, reference or put triggers on %s', login, name) from may where shapes
	union all
	select format('%s may use the partition %s by its own name', login, name) from may
	where relispartition and (reads or writes)
	union all
	select format('%s may write %s, which belongs to another', login, name) from may
	where writes and login <> schema and not (login = 'deploy' and schema = 'ref')
	union all
	select format('%s may read %s, which is not published to it', login, name) from may
	where reads and login <> schema and schema <> 'ref' and not is_published and relname <> 'migration'
	union all
	select format('everybody may execute %s', name) from routine
	where proacl is null or exists (select from aclexplode(proacl) as a where a.grantee = 0)
	union all
	select format('%s acts as its owner without a search_path of its own', name) from routine
	where prosecdef and not exists (select from unnest(proconfig) as c where c like 'search\_path=%')
	union all
	select format('%s has the trigger %s', r.name, t.tgname) from pg_trigger t join relation r on r.oid = t.tgrelid
	where not t.tgisinternal
)
select text from breach order by text;

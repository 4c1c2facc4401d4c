-- Roles and schemas (law 8), as the cluster's superuser; again and again with the same result. A schema belongs to an owner
-- who cannot log in; the service's login role gets from each migration exactly the rights that it names. psql variables: none.
\set ON_ERROR_STOP on
set client_min_messages = warning;
begin;

create or replace function pg_temp.role_make(name text, can_login boolean) returns void language plpgsql as $$
begin
	if not exists (select 1 from pg_roles where rolname = name) then
		execute format('create role %I nosuperuser nocreatedb nocreaterole', name);
	end if;
	execute format('alter role %I with %s', name, case when can_login then 'login' else 'nologin' end);
end $$;

create or replace function pg_temp.schema_make(name text) returns void language plpgsql as $$
declare
	owner text := 'wl_' || name || '_owner';
begin
	perform pg_temp.role_make(owner, false);
	execute format('create schema if not exists %I authorization %I', name, owner);
	-- What PostgreSQL gives to everybody unasked.
	execute format('alter default privileges for role %I revoke execute on functions from public', owner);
	execute format('create table if not exists %I.migration (
		source text not null, number int4 not null, name text not null, digest text not null,
		is_breaking boolean not null, applied_at timestamptz not null default now(),
		primary key (source, number))', name);
	execute format('alter table %I.migration owner to %I', name, owner);
end $$;

select pg_temp.schema_make(name) from unnest(array['intake', 'dispatch', 'reply', 'followup', 'analytics', 'portal', 'ref']) as name;
select pg_temp.role_make('wl_' || name, true)
	from unnest(array['intake', 'dispatch', 'reply', 'followup', 'analytics', 'portal', 'watch', 'check', 'deploy']) as name;
-- What PostgreSQL says of itself, and no row of anybody's.
grant pg_read_all_stats to wl_watch;

-- Every login role may look into every schema; what it finds there is granted piece by piece.
do $$
declare
	service text;
	one text;
begin
	execute format('revoke all on database %I from public', current_database());
	execute 'revoke all on schema public from public';
	foreach service in array array['intake', 'dispatch', 'reply', 'followup', 'analytics', 'portal', 'watch', 'check', 'deploy'] loop
		execute format('grant connect on database %I to %I', current_database(), 'wl_' || service);
		foreach one in array array['intake', 'dispatch', 'reply', 'followup', 'analytics', 'portal', 'ref'] loop
			execute format('grant usage on schema %I to %I', one, 'wl_' || service);
			execute format('grant select on %I.migration to %I', one, 'wl_' || service);
		end loop;
	end loop;
	foreach service in array array['intake', 'dispatch', 'reply', 'followup', 'analytics', 'portal'] loop
		execute format('alter role %I set search_path = %I', 'wl_' || service, service);
		-- A batch joins arrays of up to 1,000 keys with a primary key. A plan made for the very array reads the whole table
		-- while it is small, and every plan costs as much as the statement; the generic one looks each key up.
		execute format('alter role %I set plan_cache_mode = force_generic_plan', 'wl_' || service);
		-- It is made when the process starts, in a new system on empty tables, and kept: it must not count on their being small.
		execute format('alter role %I set enable_seqscan = off', 'wl_' || service);
		execute format('alter role %I set enable_hashjoin = off', 'wl_' || service);
		execute format('alter role %I set enable_mergejoin = off', 'wl_' || service);
	end loop;
	-- The import of reference data compares with what it holds in temporary tables.
	execute format('grant temporary on database %I to wl_deploy', current_database());
	alter role wl_deploy set search_path = ref;
	alter role wl_check set search_path = ref;
end $$;
commit;

-- Where the database's time goes, when pg_stat_statements is loaded (bench lifecycle --statements).

-- name: make
create extension if not exists pg_stat_statements;

-- name: reset
select pg_stat_statements_reset();

-- name: top
-- $1 how many: the statements that took most, by whom
select r.rolname::text, left(regexp_replace(s.query, '\s+', ' ', 'g'), 90), s.calls, s.rows, (s.total_exec_time * 1000)::int8,
	(s.total_plan_time * 1000)::int8, s.wal_bytes::int8
from pg_stat_statements s
join pg_roles r on r.oid = s.userid
where r.rolname like 'wl_%'
order by s.total_exec_time + s.total_plan_time desc
limit $1::int4;

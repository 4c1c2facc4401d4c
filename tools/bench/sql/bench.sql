-- What the bench reads of the system that it made itself, as the database's superuser: PostgreSQL's own counters.

-- name: wal
-- Bytes of write-ahead log since the cluster was made.
select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::int8;

-- name: sizes
-- Bytes of a schema's tables with their indexes and TOAST.
select n.nspname, sum(pg_total_relation_size(c.oid))::int8
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and n.nspname in ('intake', 'dispatch', 'reply', 'followup', 'analytics')
group by n.nspname;

-- name: writes
-- Rows written by schema: inserted, updated, deleted; updates that touched no index.
select t.schemaname::text, sum(t.n_tup_ins)::int8, sum(t.n_tup_upd)::int8, sum(t.n_tup_del)::int8, sum(t.n_tup_hot_upd)::int8
from pg_stat_user_tables t
where t.schemaname in ('intake', 'dispatch', 'reply', 'followup', 'analytics')
group by t.schemaname;

-- name: sessions
-- Backends of the services' sessions, by their application's name.
select a.pid, a.application_name from pg_stat_activity a where a.backend_type = 'client backend';

-- name: text_bytes
-- What citizens and units wrote: the share of a case's bytes that is text.
select (select coalesce(sum(octet_length(l.title) + octet_length(l.body)), 0) from intake.letter l)::int8
	+ (select coalesce(sum(octet_length(d.text)), 0) from reply.draft d)::int8;

-- name: stored
-- $1 beginning of a letter's name: how many are stored
select count(*) from intake.submission s where s.source_msg_id like $1::text || '-%';

-- name: assigned
-- $1 beginning of a letter's name: when the transaction that gave it to its unit was committed (track_commit_timestamp)
select s.source_msg_id, pg_xact_commit_timestamp(t.xmin)
from intake.submission s
join dispatch.task t on t.case_id = s.case_id and t.n = 1
where s.source_msg_id like $1::text || '-%';

-- name: dispatched
-- $1 beginning of a letter's name: how many are with a unit
select count(*) from intake.submission s join dispatch.task t on t.case_id = s.case_id and t.n = 1
where s.source_msg_id like $1::text || '-%';

-- name: pending
-- Markers that stand, whatever form they have.
select (select count(*) from intake.v_pending) + (select count(*) from dispatch.v_pending)
	+ (select count(*) from reply.v_pending) + (select count(*) from followup.v_pending);

-- name: units
-- $1 beginning of a letter's name: which unit has it
select s.source_msg_id, d.unit
from intake.submission s
join dispatch.case_file d on d.case_id = s.case_id
where s.source_msg_id like $1::text || '-%' and d.unit <> '';

-- name: closed
-- Cases that each service holds for closed.
select (select count(*) from intake.v_case c where c.state_name = 'CLOSED'),
	(select count(*) from dispatch.v_case c where c.state_name = 'CLOSED'),
	(select count(*) from reply.v_case c where c.state_name = 'CLOSED'),
	(select count(*) from followup.v_case c where c.state_name = 'CLOSED'),
	(select count(*) from analytics.v_case c where c.state_name = 'CLOSED');

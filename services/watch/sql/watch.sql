-- name: server
-- What PostgreSQL says of itself; one row.
select clock_timestamp(), pg_database_size(d.datid), current_setting('max_connections')::int8,
	coalesce((select max(extract(epoch from clock_timestamp() - a.xact_start)) * 1000000
		from pg_stat_activity a where a.backend_type = 'client backend' and a.pid <> pg_backend_pid()), 0)::int8,
	(select count(*) from pg_stat_activity a where a.backend_type = 'client backend' and a.wait_event_type = 'Lock'),
	d.xact_commit, d.xact_rollback, d.deadlocks, w.wal_bytes::int8, r.archived_count, r.failed_count,
	coalesce(r.last_failed_time > coalesce(r.last_archived_time, '-infinity'), false),
	current_setting('synchronous_standby_names') <> ''
from pg_stat_database d, pg_stat_wal w, pg_stat_archiver r
where d.datname = current_database();

-- name: connections
select coalesce(a.state, 'other'), count(*)
from pg_stat_activity a
where a.backend_type = 'client backend'
group by 1
order by 1;

-- name: standbys
-- Delay in microseconds. Who only receives (pg_receivewal) replays nothing: what it has written counts.
select case when r.application_name = '' then 'standby' else r.application_name end, coalesce(r.sync_state, 'async'),
	coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), coalesce(r.replay_lsn, r.flush_lsn, r.sent_lsn)), 0)::int8,
	coalesce(extract(epoch from r.replay_lag) * 1000000, 0)::int8
from pg_stat_replication r
where r.state in ('catchup', 'streaming')
order by 1;

-- name: slots
select s.slot_name::text, coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), s.restart_lsn), 0)::int8
from pg_replication_slots s
order by 1;

-- name: dead_rows
select t.schemaname || '.' || t.relname, t.n_dead_tup
from pg_stat_all_tables t
where t.relname in ('pending', 'batch_marker', 'timer', 'case_file', 'submission')
	and t.schemaname in ('intake', 'dispatch', 'reply', 'followup', 'analytics')
order by 1;

-- name: cases
-- One row; ages and times to assignment in microseconds of business time. States: 0 not heard of, 15 refused, 80 closed.
select count(*) filter (where v.is_open),
	count(*) filter (where v.is_unanswered and v.resolve_due <= v.now),
	count(*) filter (where v.is_unanswered and v.resolve_due > v.now and v.resolve_due <= v.now + interval '24 hours'),
	count(*) filter (where v.is_unanswered and v.dispatched_at is null),
	count(*) filter (where v.is_unanswered),
	coalesce(extract(epoch from max(v.now - v.received_at) filter (where v.is_unanswered)) * 1000000, 0)::int8,
	(percentile_disc(0.5) within group (order by extract(epoch from v.dispatched_at - v.received_at))
		filter (where v.dispatched_at > v.now - interval '1 hour') * 1000000)::int8,
	(percentile_disc(0.99) within group (order by extract(epoch from v.dispatched_at - v.received_at))
		filter (where v.dispatched_at > v.now - interval '1 hour') * 1000000)::int8
from (
	select w.received_at, w.dispatched_at, w.resolve_due, c.now,
		w.state not in (0, 15, 80) as is_open, w.state not in (15, 80) and w.replied_at is null as is_unanswered
	from analytics.v_watch w, (select clock_timestamp() + k.shift as now from ref.clock k) as c
) as v;

-- name: in_doubt
select count(*) from reply.v_watch w where w.state in ('IN_DOUBT', 'NOTICE_IN_DOUBT');

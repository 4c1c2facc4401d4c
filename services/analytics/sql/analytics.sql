-- name: case_load
-- $1 case_id[]
select f.case_id, f.version, f.seq, f.head, f.seen_intake, f.seen_dispatch, f.seen_reply, f.seen_followup,
	f.state, f.visits, f.is_on_time, f.is_undelivered, f.received_day, f.channel, f.klass, f.type, f.category,
	f.area, f.unit, f.reason, f.received_at, f.accepted_at, f.dispatched_at, f.signed_at, f.contacted_at,
	f.resolve_due, f.resolved_at, f.submitted_at, f.replied_at, f.delivered_at, f.followed_at, f.closed_at
from unnest($1::int8[]) as t(case_id)
join case_file f on f.case_id = t.case_id;

-- name: case_insert
-- one array a column, in the order of case_load
insert into case_file (case_id, version, seq, head, seen_intake, seen_dispatch, seen_reply, seen_followup,
	state, visits, is_on_time, is_undelivered, received_day, channel, klass, type, category, area, unit, reason, received_at,
	accepted_at, dispatched_at, signed_at, contacted_at, resolve_due, resolved_at, submitted_at, replied_at,
	delivered_at, followed_at, closed_at)
select t.case_id, t.version, t.seq, t.head, t.seen_intake, t.seen_dispatch, t.seen_reply, t.seen_followup,
	t.state, t.visits, t.is_on_time, t.is_undelivered, t.received_day, t.channel, t.klass, t.type, t.category,
	t.area, t.unit, t.reason, t.received_at, t.accepted_at, t.dispatched_at, t.signed_at, t.contacted_at,
	t.resolve_due, t.resolved_at, t.submitted_at, t.replied_at, t.delivered_at, t.followed_at, t.closed_at
from unnest($1::int8[], $2::int4[], $3::int4[], $4::bytea[], $5::int4[], $6::int4[], $7::int4[], $8::int4[],
	$9::int2[], $10::int2[], $11::bool[], $12::bool[], $13::date[], $14::text[], $15::text[], $16::text[],
	$17::text[], $18::text[], $19::text[], $20::text[], $21::timestamptz[], $22::timestamptz[],
	$23::timestamptz[], $24::timestamptz[], $25::timestamptz[], $26::timestamptz[], $27::timestamptz[],
	$28::timestamptz[], $29::timestamptz[], $30::timestamptz[], $31::timestamptz[], $32::timestamptz[])
	as t(case_id, version, seq, head, seen_intake, seen_dispatch, seen_reply, seen_followup, state, visits,
	is_on_time, is_undelivered, received_day, channel, klass, type, category, area, unit, reason, received_at,
	accepted_at, dispatched_at, signed_at, contacted_at, resolve_due, resolved_at, submitted_at, replied_at,
	delivered_at, followed_at, closed_at)
on conflict (case_id) do nothing
returning case_id;

-- name: case_update
-- one array a column, in the order of case_load; version is the one that was read
update case_file f
set version = t.version + 1, seq = t.seq, head = t.head, seen_intake = t.seen_intake,
	seen_dispatch = t.seen_dispatch, seen_reply = t.seen_reply, seen_followup = t.seen_followup,
	state = t.state, visits = t.visits, is_on_time = t.is_on_time, is_undelivered = t.is_undelivered,
	received_day = t.received_day, channel = t.channel, klass = t.klass, type = t.type, category = t.category,
	area = t.area, unit = t.unit, reason = t.reason, received_at = t.received_at, accepted_at = t.accepted_at,
	dispatched_at = t.dispatched_at, signed_at = t.signed_at, contacted_at = t.contacted_at,
	resolve_due = t.resolve_due, resolved_at = t.resolved_at, submitted_at = t.submitted_at,
	replied_at = t.replied_at, delivered_at = t.delivered_at, followed_at = t.followed_at,
	closed_at = t.closed_at
from unnest($1::int8[], $2::int4[], $3::int4[], $4::bytea[], $5::int4[], $6::int4[], $7::int4[], $8::int4[],
	$9::int2[], $10::int2[], $11::bool[], $12::bool[], $13::date[], $14::text[], $15::text[], $16::text[],
	$17::text[], $18::text[], $19::text[], $20::text[], $21::timestamptz[], $22::timestamptz[],
	$23::timestamptz[], $24::timestamptz[], $25::timestamptz[], $26::timestamptz[], $27::timestamptz[],
	$28::timestamptz[], $29::timestamptz[], $30::timestamptz[], $31::timestamptz[], $32::timestamptz[])
	as t(case_id, version, seq, head, seen_intake, seen_dispatch, seen_reply, seen_followup, state, visits,
	is_on_time, is_undelivered, received_day, channel, klass, type, category, area, unit, reason, received_at,
	accepted_at, dispatched_at, signed_at, contacted_at, resolve_due, resolved_at, submitted_at, replied_at,
	delivered_at, followed_at, closed_at)
where f.case_id = t.case_id and f.version = t.version
returning f.case_id;

-- name: cell_add
-- $1 case_id[] (whose change it is; not stored) $2 day[] $3 dim[] $4 key[] $5 n[]
-- Sorted by key, so that two replicas lock cells in the same order; what cancels out is not written.
insert into cell (day, dim, key, n)
select t.day, t.dim, t.key, sum(t.n)::int8
from unnest($1::int8[], $2::date[], $3::text[], $4::text[], $5::int8[]) as t(case_id, day, dim, key, n)
group by t.day, t.dim, t.key
having sum(t.n) <> 0
order by t.day, t.dim, t.key
on conflict (day, dim, key) do update set n = cell.n + excluded.n;

-- Types of rows are named with their schema: `./wangli rebuild analytics` runs these statements where the shadow's schema is the only one
-- that is searched, so that what it writes can never reach the tables in use.

-- name: case_load
-- $1 case_id[]
select f.case_id, f.version, f.seq, f.head, f.seen_intake, f.seen_dispatch, f.seen_reply, f.seen_followup, f.state,
	f.intake_part, f.dispatch_part, f.reply_part, f.followup_part, f.redo, f.replies, f.round, f.rejects, f.visits,
	f.reply_wd, f.confidence, f.solved, f.satisfaction, f.contacted, f.flags, f.received_day, f.channel, f.klass,
	f.type, f.category, f.area, f.unit, f.refusal, f.reason, f.received_at, f.accept_due, f.accepted_at,
	f.refused_at, f.dispatched_at, f.sign_due, f.signed_at, f.contact_due, f.contacted_at, f.resolve_due,
	f.resolved_at, f.redo_due, f.submitted_at, f.replied_at, f.last_replied_at, f.delivered_at, f.answered_at,
	f.followed_at, f.rated_at, f.closed_at
from unnest($1::int8[]) as t(case_id)
join case_file f on f.case_id = t.case_id;

-- name: case_insert
-- $1 rows
insert into case_file (case_id, version, seq, head, seen_intake, seen_dispatch, seen_reply, seen_followup, state, intake_part,
	dispatch_part, reply_part, followup_part, redo, replies, round, rejects, visits, reply_wd, confidence, solved,
	satisfaction, contacted, flags, received_day, channel, klass, type, category, area, unit, refusal, reason,
	received_at, accept_due, accepted_at, refused_at, dispatched_at, sign_due, signed_at, contact_due, contacted_at,
	resolve_due, resolved_at, redo_due, submitted_at, replied_at, last_replied_at, delivered_at, answered_at,
	followed_at, rated_at, closed_at)
select t.case_id, t.version, t.seq, t.head, t.seen_intake, t.seen_dispatch, t.seen_reply, t.seen_followup, t.state,
	t.intake_part, t.dispatch_part, t.reply_part, t.followup_part, t.redo, t.replies, t.round, t.rejects, t.visits,
	t.reply_wd, t.confidence, t.solved, t.satisfaction, t.contacted, t.flags, t.received_day, t.channel, t.klass,
	t.type, t.category, t.area, t.unit, t.refusal, t.reason, t.received_at, t.accept_due, t.accepted_at,
	t.refused_at, t.dispatched_at, t.sign_due, t.signed_at, t.contact_due, t.contacted_at, t.resolve_due,
	t.resolved_at, t.redo_due, t.submitted_at, t.replied_at, t.last_replied_at, t.delivered_at, t.answered_at,
	t.followed_at, t.rated_at, t.closed_at
from unnest($1::analytics.case_row[]) as t
on conflict (case_id) do nothing
returning case_id;

-- name: case_update
-- $1 rows; version is the one that was read
update case_file f
set version = t.version + 1, seq = t.seq, head = t.head, seen_intake = t.seen_intake, seen_dispatch = t.seen_dispatch, seen_reply =
	t.seen_reply, seen_followup = t.seen_followup, state = t.state, intake_part = t.intake_part, dispatch_part =
	t.dispatch_part, reply_part = t.reply_part, followup_part = t.followup_part, redo = t.redo, replies = t.replies,
	round = t.round, rejects = t.rejects, visits = t.visits, reply_wd = t.reply_wd, confidence = t.confidence,
	solved = t.solved, satisfaction = t.satisfaction, contacted = t.contacted, flags = t.flags, received_day =
	t.received_day, channel = t.channel, klass = t.klass, type = t.type, category = t.category, area = t.area, unit
	= t.unit, refusal = t.refusal, reason = t.reason, received_at = t.received_at, accept_due = t.accept_due,
	accepted_at = t.accepted_at, refused_at = t.refused_at, dispatched_at = t.dispatched_at, sign_due = t.sign_due,
	signed_at = t.signed_at, contact_due = t.contact_due, contacted_at = t.contacted_at, resolve_due =
	t.resolve_due, resolved_at = t.resolved_at, redo_due = t.redo_due, submitted_at = t.submitted_at, replied_at =
	t.replied_at, last_replied_at = t.last_replied_at, delivered_at = t.delivered_at, answered_at = t.answered_at,
	followed_at = t.followed_at, rated_at = t.rated_at, closed_at = t.closed_at
from unnest($1::analytics.case_row[]) as t
where f.case_id = t.case_id and f.version = t.version
returning f.case_id;

-- name: cell_add
-- $1 rows; case_id says whose change it is and is not stored.
-- Sorted by key, so that two replicas lock cells in the same order; what cancels out is not written.
insert into cell (day, dim, key, sub, n)
select t.day, t.dim, t.key, t.sub, sum(t.n)::int8
from unnest($1::analytics.cell_row[]) as t
group by t.day, t.dim, t.key, t.sub
having sum(t.n) <> 0
order by t.day, t.dim, t.key, t.sub
on conflict (day, dim, key, sub) do update set n = cell.n + excluded.n;

-- name: figure_add
-- $1 rows, as cell_add.
insert into figure (day, unit, code, num, den, excl)
select t.day, t.unit, t.code, sum(t.num)::int8, sum(t.den)::int8, sum(t.excl)::int8
from unnest($1::analytics.figure_row[]) as t
group by t.day, t.unit, t.code
having sum(t.num) <> 0 or sum(t.den) <> 0 or sum(t.excl) <> 0
order by t.day, t.unit, t.code
on conflict (day, unit, code) do update
set num = figure.num + excluded.num, den = figure.den + excluded.den, excl = figure.excl + excluded.excl;

-- name: holiday_load
-- days that differ from Monday to Friday, with the time in which that was known
select h.day, h.kind = 'work' as is_work, h.valid_from, h.valid_to
from ref.holiday h order by h.day, h.valid_from;

-- name: status_note
-- $1 rows: what is to be told; of several of a case the last, and the letter's names from whichever has them. The version grows even
-- where a rebuild has mended the row in between.
insert into status (case_id, source, source_msg_id, version, told, state, at)
select distinct on (t.case_id) t.case_id, coalesce(max(t.source) over (partition by t.case_id), ''),
	coalesce(max(t.source_msg_id) over (partition by t.case_id), ''), t.version, 0, t.state, t.at
from unnest($1::analytics.status_row[]) as t
order by t.case_id, t.version desc
on conflict (case_id) do update
set version = greatest(excluded.version, status.version + 1), state = excluded.state, at = excluded.at;

-- name: status_told
-- $1 rows: what the channels have taken
update status s
set told = greatest(s.told, t.version)
from (select u.case_id, max(u.version) as version from unnest($1::analytics.status_told_row[]) as u group by u.case_id) as t
where s.case_id = t.case_id and s.version >= t.version;

-- name: status_of
-- $1 case_id: whose letter it is, and what is to be told
select s.source, s.version from status s where s.case_id = $1::int8;

-- name: status_load
-- $1 case_id[]: what a DELIVER of type status.v1 says. No row: the case did not ask. The unit's name is the one that holds at that time.
select s.case_id, s.source, s.source_msg_id, s.version, s.state, s.at, f.channel, f.unit, o.name_zh,
	coalesce(f.redo_due, f.resolve_due)
from unnest($1::int8[]) as t(case_id)
join status s on s.case_id = t.case_id
join case_file f on f.case_id = t.case_id
left join ref.org o on o.code = f.unit and o.valid_from <= (s.at at time zone 'Asia/Shanghai')::date
	and (o.valid_to is null or o.valid_to > (s.at at time zone 'Asia/Shanghai')::date);

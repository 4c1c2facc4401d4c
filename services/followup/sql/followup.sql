-- name: case_load
-- $1 case_id[]
select f.case_id, f.version, f.seq, f.head, f.seen_reply, f.state, f.plan, f.round, f.redo, f.visits,
	f.planned, f.is_undelivered, f.type, f.rating, f.reason, f.delivered_at, f.next_at, f.closed_at
from unnest($1::int8[]) as t(case_id)
join case_file f on f.case_id = t.case_id;

-- name: case_insert
-- $1 rows
insert into case_file (case_id, version, seq, head, seen_reply, state, plan, round, redo, visits, planned, is_undelivered,
	type, rating, reason, delivered_at, next_at, closed_at)
select t.case_id, t.version, t.seq, t.head, t.seen_reply, t.state, t.plan, t.round, t.redo, t.visits,
	t.planned, t.is_undelivered, t.type, t.rating, t.reason, t.delivered_at, t.next_at, t.closed_at
from unnest($1::case_row[]) as t
on conflict (case_id) do nothing
returning case_id;

-- name: case_update
-- $1 rows; version is the one that was read
update case_file f
set version = t.version + 1, seq = t.seq, head = t.head, seen_reply = t.seen_reply, state = t.state,
	plan = t.plan, round = t.round, redo = t.redo, visits = t.visits, planned = t.planned,
	is_undelivered = t.is_undelivered, type = t.type, rating = t.rating, reason = t.reason,
	delivered_at = t.delivered_at, next_at = t.next_at, closed_at = t.closed_at
from unnest($1::case_row[]) as t
where f.case_id = t.case_id and f.version = t.version
returning f.case_id;

-- name: visit_insert
-- A satisfaction of 0 is none.
insert into visit (case_id, n, visit, round, what, means, at, solved, satisfaction, contacted, remark)
select t.case_id, t.n, t.visit, t.round, t.what, t.means, t.at, t.solved, nullif(t.satisfaction, 0),
	t.contacted, t.remark
from unnest($1::visit_row[]) as t;

-- name: road_load
-- Who makes the first visit (base/road.h).
select r.step, r.type, r.taken_by, r.valid_from, r.valid_to
from ref.road r
where r.step = 'first_visit';

-- name: limit_load
-- The follow-up limit of each type, with the days on which it holds.
select s.type, s.followup_due, s.valid_from, s.valid_to
from ref.sla s
order by s.type, s.valid_from;

-- name: holiday_load
-- What is known now of each day that differs from Monday to Friday.
select distinct on (h.day) h.day, h.kind = 'work'
from ref.holiday h
where h.valid_to is null
order by h.day, h.valid_from desc;

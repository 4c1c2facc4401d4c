-- name: case_load
-- $1 case_id[]
select f.case_id, f.version, f.seq, f.head, f.seen_intake, f.seen_reply, f.seen_followup, f.state, f.task, f.unit,
	f.type, f.category, f.area, f.dispatched_at, f.signed_at, f.contacted_at, f.resolved_at, f.sign_due,
	f.contact_due, f.resolve_due, f.is_provisional, f.closed_at, f.redo, f.is_general_desk, f.is_report,
	f.named_units, f.is_direct, f.no_article
from unnest($1::int8[]) as t(case_id)
join case_file f on f.case_id = t.case_id;

-- name: case_insert
-- $1 rows
insert into case_file (case_id, version, seq, head, seen_intake, seen_reply, seen_followup, state, task, unit, type,
	category, area, dispatched_at, signed_at, contacted_at, resolved_at, sign_due, contact_due, resolve_due,
	is_provisional, closed_at, redo, is_general_desk, is_report, named_units, is_direct, no_article)
select t.case_id, t.version, t.seq, t.head, t.seen_intake, t.seen_reply, t.seen_followup, t.state, t.task, t.unit,
	t.type, t.category, t.area, t.dispatched_at, t.signed_at, t.contacted_at, t.resolved_at, t.sign_due,
	t.contact_due, t.resolve_due, t.is_provisional, t.closed_at, t.redo, t.is_general_desk, t.is_report,
	t.named_units, t.is_direct, t.no_article
from unnest($1::case_row[]) as t
on conflict (case_id) do nothing
returning case_id;

-- name: case_update
-- $1 rows; version is the one that was read
update case_file f
set version = t.version + 1, seq = t.seq, head = t.head, seen_intake = t.seen_intake, seen_reply = t.seen_reply,
	seen_followup = t.seen_followup, state = t.state, task = t.task, unit = t.unit, type = t.type,
	category = t.category, area = t.area, dispatched_at = t.dispatched_at, signed_at = t.signed_at,
	contacted_at = t.contacted_at, resolved_at = t.resolved_at, sign_due = t.sign_due,
	contact_due = t.contact_due, resolve_due = t.resolve_due, is_provisional = t.is_provisional,
	closed_at = t.closed_at, redo = t.redo, is_general_desk = t.is_general_desk, is_report = t.is_report,
	named_units = t.named_units, is_direct = t.is_direct, no_article = t.no_article
from unnest($1::case_row[]) as t
where f.case_id = t.case_id and f.version = t.version
returning f.case_id;

-- name: task_insert
insert into task (case_id, n, unit, co_units, reason, ref_version, dispatched_at, sign_due, contact_due,
	resolve_due)
select t.case_id, t.n, t.unit, t.co_units, t.reason, t.ref_version, t.dispatched_at, t.sign_due,
	t.contact_due, t.resolve_due
from unnest($1::task_row[]) as t;

-- name: duty_load
-- The duty catalogue (派单目录), with the days on which each row holds.
select d.category, d.policy_lead_org, d.handling_level = 'district', d.valid_from, d.valid_to
from ref.duty d order by d.category, d.valid_from;

-- name: area_load
-- County-level units.
select o.code, o.valid_from, o.valid_to
from ref.org o
where o.kind in ('district', 'county', 'county_city', 'functional_zone')
order by o.code, o.valid_from;

-- name: sla_load
select s.type, s.sign_due, s.contact_due, s.resolve_due, s.valid_from, s.valid_to
from ref.sla s order by s.type, s.valid_from;

-- name: holiday_load
select h.day, h.kind = 'work', h.valid_from, h.valid_to
from ref.holiday h order by h.day, h.valid_from;

-- name: org_load
-- Whom a dispatcher may give a case to.
select o.code, o.valid_from, o.valid_to from ref.org o order by o.code, o.valid_from;

-- name: road_load
-- Who takes which step, with the days on which each row holds.
select r.step, r.type, r.taken_by, r.valid_from, r.valid_to from ref.road r order by r.step, r.type, r.valid_from;

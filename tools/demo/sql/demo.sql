-- name: cases_count
select count(*) from intake.v_case c;

-- name: known
-- $1 external ids: which of them are cases, since when, and whether their reply is out or on its way.
select c.source_msg_id, c.case_id, c.received_at, coalesce(r.state_name in ('REPLIED', 'DELIVERED', 'UNDELIVERABLE', 'CLOSED'), false)
from intake.v_case c
left join reply.v_case r on r.case_id = c.case_id
where c.source_msg_id = any($1::text[]);

-- name: units
-- $1 case ids: who has them.
select d.case_id, d.unit from dispatch.v_case d where d.case_id = any($1::int8[]) and coalesce(d.unit, '') <> '';

-- name: notices
select h.day - date '1970-01-01', h.kind = 'work', h.valid_from - date '1970-01-01', coalesce(h.valid_to - date '1970-01-01', -2147483648)
from ref.holiday h order by h.day, h.valid_from;

-- name: states
-- What people see: how many cases stand where.
select a.state_name, count(*) from analytics.v_case a group by a.state, a.state_name order by a.state;

-- name: remarkable
-- What deserves a look: the general desk's, those over time, the urgent ones, reports, direct answers.
with b as (select clock_timestamp() + c.shift as now from ref.clock c)
select count(*) filter (where a.is_general_desk),
	count(*) filter (where a.resolve_due < b.now and a.resolved_at is null and a.state_name not in ('CLOSED', 'NOT_ACCEPTED')),
	count(*) filter (where a.type in ('livelihood_urgent', 'emergency_risk')),
	count(*) filter (where a.klass = 'report'), count(*) filter (where a.is_direct)
from analytics.v_case a, b;

-- name: state_of
-- $1 case ids: where each stands for people.
select a.case_id, a.state_name from analytics.v_case a where a.case_id = any($1::int8[]);

-- name: closed_count
-- $1 case ids: how many of them have ended.
select count(*) from intake.v_case c where c.case_id = any($1::int8[]) and c.state_name = 'CLOSED';

-- name: road_has_people
-- Whether somebody may have to take steps between a letter and its reply: not when the system takes each of them for all types.
select not coalesce(bool_and(s.is_system), false)
from (
	select w.step, coalesce(bool_or(r.type = '*') and bool_and(r.taken_by = 'system'), false) as is_system
	from unnest(array['accept', 'dispatch', 'sign', 'contact']) as w(step)
	left join ref.road r on r.step = w.step
	group by w.step) as s;

-- name: replay_facts
-- $1 case ids: where each of them stands, as its services publish it; visits and rating are those of the follow-up's round.
select i.case_id, i.state_name, coalesce(d.state_name, ''), coalesce(r.state_name, ''), coalesce(f.state_name, ''),
	coalesce(d.unit, ''), d.contacted_at is not null, coalesce(v.is_rated, false), coalesce(r.draft, 0),
	coalesce(v.visits, 0), coalesce(f.redo, 0)
from intake.v_case i
left join dispatch.v_case d on d.case_id = i.case_id
left join reply.v_case r on r.case_id = i.case_id
left join followup.v_case f on f.case_id = i.case_id
left join lateral (
	select count(*) filter (where q.what = 'asked') as visits, bool_or(q.what = 'rated') as is_rated
	from followup.v_visit q where q.case_id = f.case_id and q.round = f.round) as v on true
where i.case_id = any($1::int8[]);

-- name: replay_watched
-- $1 case ids: those that are not closed, and whether a visit of this round waits for its answer.
select i.case_id, f.state_name = 'FOLLOWING' and coalesce(v.is_asked and not v.is_rated, false)
from intake.v_case i
left join followup.v_case f on f.case_id = i.case_id
left join lateral (
	select bool_or(q.what = 'asked') as is_asked, bool_or(q.what = 'rated') as is_rated
	from followup.v_visit q where q.case_id = f.case_id and q.round = f.round) as v on true
where i.case_id = any($1::int8[]) and i.state_name <> 'CLOSED';

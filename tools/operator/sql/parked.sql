-- name: parked_list
-- $1 whether what was applied or skipped is shown too
select k.service, k.case_id, k.producer, k.seq, k.type, k.state_name, k.owner, k.due_at, k.parked_at, k.sends, k.tries, k.why, k.reason
from (
	select 'intake' as service, i.case_id, i.producer, i.seq, i.type, i.state, i.state_name, i.owner, i.due_at, i.parked_at, i.sends,
		i.tries, i.why, i.reason from intake.v_parked i
	union all
	select 'dispatch', d.case_id, d.producer, d.seq, d.type, d.state, d.state_name, d.owner, d.due_at, d.parked_at, d.sends,
		d.tries, d.why, d.reason from dispatch.v_parked d
	union all
	select 'reply', r.case_id, r.producer, r.seq, r.type, r.state, r.state_name, r.owner, r.due_at, r.parked_at, r.sends,
		r.tries, r.why, r.reason from reply.v_parked r
	union all
	select 'followup', f.case_id, f.producer, f.seq, f.type, f.state, f.state_name, f.owner, f.due_at, f.parked_at, f.sends,
		f.tries, f.why, f.reason from followup.v_parked f
	union all
	select 'analytics', a.case_id, a.producer, a.seq, a.type, a.state, a.state_name, a.owner, a.due_at, a.parked_at, a.sends,
		a.tries, a.why, a.reason from analytics.v_parked a) as k
where k.state = 1 or $1::bool
order by k.due_at, k.service, k.case_id, k.producer, k.seq;

-- name: parked_find
-- $1 case id, $2 producer, $3 seq, 0: the first that waits, $4 service, '' for any of them
select k.service, k.case_id, k.producer, k.seq, k.type, k.at, k.state_name, k.owner, k.due_at, k.parked_at, k.sends, k.tries, k.why,
	k.reason, k.done_by, k.done_at, k.history, coalesce(k.fixed_body, k.body), k.fixed_body is not null
from (
	select 'intake' as service, i.case_id, i.producer, i.seq, i.type, i.at, i.body, i.state, i.state_name, i.owner, i.due_at, i.parked_at, i.sends,
		i.tries, i.why, i.reason, i.done_by, i.done_at, i.history, i.fixed_body from intake.v_parked i
	union all
	select 'dispatch', d.case_id, d.producer, d.seq, d.type, d.at, d.body, d.state, d.state_name, d.owner, d.due_at, d.parked_at, d.sends,
		d.tries, d.why, d.reason, d.done_by, d.done_at, d.history, d.fixed_body from dispatch.v_parked d
	union all
	select 'reply', r.case_id, r.producer, r.seq, r.type, r.at, r.body, r.state, r.state_name, r.owner, r.due_at, r.parked_at, r.sends,
		r.tries, r.why, r.reason, r.done_by, r.done_at, r.history, r.fixed_body from reply.v_parked r
	union all
	select 'followup', f.case_id, f.producer, f.seq, f.type, f.at, f.body, f.state, f.state_name, f.owner, f.due_at, f.parked_at, f.sends,
		f.tries, f.why, f.reason, f.done_by, f.done_at, f.history, f.fixed_body from followup.v_parked f
	union all
	select 'analytics', a.case_id, a.producer, a.seq, a.type, a.at, a.body, a.state, a.state_name, a.owner, a.due_at, a.parked_at, a.sends,
		a.tries, a.why, a.reason, a.done_by, a.done_at, a.history, a.fixed_body from analytics.v_parked a) as k
where k.case_id = $1::int8 and k.producer = $2::text and ($4::text = '' or k.service = $4::text)
	and case when $3::int4 = 0 then k.state = 1 else k.seq = $3::int4 end
order by k.service, k.seq;

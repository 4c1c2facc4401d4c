-- name: clock_now
-- Business time, as every service computes it (law 15).
select c.is_simulated, clock_timestamp() + c.shift from ref.clock c;

-- name: clock_set
-- $1 business time. Never backwards, and only where the clock is simulated. Its commit waits for no disk: what somebody commits at the
-- new time carries it there first, and a step that nobody noticed may be lost with the power.
update ref.clock set shift = $1::timestamptz - clock_timestamp()
where is_simulated and clock_timestamp() + shift <= $1::timestamptz
returning is_simulated, set_config('synchronous_commit', 'off', true);

-- name: clock_begin
-- $1 business time. Any time, but only before the first case.
update ref.clock set shift = $1::timestamptz - clock_timestamp()
where is_simulated and not exists (select c.case_id from intake.v_case c)
returning is_simulated;

-- name: unsettled
-- $1 whether analytics counts. What has to end before time may go on: markers, but for deliveries that nobody takes, and timers that are due. One statement, one
-- snapshot: a marker goes only after what it caused is committed, so nothing can hide between two schemas. A marker that its group's
-- cursor has reached is done; the relay only has not taken it away yet. The streams are those of proto/streams.def.
with b as (select clock_timestamp() + c.shift as now from ref.clock c),
p(schema, grp, attempts) as (
	select 'intake', q.grp, q.attempts from intake.v_pending q
		where q.upto_seq > coalesce(case q.grp
			when 'dispatch' then (select c.seen_intake from dispatch.v_case c where c.case_id = q.case_id)
			when 'reply' then (select c.seen_intake from reply.v_case c where c.case_id = q.case_id)
			when 'analytics' then (select c.seen_intake from analytics.v_case c where c.case_id = q.case_id) end, 0)
	union all select 'dispatch', q.grp, q.attempts from dispatch.v_pending q
		where q.upto_seq > coalesce(case q.grp
			when 'reply' then (select c.seen_dispatch from reply.v_case c where c.case_id = q.case_id)
			when 'analytics' then (select c.seen_dispatch from analytics.v_case c where c.case_id = q.case_id) end, 0)
	union all select 'reply', q.grp, q.attempts from reply.v_pending q
		where q.upto_seq > coalesce(case q.grp
			when 'dispatch' then (select c.seen_reply from dispatch.v_case c where c.case_id = q.case_id)
			when 'followup' then (select c.seen_reply from followup.v_case c where c.case_id = q.case_id)
			when 'analytics' then (select c.seen_reply from analytics.v_case c where c.case_id = q.case_id) end, 0)
	union all select 'followup', q.grp, q.attempts from followup.v_pending q
		where q.upto_seq > coalesce(case q.grp
			when 'intake' then (select c.seen_followup from intake.v_case c where c.case_id = q.case_id)
			when 'dispatch' then (select c.seen_followup from dispatch.v_case c where c.case_id = q.case_id)
			when 'reply' then (select c.seen_followup from reply.v_case c where c.case_id = q.case_id)
			when 'analytics' then (select c.seen_followup from analytics.v_case c where c.case_id = q.case_id) end, 0)),
t(schema, name) as (
	select 'intake', q.name from intake.v_timer q, b where q.due_at <= b.now
	union all select 'dispatch', q.name from dispatch.v_timer q, b where q.due_at <= b.now
	union all select 'reply', q.name from reply.v_timer q, b where q.due_at <= b.now
	union all select 'followup', q.name from followup.v_timer q, b where q.due_at <= b.now
	union all select 'analytics', q.name from analytics.v_timer q, b where q.due_at <= b.now)
select p.schema || ' to ' || p.grp, count(*), false from p
where not (p.grp like 'deliver/%' and p.attempts > 1) and ($1::bool or p.grp <> 'analytics')
group by p.schema, p.grp
union all
select t.schema || '''s timer ' || t.name, count(*), true from t
group by t.schema, t.name
order by 1;

-- name: next_due
-- The next timer of any service; null: there is none.
select min(q.due_at) from (
	select min(i.due_at) as due_at from intake.v_timer i
	union all select min(d.due_at) from dispatch.v_timer d
	union all select min(r.due_at) from reply.v_timer r
	union all select min(f.due_at) from followup.v_timer f
	union all select min(a.due_at) from analytics.v_timer a) q;

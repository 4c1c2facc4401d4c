-- name: ids
-- $1 case id after which to go on, $2 how many: the next cases that a journal or the projection knows, in order
select k.case_id from (
	(select j.case_id from intake.v_journal j where j.case_id > $1::int8 and j.seq = 1 order by j.case_id limit $2::int4)
	union
	(select j.case_id from dispatch.v_journal j where j.case_id > $1::int8 and j.seq = 1 order by j.case_id limit $2::int4)
	union
	(select j.case_id from reply.v_journal j where j.case_id > $1::int8 and j.seq = 1 order by j.case_id limit $2::int4)
	union
	(select j.case_id from followup.v_journal j where j.case_id > $1::int8 and j.seq = 1 order by j.case_id limit $2::int4)
	union
	(select c.case_id from analytics.v_case c where c.case_id > $1::int8 order by c.case_id limit $2::int4)
) as k
order by k.case_id limit $2::int4;

-- name: live
-- $1 case_id[]: the projection's rows, in the columns of its store
select c.case_id, c.version, c.seq, c.head, c.seen_intake, c.seen_dispatch, c.seen_reply, c.seen_followup, c.state,
	c.intake_part, c.dispatch_part, c.reply_part, c.followup_part, c.redo, c.replies, c.round, c.rejects, c.visits,
	coalesce(c.reply_wd, -1::int2), c.confidence,
	(case c.solved when 'yes' then 1 when 'partly' then 2 when 'no' then 3 else 0 end)::int2,
	coalesce(c.satisfaction, 0::int2), (case c.contacted when 'yes' then 1 when 'no' then 2 else 0 end)::int2,
	c.flags, c.received_day, c.channel, c.klass, c.type, c.category, c.area, c.unit, c.refusal, c.reason,
	c.received_at, c.accept_due, c.accepted_at, c.refused_at, c.dispatched_at, c.sign_due, c.signed_at,
	c.contact_due, c.contacted_at, c.resolve_due, c.resolved_at, c.redo_due, c.submitted_at, c.replied_at,
	c.last_replied_at, c.delivered_at, c.answered_at, c.followed_at, c.rated_at, c.closed_at
from unnest($1::int8[]) as t(case_id) join analytics.v_case c on c.case_id = t.case_id;

-- name: entries
-- $1 case_id[]: what the four journals say of them, with the place of the case in $1 and the number of the producer
select t.place, 0::int2, j.seq, j.at, case when k.state = 3 then '' else j.type end, coalesce(k.fixed_body, j.body)
from unnest($1::int8[]) with ordinality as t(case_id, place) join intake.v_journal j on j.case_id = t.case_id
left join analytics.v_parked k on k.case_id = j.case_id and k.producer = 'intake' and k.seq = j.seq
union all
select t.place, 1::int2, j.seq, j.at, case when k.state = 3 then '' else j.type end, coalesce(k.fixed_body, j.body)
from unnest($1::int8[]) with ordinality as t(case_id, place) join dispatch.v_journal j on j.case_id = t.case_id
left join analytics.v_parked k on k.case_id = j.case_id and k.producer = 'dispatch' and k.seq = j.seq
union all
select t.place, 2::int2, j.seq, j.at, case when k.state = 3 then '' else j.type end, coalesce(k.fixed_body, j.body)
from unnest($1::int8[]) with ordinality as t(case_id, place) join reply.v_journal j on j.case_id = t.case_id
left join analytics.v_parked k on k.case_id = j.case_id and k.producer = 'reply' and k.seq = j.seq
union all
select t.place, 3::int2, j.seq, j.at, case when k.state = 3 then '' else j.type end, coalesce(k.fixed_body, j.body)
from unnest($1::int8[]) with ordinality as t(case_id, place) join followup.v_journal j on j.case_id = t.case_id
left join analytics.v_parked k on k.case_id = j.case_id and k.producer = 'followup' and k.seq = j.seq
order by 1, 2, 3;

-- name: in_flight
-- $1 case_id[]: what the projection need not have heard yet: place of the case, number of the producer
select t.place, 0::int2 from unnest($1::int8[]) with ordinality as t(case_id, place)
join intake.v_pending m on m.case_id = t.case_id and m.grp in ('analytics', '*')
union all
select t.place, 1::int2 from unnest($1::int8[]) with ordinality as t(case_id, place)
join dispatch.v_pending m on m.case_id = t.case_id and m.grp in ('analytics', '*')
union all
select t.place, 2::int2 from unnest($1::int8[]) with ordinality as t(case_id, place)
join reply.v_pending m on m.case_id = t.case_id and m.grp in ('analytics', '*')
union all
select t.place, 3::int2 from unnest($1::int8[]) with ordinality as t(case_id, place)
join followup.v_pending m on m.case_id = t.case_id and m.grp in ('analytics', '*')
union all
select t.place, (case k.producer when 'intake' then 0 when 'dispatch' then 1 when 'reply' then 2 else 3 end)::int2
from unnest($1::int8[]) with ordinality as t(case_id, place)
join analytics.v_parked k on k.case_id = t.case_id and k.state <> 2; -- set aside

-- name: holidays
-- the calendar, as analytics loads it
select h.day, h.kind = 'work' as is_work, h.valid_from, h.valid_to
from ref.holiday h order by h.day, h.valid_from;

-- name: case_head
-- $1 case id: what a case is about and where it stands, with the names that hold now.
select i.channel, i.klass, i.type,
	coalesce((select s.name_zh from ref.sla s where s.type = i.type order by s.valid_from desc limit 1), ''),
	i.category,
	coalesce((select k.level1_zh || ' / ' || k.level2_zh from ref.category k where k.code = i.category
		order by k.valid_from desc limit 1), ''),
	i.area,
	coalesce((select o.name_zh from ref.org o where o.code = i.area order by o.valid_from desc limit 1), ''),
	coalesce(d.unit, ''),
	coalesce((select o.name_zh from ref.org o where o.code = d.unit order by o.valid_from desc limit 1), ''),
	coalesce(a.state_name, i.state_name), coalesce(r.state_name, ''),
	d.sign_due, d.contact_due, d.resolve_due, coalesce(d.is_provisional, false)
from intake.v_case i
left join dispatch.v_case d on d.case_id = i.case_id
left join reply.v_case r on r.case_id = i.case_id
left join analytics.v_case a on a.case_id = i.case_id
where i.case_id = $1::int8;

-- name: case_steps
-- $1 case id: what happened so far, as the journals have it.
select j.at, j.service, j.seq, j.type, j.actor, j.body
from (
	select 1 as place, 'intake' as service, i.at, i.seq, i.type, i.actor, i.body from intake.v_journal i where i.case_id = $1::int8
	union all
	select 2, 'dispatch', d.at, d.seq, d.type, d.actor, d.body from dispatch.v_journal d where d.case_id = $1::int8
	union all
	select 3, 'reply', r.at, r.seq, r.type, r.actor, r.body from reply.v_journal r where r.case_id = $1::int8
	union all
	select 4, 'followup', f.at, f.seq, f.type, f.actor, f.body from followup.v_journal f where f.case_id = $1::int8) as j
order by j.at, j.place, j.seq;

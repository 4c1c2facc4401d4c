-- name: clock
-- Business time is the database's time plus the shift of ref.clock (law 15); also the version of the reference data.
select clock_timestamp() + c.shift, v.n
from ref.clock c, ref.version v;

-- name: schema_number
select coalesce(max(m.number), 0)::int4, coalesce(max(m.number) filter (where m.is_breaking), 0)::int4
from migration m
where m.source = 'portal';

-- name: org_load
-- The names of today; a code that is no longer valid keeps its last one.
select distinct on (o.code) o.code, o.name_zh, o.name_en, o.level, o.kind
from ref.org o
order by o.code, o.valid_from desc;

-- name: category_load
select distinct on (c.code) c.code, c.level1_zh || ' · ' || c.level2_zh, c.level1_en || ' · ' || c.level2_en
from ref.category c
order by c.code, c.valid_from desc;

-- name: holiday_load
select h.day, h.kind = 'work', h.valid_from, h.valid_to
from ref.holiday h
order by h.day, h.valid_from;

-- name: attempt_count
-- $1 key of the number $2 key of the address $3 pause $4 tries for a number $5 tries for an address
-- Counts before anybody judges. Each try makes the window longer until the last one begins the pause.
insert into attempt as a (key, n, ends_at)
select t.key, 1, now() + $3::interval
from (values ($1::bytea), ($2::bytea)) as t(key)
order by t.key
on conflict (key) do update
set n = case when a.ends_at <= now() then 1 else a.n + 1 end,
	ends_at = case
		when a.ends_at > now() and a.n >= case when a.key = $1::bytea then $4::int8 else $5::int8 end then a.ends_at
		else excluded.ends_at end
returning a.key = $1::bytea, a.n;

-- name: attempt_forgive
-- $1 key of the number $2 key of the address: the code was right
update attempt
set n = case when key = $1::bytea then 0 else greatest(n - 1, 0) end
where key in ($1::bytea, $2::bytea);

-- name: attempt_sweep
delete from attempt where ends_at <= now();

-- name: visit_add
-- $1 an instant of the day $2 sessions $3 views
insert into visit_day as v (day, sessions, views)
values (($1::timestamptz at time zone 'Asia/Shanghai')::date, $2::int8, $3::int8)
on conflict (day) do update set sessions = v.sessions + excluded.sessions, views = v.views + excluded.views;

-- name: overview
-- $1 when today began $2 now $3 the end of what is due soon $4 when the month began
-- What fell due counts until yesterday, as in the month's report. One row for all, one a state, one a channel, one a unit: what says which (0 all, 1 state, 2 channel, 3 unit).
select case grouping(c.state_name, c.channel, c.unit) when 7 then 0 when 3 then 1 when 5 then 2 else 3 end::int4,
	coalesce(c.state_name, c.channel, c.unit, ''),
	count(*),
	count(*) filter (where c.received_at >= $1::timestamptz),
	count(*) filter (where c.replied_at >= $1::timestamptz),
	count(*) filter (where c.closed_at >= $1::timestamptz),
	count(*) filter (where c.state not in (0, 15, 80)),
	count(*) filter (where c.state not in (15, 80) and c.replied_at is null and c.resolve_due <= $2::timestamptz),
	count(*) filter (where c.state not in (15, 80) and c.replied_at is null and c.resolve_due > $2::timestamptz
		and c.resolve_due <= $3::timestamptz),
	count(*) filter (where c.resolve_due > $4::timestamptz and c.resolve_due <= $1::timestamptz and c.is_on_time),
	count(*) filter (where c.resolve_due > $4::timestamptz and c.resolve_due <= $1::timestamptz)
from analytics.v_case c
where c.received_at is not null
group by grouping sets ((), (c.state_name), (c.channel), (c.unit));

-- name: rates
-- $1 when the month began $2 now: this month's figures; what is dated by a limit counts until yesterday, as today is not over
select f.code, sum(f.num)::int8, sum(f.den)::int8
from analytics.v_figure f
where f.code in ('M05', 'M08', 'M09', 'M10', 'M11')
	and f.day >= ($1::timestamptz at time zone 'Asia/Shanghai')::date
	and f.day <= ($2::timestamptz at time zone 'Asia/Shanghai')::date
		- case when f.code in ('M05', 'M08') then 1 else 0 end
group by f.code
order by f.code;

-- name: versions
-- $1 case_id[]
select c.case_id, c.version
from analytics.v_case c
where c.case_id = any ($1::int8[]);

-- name: letter
-- $1 case_id
select c.case_id, c.version, coalesce(c.state_name, ''), coalesce(c.klass, ''), coalesce(c.type, ''), coalesce(c.category, ''),
	coalesce(c.area, ''), coalesce(c.unit, ''), coalesce(c.channel, ''), c.received_at, c.dispatched_at, c.resolve_due,
	c.replied_at, c.closed_at
from analytics.v_case c
where c.case_id = $1::int8;

-- name: journal
-- $1 case_id: what all services noted, in the order of business time; entries of one moment in the order of the road.
-- How a channel came to hand the answer over (claims) is no step of the letter.
select j.place, j.seq, j.at, j.type, j.actor, j.body
from (
	select 1 as place, i.seq, i.at, i.type, i.actor, i.body from intake.v_journal i where i.case_id = $1::int8
	union all
	select 2, d.seq, d.at, d.type, d.actor, d.body from dispatch.v_journal d where d.case_id = $1::int8
	union all
	select 3, r.seq, r.at, r.type, r.actor, r.body from reply.v_journal r where r.case_id = $1::int8
		and r.type not in ('reply.sending.v1', 'reply.in_doubt.v1', 'reply.resent.v1')
	union all
	select 4, f.seq, f.at, f.type, f.actor, f.body from followup.v_journal f where f.case_id = $1::int8
) as j
order by j.at, j.place, j.seq;

-- name: is_followed
-- $1 case_id: whether followup has begun to ask about it
select exists (select 1 from followup.v_journal f where f.case_id = $1::int8);

-- name: case_list
-- $1 metric (portal_figures.def) $2 from day $3 to day $4 unit $5 area $6 category $7 channel $8 state $9 type $10 before
-- $11 now $12 the end of what is due soon $13 how many. A due time of 24:00 belongs to the day that it ends; what fell due (due,
-- on_time, late) counts until yesterday.
select c.case_id, c.version, coalesce(c.state_name, ''), coalesce(c.klass, ''), coalesce(c.type, ''), coalesce(c.category, ''),
	coalesce(c.area, ''), coalesce(c.unit, ''), coalesce(c.channel, ''), c.received_at, c.dispatched_at, c.resolve_due,
	c.replied_at, c.closed_at
from analytics.v_case c,
	(select date_trunc('day', $11::timestamptz at time zone 'Asia/Shanghai') at time zone 'Asia/Shanghai' as ended) as y
where c.case_id < $10::int8 and c.received_at is not null
	and ($4::text = '' or c.unit = $4::text)
	and ($5::text = '' or c.area = $5::text)
	and ($6::text = '' or c.category like $6::text || '%')
	and ($7::text = '' or c.channel = $7::text)
	and ($8::text = '' or c.state_name = $8::text)
	and ($9::text = '' or c.type = $9::text)
	and case $1::text
		when 'all' then $2::timestamptz is null or c.received_at >= $2::timestamptz and c.received_at < $3::timestamptz
		when 'open' then c.state not in (0, 15, 80)
		when 'overdue' then c.state not in (15, 80) and c.replied_at is null and c.resolve_due <= $11::timestamptz
		when 'due_soon' then c.state not in (15, 80) and c.replied_at is null and c.resolve_due > $11::timestamptz
			and c.resolve_due <= $12::timestamptz
		when 'answered' then c.replied_at is not null
			and ($2::timestamptz is null or c.replied_at >= $2::timestamptz and c.replied_at < $3::timestamptz)
		when 'closed' then c.closed_at is not null
			and ($2::timestamptz is null or c.closed_at >= $2::timestamptz and c.closed_at < $3::timestamptz)
		when 'on_time' then c.is_on_time and c.resolve_due <= y.ended
			and ($2::timestamptz is null or c.resolve_due > $2::timestamptz and c.resolve_due <= $3::timestamptz)
		when 'due' then c.resolve_due <= y.ended
			and ($2::timestamptz is null or c.resolve_due > $2::timestamptz and c.resolve_due <= $3::timestamptz)
		when 'late' then c.is_on_time is not true and c.resolve_due <= y.ended
			and ($2::timestamptz is null or c.resolve_due > $2::timestamptz and c.resolve_due <= $3::timestamptz)
		when 'dispatched' then c.dispatched_at is not null
			and ($2::timestamptz is null or c.dispatched_at >= $2::timestamptz and c.dispatched_at < $3::timestamptz)
		else false end
order by c.case_id desc
limit $13::int4;

-- name: case_list_figure
-- $1 code of a figure (metrics.csv) $2 num or den $3 from day $4 to day $5 unit $6 area $7 category $8 channel $9 state
-- $10 type $11 before $12 how many $13 now: its cases as analytics tells them; what is dated by a limit until yesterday
select c.case_id, c.version, coalesce(c.state_name, ''), coalesce(c.klass, ''), coalesce(c.type, ''), coalesce(c.category, ''),
	coalesce(c.area, ''), coalesce(c.unit, ''), coalesce(c.channel, ''), c.received_at, c.dispatched_at, c.resolve_due,
	c.replied_at, c.closed_at
from analytics.v_figure_case t
join analytics.v_case c on c.case_id = t.case_id
where t.code = $1::text and c.received_at is not null and c.case_id < $11::int8
	and (t.code not in ('M05', 'M08', 'M12') or t.day < ($13::timestamptz at time zone 'Asia/Shanghai')::date)
	and case $2::text when 'num' then t.num > 0 else t.den > 0 or t.den + t.excl = 0 end
	and ($3::timestamptz is null or t.day >= ($3::timestamptz at time zone 'Asia/Shanghai')::date
		and t.day < ($4::timestamptz at time zone 'Asia/Shanghai')::date)
	and ($5::text = '' or c.unit = $5::text)
	and ($6::text = '' or c.area = $6::text)
	and ($7::text = '' or c.category like $7::text || '%')
	and ($8::text = '' or c.channel = $8::text)
	and ($9::text = '' or c.state_name = $9::text)
	and ($10::text = '' or c.type = $10::text)
order by c.case_id desc
limit $12::int4;

-- name: reply_text
-- $1 case_id: what the citizen was sent, the last first
select t.n, t.text
from reply.v_reply_text t
where t.case_id = $1::int8
order by t.n desc
limit 1;

-- name: refusal
-- $1 case_id
select r.reason, r.sentence, r.guidance
from intake.v_refusal r
where r.case_id = $1::int8
order by r.n desc
limit 1;

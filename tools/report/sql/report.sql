-- name: head
-- The city, business time of the snapshot, the version of the reference data, whether somebody counts visits.
select coalesce((select o.name_zh from ref.org o where o.level = 1 order by o.valid_from desc limit 1), ''),
	now() + c.shift, v.n, to_regclass('portal.v_visit_day') is not null
from ref.clock c, ref.version v;

-- name: figures
-- $1 from day, $2 to day (not itself), $3 the day before which due times have passed: sums by figure and unit
select f.code, f.unit, sum(f.num)::int8, sum(f.den)::int8, sum(f.excl)::int8 from analytics.v_figure f
where f.day >= $1::text::date
	and f.day < case when f.code in ('M05', 'M08', 'M12') then $3::text::date else $2::text::date end
group by f.code, f.unit;

-- name: days
-- $1 from day, $2 to day: received, dispatched, answered, closed on each
select d.day::date, coalesce(r.n, 0)::int8, coalesce(f.dispatched, 0)::int8, coalesce(f.answered, 0)::int8,
	coalesce(f.closed, 0)::int8
from generate_series($1::text::date, $2::text::date - 1, interval '1 day') as d(day)
left join (select c.day, sum(c.n) as n from analytics.v_cell c where c.dim = 'channel' and c.day >= $1::text::date
	and c.day < $2::text::date group by c.day) as r on r.day = d.day::date
left join (select g.day, sum(g.den) filter (where g.code = 'M13') as dispatched,
	sum(g.num) filter (where g.code = 'M28') as answered, sum(g.den) filter (where g.code = 'M16') as closed
	from analytics.v_figure g where g.day >= $1::text::date and g.day < $2::text::date group by g.day) as f
	on f.day = d.day::date
order by 1;

-- name: keys
-- $1 from day, $2 to day, $3 from day of the month before, $4 dimension: this month's and the last one's counts, with names
select c.key, coalesce(n.name, c.key), coalesce(sum(c.n) filter (where c.day >= $1::text::date), 0)::int8,
	coalesce(sum(c.n) filter (where c.day < $1::text::date), 0)::int8
from analytics.v_cell c
left join (
	select 'category', k.code, max(k.level2_zh) from ref.category k group by k.code
	union all
	select 'area', o.code, max(o.name_zh) from ref.org o group by o.code
) as n(dim, code, name) on n.dim = c.dim and n.code = c.key
where c.dim = $4::text and c.day >= $3::text::date and c.day < $2::text::date
group by c.key, coalesce(n.name, c.key)
having sum(c.n) <> 0
order by 3 desc, 1;

-- name: types
-- $1 from day, $2 to day, $3 from day of the month before: by type
select coalesce(c.type, ''), coalesce(s.name_zh, nullif(c.type, ''), '未定'), count(*) filter (where c.received_day >= $1::text::date),
	count(*) filter (where c.received_day < $1::text::date)
from analytics.v_case c left join (select s.type, max(s.name_zh) as name_zh from ref.sla s group by s.type) as s on s.type = c.type
where c.received_day >= $3::text::date and c.received_day < $2::text::date
group by 1, 2 order by 3 desc, 1;

-- name: orgs
-- $1 day: names and peer groups as they hold then
select o.code, o.name_zh, coalesce(g.peer_group_zh, '') from ref.org o
left join ref.peer_group g on g.org_code = o.code and g.valid_from <= $1::text::date
	and (g.valid_to is null or g.valid_to > $1::text::date)
where o.valid_from <= $1::text::date and (o.valid_to is null or o.valid_to > $1::text::date);

-- name: late
-- $1 from day, $2 to day of what was due and not answered in time: by unit, day of the due time and of the answer (null: none yet)
select coalesce(c.unit, ''), ((c.resolve_due - interval '1 us') at time zone 'Asia/Shanghai')::date,
	(c.resolved_at at time zone 'Asia/Shanghai')::date, count(*)
from analytics.v_case c
where c.resolve_due > $1::text::date::timestamp at time zone 'Asia/Shanghai'
	and c.resolve_due <= $2::text::date::timestamp at time zone 'Asia/Shanghai' and not coalesce(c.is_on_time, false)
group by 1, 2, 3;

-- name: holidays
-- the calendar as it is known now
select h.day, h.kind = 'work' as is_work from ref.holiday h
where h.valid_to is null order by h.day;

-- name: cases
-- $1 from day, $2 to day, $3 the day before which due times have passed: what each figure counts, case by case
select f.code, f.case_id, f.day, f.unit, f.num, f.den, f.excl from analytics.v_figure_case f
where f.day >= $1::text::date
	and f.day < case when f.code in ('M05', 'M08', 'M12') then $3::text::date else $2::text::date end
union all
select 'M27', c.case_id, c.received_day, '', 1, 0, 0 from analytics.v_case c
where c.received_day >= $1::text::date and c.received_day < $2::text::date
order by 1, 3, 2;

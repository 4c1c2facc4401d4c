-- name: visits
-- $1 from day, $2 to day: distinct sessions on public pages, as the portal counts them; -1 when it counted none of the days
select coalesce(sum(v.sessions), -1)::int8 from portal.v_visit_day v
where v.day >= $1::text::date and v.day < $2::text::date;

-- name: visits
-- $1 from day, $2 to day: distinct sessions on public pages, as the portal counts them
select coalesce(sum(v.sessions), 0)::int8 from portal.v_visit_day v
where v.day >= $1::text::date and v.day < $2::text::date;

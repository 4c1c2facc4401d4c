-- name: changed
-- Cases whose row has heard other events than the shadow's: here case_file is the shadow (search_path), analytics.case_file the projection.
select coalesce(f.case_id, s.case_id)
from analytics.case_file f full join case_file s on s.case_id = f.case_id
where (f.case_id, f.seen_intake, f.seen_dispatch, f.seen_reply, f.seen_followup)
	is distinct from (s.case_id, s.seen_intake, s.seen_dispatch, s.seen_reply, s.seen_followup)
order by 1;

-- name: cells
-- What the live cells say.
select c.day, c.dim, c.key, c.sub, c.n from analytics.cell c where c.n <> 0;

-- name: figures
-- What the live figures say.
select f.day, f.unit, f.code, f.num, f.den, f.excl from analytics.figure f where f.num <> 0 or f.den <> 0 or f.excl <> 0;

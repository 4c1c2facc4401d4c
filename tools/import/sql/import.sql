-- name: closed_count
-- $1 case ids: how many of them have ended.
select count(*) from intake.v_case c where c.case_id = any($1::int8[]) and c.state_name = 'CLOSED';

-- name: submissions
-- $1 source_msg_id[], $2 channel: what the platform has of these letters, one row a submission
select s.source_msg_id, s.case_id, s.digest
from unnest($1::text[]) as t(id)
join intake.v_submission s on s.source_msg_id = t.id
join intake.v_case c on c.case_id = s.case_id and c.channel = $2::text
order by s.source_msg_id, s.case_id;

-- What the limit programs do, all by unnest. The lifecycle: 16 row writes and 4 deletes; the place of each in the nine commits is a
-- table of bench_limit.c.

-- name: intake_case_insert
insert into intake_case (case_id, source_msg_id, channel, area, category, state, title, body, received_at)
select t.case_id, t.source_msg_id, t.channel, t.area, t.category, t.state, t.title, t.body, t.at
from unnest($1::int8[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int2[], $7::text[], $8::text[],
	$9::timestamptz[]) as t(case_id, source_msg_id, channel, area, category, state, title, body, at);

-- name: intake_case_close
update intake_case c set state = t.state
from unnest($1::int8[], $2::int2[]) as t(case_id, state)
where c.case_id = t.case_id;

-- name: intake_out_insert
insert into intake_out (case_id, seq, type, body)
select t.case_id, t.n, t.type, t.event
from unnest($1::int8[], $2::int4[], $3::text[], $4::bytea[]) as t(case_id, n, type, event);

-- name: intake_out_delete
delete from intake_out o using unnest($1::int8[], $2::int4[]) as t(case_id, n)
where o.case_id = t.case_id and o.seq = t.n;

-- name: dispatch_case_insert
insert into dispatch_case (case_id, state, unit, due_at)
select t.case_id, t.state, t.unit, t.at
from unnest($1::int8[], $2::int2[], $3::text[], $4::timestamptz[]) as t(case_id, state, unit, at);

-- name: dispatch_case_close
update dispatch_case c set state = t.state, closed_at = t.at
from unnest($1::int8[], $2::int2[], $3::timestamptz[]) as t(case_id, state, at)
where c.case_id = t.case_id;

-- name: dispatch_task_insert
insert into dispatch_task (case_id, n, unit, due_at)
select t.case_id, t.n, t.unit, t.at
from unnest($1::int8[], $2::int4[], $3::text[], $4::timestamptz[]) as t(case_id, n, unit, at);

-- name: dispatch_out_insert
insert into dispatch_out (case_id, seq, type, body)
select t.case_id, t.n, t.type, t.event
from unnest($1::int8[], $2::int4[], $3::text[], $4::bytea[]) as t(case_id, n, type, event);

-- name: dispatch_out_delete
delete from dispatch_out o using unnest($1::int8[], $2::int4[]) as t(case_id, n)
where o.case_id = t.case_id and o.seq = t.n;

-- name: reply_case_insert
insert into reply_case (case_id, state, unit, replied_at)
select t.case_id, t.state, t.unit, t.at
from unnest($1::int8[], $2::int2[], $3::text[], $4::timestamptz[]) as t(case_id, state, unit, at);

-- name: reply_draft_insert
insert into reply_draft (case_id, n, text, at)
select t.case_id, t.n, t.body, t.at
from unnest($1::int8[], $2::int4[], $3::text[], $4::timestamptz[]) as t(case_id, n, body, at);

-- name: reply_out_insert
insert into reply_out (case_id, seq, type, body)
select t.case_id, t.n, t.type, t.event
from unnest($1::int8[], $2::int4[], $3::text[], $4::bytea[]) as t(case_id, n, type, event);

-- name: reply_out_delete
delete from reply_out o using unnest($1::int8[], $2::int4[]) as t(case_id, n)
where o.case_id = t.case_id and o.seq = t.n;

-- name: followup_case_insert
insert into followup_case (case_id, state, rating)
select t.case_id, t.state, t.type
from unnest($1::int8[], $2::int2[], $3::text[]) as t(case_id, state, type);

-- name: followup_case_close
update followup_case c set state = t.state, closed_at = t.at
from unnest($1::int8[], $2::int2[], $3::timestamptz[]) as t(case_id, state, at)
where c.case_id = t.case_id;

-- name: followup_visit_insert
insert into followup_visit (case_id, n, means, at)
select t.case_id, t.n, t.type, t.at
from unnest($1::int8[], $2::int4[], $3::text[], $4::timestamptz[]) as t(case_id, n, type, at);

-- name: followup_out_insert
insert into followup_out (case_id, seq, type, body)
select t.case_id, t.n, t.type, t.event
from unnest($1::int8[], $2::int4[], $3::text[], $4::bytea[]) as t(case_id, n, type, event);

-- name: followup_out_delete
delete from followup_out o using unnest($1::int8[], $2::int4[]) as t(case_id, n)
where o.case_id = t.case_id and o.seq = t.n;

-- name: analytics_fact_insert
insert into analytics_fact (case_id, unit, category, area, received_at)
select t.case_id, t.unit, t.category, t.area, t.at
from unnest($1::int8[], $2::text[], $3::text[], $4::text[], $5::timestamptz[])
	as t(case_id, unit, category, area, at);

-- name: analytics_fact_close
update analytics_fact f set closed_at = t.at
from unnest($1::int8[], $2::timestamptz[]) as t(case_id, at)
where f.case_id = t.case_id;

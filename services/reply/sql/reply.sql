-- name: case_load
-- $1 case_id[]
select f.case_id, f.version, f.seq, f.head, f.seen_intake, f.seen_dispatch, f.seen_followup, f.state,
	f.has_letter, f.has_unit, f.draft, f.channel, f.klass, f.type, f.unit, f.delivery_id, f.replied_at,
	f.delivered_at, f.closed_at
from unnest($1::int8[]) as t(case_id)
join case_file f on f.case_id = t.case_id;

-- name: case_insert
-- one array a column, in the order of case_load
insert into case_file (case_id, version, seq, head, seen_intake, seen_dispatch, seen_followup, state,
	has_letter, has_unit, draft, channel, klass, type, unit, delivery_id, replied_at, delivered_at, closed_at)
select t.case_id, t.version, t.seq, t.head, t.seen_intake, t.seen_dispatch, t.seen_followup, t.state,
	t.has_letter, t.has_unit, t.draft, t.channel, t.klass, t.type, t.unit, t.delivery_id, t.replied_at,
	t.delivered_at, t.closed_at
from unnest($1::int8[], $2::int4[], $3::int4[], $4::bytea[], $5::int4[], $6::int4[], $7::int4[], $8::int2[],
	$9::bool[], $10::bool[], $11::int4[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[],
	$17::timestamptz[], $18::timestamptz[], $19::timestamptz[])
	as t(case_id, version, seq, head, seen_intake, seen_dispatch, seen_followup, state, has_letter, has_unit,
	draft, channel, klass, type, unit, delivery_id, replied_at, delivered_at, closed_at)
on conflict (case_id) do nothing
returning case_id;

-- name: case_update
-- one array a column, in the order of case_load; version is the one that was read
update case_file f
set version = t.version + 1, seq = t.seq, head = t.head, seen_intake = t.seen_intake,
	seen_dispatch = t.seen_dispatch, seen_followup = t.seen_followup, state = t.state,
	has_letter = t.has_letter, has_unit = t.has_unit, draft = t.draft, channel = t.channel, klass = t.klass,
	type = t.type, unit = t.unit, delivery_id = t.delivery_id, replied_at = t.replied_at,
	delivered_at = t.delivered_at, closed_at = t.closed_at
from unnest($1::int8[], $2::int4[], $3::int4[], $4::bytea[], $5::int4[], $6::int4[], $7::int4[], $8::int2[],
	$9::bool[], $10::bool[], $11::int4[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[],
	$17::timestamptz[], $18::timestamptz[], $19::timestamptz[])
	as t(case_id, version, seq, head, seen_intake, seen_dispatch, seen_followup, state, has_letter, has_unit,
	draft, channel, klass, type, unit, delivery_id, replied_at, delivered_at, closed_at)
where f.case_id = t.case_id and f.version = t.version
returning f.case_id;

-- name: addressee_insert
insert into addressee (case_id, n, source, source_msg_id, channel)
select t.case_id, t.n, t.source, t.source_msg_id, t.channel
from unnest($1::int8[], $2::int4[], $3::text[], $4::text[], $5::text[])
	as t(case_id, n, source, source_msg_id, channel);

-- name: draft_insert
insert into draft (case_id, n, text, actor, at, text_digest)
select t.case_id, t.n, t.text, t.actor, t.at, t.text_digest
from unnest($1::int8[], $2::int4[], $3::text[], $4::text[], $5::timestamptz[], $6::bytea[])
	as t(case_id, n, text, actor, at, text_digest);

-- name: delivery_insert
insert into delivery (case_id, n, delivery_id, channel, at)
select t.case_id, t.n, t.delivery_id, t.channel, t.at
from unnest($1::int8[], $2::int4[], $3::text[], $4::text[], $5::timestamptz[])
	as t(case_id, n, delivery_id, channel, at);

-- name: deliver_load
-- $1 case_id[] $2 the state REPLIED: what a DELIVER says. No row: the delivery is over.
-- The unit's name is the one that held when it replied; the address belongs to intake, which may hold none.
select f.case_id, f.delivery_id, f.channel, f.unit, f.replied_at, d.text, a.source, a.source_msg_id,
	r.reply_address, o.name_zh
from unnest($1::int8[]) as t(case_id)
join case_file f on f.case_id = t.case_id and f.state = $2::int2
join draft d on d.case_id = f.case_id and d.n = f.draft
join addressee a on a.case_id = f.case_id and a.n = 1
left join intake.v_reply_address r on r.case_id = f.case_id and r.source = a.source
	and r.source_msg_id = a.source_msg_id
left join ref.org o on o.code = f.unit and o.valid_from <= (f.replied_at at time zone 'Asia/Shanghai')::date
	and (o.valid_to is null or o.valid_to > (f.replied_at at time zone 'Asia/Shanghai')::date);

-- name: case_load
-- $1 case_id[]
select f.case_id, f.version, f.seq, f.head, f.seen_intake, f.seen_dispatch, f.seen_followup, f.state,
	f.has_letter, f.has_unit, f.is_signed, f.draft, f.channel, f.klass, f.type, f.unit, f.author,
	f.draft_digest, f.kb_article, f.delivery_id, f.fence, f.claim_id, f.replied_at, f.delivered_at, f.closed_at
from unnest($1::int8[]) as t(case_id)
join case_file f on f.case_id = t.case_id;

-- name: case_insert
-- $1 rows
insert into case_file (case_id, version, seq, head, seen_intake, seen_dispatch, seen_followup, state, has_letter, has_unit,
	is_signed, draft, channel, klass, type, unit, author, draft_digest, kb_article, delivery_id, fence, claim_id,
	replied_at, delivered_at, closed_at)
select t.case_id, t.version, t.seq, t.head, t.seen_intake, t.seen_dispatch, t.seen_followup, t.state,
	t.has_letter, t.has_unit, t.is_signed, t.draft, t.channel, t.klass, t.type, t.unit, t.author,
	t.draft_digest, t.kb_article, t.delivery_id, t.fence, t.claim_id, t.replied_at,
	t.delivered_at, t.closed_at
from unnest($1::case_row_2[]) as t
on conflict (case_id) do nothing
returning case_id;

-- name: case_update
-- $1 rows; version is the one that was read
update case_file f
set version = t.version + 1, seq = t.seq, head = t.head, seen_intake = t.seen_intake,
	seen_dispatch = t.seen_dispatch, seen_followup = t.seen_followup, state = t.state,
	has_letter = t.has_letter, has_unit = t.has_unit, is_signed = t.is_signed, draft = t.draft,
	channel = t.channel, klass = t.klass, type = t.type, unit = t.unit, author = t.author,
	draft_digest = t.draft_digest, kb_article = t.kb_article, delivery_id = t.delivery_id, fence = t.fence, claim_id = t.claim_id,
	replied_at = t.replied_at, delivered_at = t.delivered_at, closed_at = t.closed_at
from unnest($1::case_row_2[]) as t
where f.case_id = t.case_id and f.version = t.version
returning f.case_id;

-- name: addressee_insert
insert into addressee (case_id, n, source, source_msg_id, channel)
select t.case_id, t.n, t.source, t.source_msg_id, t.channel
from unnest($1::addressee_row[]) as t;

-- name: draft_insert
insert into draft (case_id, n, text, actor, at, text_digest)
select t.case_id, t.n, t.text, t.actor, t.at, t.text_digest
from unnest($1::draft_row[]) as t;

-- name: rejection_insert
insert into rejection (case_id, n, stage, reason, actor, at)
select t.case_id, t.n, t.stage, t.reason, t.actor, t.at
from unnest($1::rejection_row[]) as t;

-- name: delivery_insert
insert into delivery (case_id, n, delivery_id, channel, unit, at)
select t.case_id, t.n, t.delivery_id, t.channel, t.unit, t.at
from unnest($1::delivery_row[]) as t;

-- name: verification_insert
insert into verification (case_id, n, fence, was_delivered, note, actor, at)
select t.case_id, t.n, t.fence, t.was_delivered, t.note, t.actor, t.at
from unnest($1::verification_row[]) as t;

-- name: deliver_load
-- $1 case_id[] $2 to $5 the states in which something is under way (reply_is_under_way): what a DELIVER says. No row: the delivery is over.
-- The unit's name is the one that held when it replied; the address belongs to intake, which may hold none. A notice has no draft: what
-- it says is intake's, as far as it is published.
select f.case_id, f.state, y.delivery_id, f.channel, y.unit, f.replied_at, d.text, x.sentence, x.guidance, a.source,
	a.source_msg_id, r.reply_address, o.name_zh
from unnest($1::int8[]) as t(case_id)
join case_file f on f.case_id = t.case_id and f.state in ($2::int2, $3::int2, $4::int2, $5::int2)
join delivery y on y.case_id = f.case_id and y.n = f.draft
left join draft d on d.case_id = f.case_id and d.n = f.draft
left join lateral (
	select l.sentence, l.guidance from intake.v_refusal l where y.n = 0 and l.case_id = f.case_id order by l.n desc limit 1
) as x on true
join addressee a on a.case_id = f.case_id and a.n = 1
left join intake.v_reply_address r on r.case_id = f.case_id and r.source = a.source
	and r.source_msg_id = a.source_msg_id
left join ref.org o on o.code = y.unit and o.valid_from <= (f.replied_at at time zone 'Asia/Shanghai')::date
	and (o.valid_to is null or o.valid_to > (f.replied_at at time zone 'Asia/Shanghai')::date);

-- name: road_load
-- Who approves (base/road.h).
select r.step, r.type, r.taken_by, r.valid_from, r.valid_to
from ref.road r
where r.step in ('approve_lead', 'approve_reviewer');

-- name: kb_load
select k.id, k.category, k.title, k.words, k.text, k.unit, k.valid_from, k.valid_to
from kb_article k
order by k.id;

-- name: category_load
select c.code, c.valid_from, c.valid_to from ref.category c;

-- name: unit_load
select o.code, o.valid_from, o.valid_to from ref.org o;

-- name: kb_number
-- $1 category $2 title: the number of that article, or a fresh one
select coalesce((select k.id from kb_article k where k.category = $1::text and k.title = $2::text),
	nextval('kb_article_id_seq'));

-- name: kb_put
-- one array a column. The digest is what tools/check computes anew from v_kb_article.
insert into kb_article as k (id, category, title, words, text, unit, valid_from, valid_to, checked_at, actor, digest)
select t.id, t.category, t.title, t.words, t.text, t.unit, t.valid_from, t.valid_to, t.checked_at, t.actor,
	sha256(convert_to(concat_ws(chr(31), t.id, t.category, t.title, t.words, t.text, t.unit, t.valid_from - date '2000-01-01',
		coalesce(t.valid_to - date '2000-01-01', -1), extract(epoch from t.checked_at), t.actor), 'UTF8'))
from unnest($1::int8[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::date[], $8::date[],
	$9::timestamptz[], $10::text[])
	as t(id, category, title, words, text, unit, valid_from, valid_to, checked_at, actor)
on conflict (id) do update
set category = excluded.category, title = excluded.title, words = excluded.words, text = excluded.text,
	unit = excluded.unit, valid_from = excluded.valid_from, valid_to = excluded.valid_to,
	checked_at = excluded.checked_at, actor = excluded.actor, digest = excluded.digest;

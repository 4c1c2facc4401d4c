-- name: case_load
-- $1 case_id[]
select f.case_id, f.version, f.seq, f.head, f.seen_followup, f.state, f.channel, f.klass, f.type, f.category, f.area,
	f.received_at, f.closed_at, f.source, f.source_msg_id, f.confidence_pct, f.is_general_desk, f.named_units,
	f.kb_article, f.accept_due, f.is_provisional
from unnest($1::int8[]) as t(case_id)
join case_file f on f.case_id = t.case_id;

-- name: case_insert
-- $1 rows. The kit gives only cases whose submission went in (law 9).
insert into case_file (case_id, version, seq, head, seen_followup, state, channel, klass, type, category, area,
	received_at, closed_at, source, source_msg_id, confidence_pct, is_general_desk, named_units, kb_article,
	accept_due, is_provisional)
select t.case_id, t.version, t.seq, t.head, t.seen_followup, t.state, t.channel, t.klass, t.type, t.category, t.area,
	t.received_at, t.closed_at, t.source, t.source_msg_id, t.confidence_pct, t.is_general_desk, t.named_units,
	t.kb_article, t.accept_due, t.is_provisional
from unnest($1::case_row[]) as t
on conflict (case_id) do nothing
returning case_id;

-- name: case_update
-- $1 rows; version is the one that was read
update case_file f
set version = t.version + 1, seq = t.seq, head = t.head, seen_followup = t.seen_followup, state = t.state,
	channel = t.channel, klass = t.klass, type = t.type, category = t.category, area = t.area,
	received_at = t.received_at, closed_at = t.closed_at, source = t.source, source_msg_id = t.source_msg_id,
	confidence_pct = t.confidence_pct, is_general_desk = t.is_general_desk, named_units = t.named_units,
	kb_article = t.kb_article, accept_due = t.accept_due, is_provisional = t.is_provisional
from unnest($1::case_row[]) as t
where f.case_id = t.case_id and f.version = t.version
returning f.case_id;

-- name: submission_find
-- $1 source[] $2 source_msg_id[]
select s.source, s.source_msg_id, s.case_id, s.digest, s.received_at
from unnest($1::text[], $2::text[]) as t(source, source_msg_id)
join submission s on s.source = t.source and s.source_msg_id = t.source_msg_id;

-- name: submission_insert
-- Decides: a letter that another replica took in the meantime does not come back.
insert into submission (source, source_msg_id, case_id, digest, received_at)
select t.source, t.source_msg_id, t.case_id, t.digest, t.received_at
from unnest($1::submission_row[]) as t
order by t.source, t.source_msg_id
on conflict (source, source_msg_id) do nothing
returning case_id;

-- name: letter_insert
insert into letter (case_id, n, title, body, written_at, likes)
select t.case_id, t.n, t.title, t.body, t.written_at, t.likes
from unnest($1::letter_row[]) as t;

-- name: contact_insert
insert into contact (case_id, n, epoch, record, lookup, reply_address)
select t.case_id, t.n, t.epoch, t.record, t.lookup, t.reply_address
from unnest($1::contact_row[]) as t;

-- name: epoch_insert
-- The wrapped data key, once an epoch, whichever letter brings it first.
insert into epoch (epoch, sealed_key)
select distinct on (t.epoch) t.epoch, t.sealed_key
from unnest($1::epoch_row[]) as t
order by t.epoch
on conflict (epoch) do nothing;

-- name: attachment_insert
insert into attachment (case_id, n, sha256, stored_sha256, size_bytes, media_type, name)
select t.case_id, t.n, t.sha256, t.stored_sha256, t.size_bytes, t.media_type, t.name
from unnest($1::attachment_row[]) as t;

-- name: attachment_referenced
-- $1 digests in hex. A probe of the index for each, whatever the planner thinks of the array's length.
select decode(t.hex, 'hex')
from unnest($1::text[]) as t (hex)
cross join lateral (select 1 from attachment a where a.stored_sha256 = decode(t.hex, 'hex') limit 1) as named;

-- name: refusal_insert
insert into refusal (case_id, n, reason, sentence, guidance, actor, at)
select t.case_id, t.n, t.reason, t.sentence, t.guidance, t.actor, t.at
from unnest($1::refusal_row[]) as t;

-- name: case_ids
-- $1 how many
select nextval('case_seq') from generate_series(1, $1::int4);

-- name: keys_load
-- Channels joined by commas, which no channel's name holds.
-- A key that has ended is a revoked one; how much is left to one that will is said in ms, because clocks differ.
select k.public_key, k.source, array_to_string(k.channels, ','), k.is_revoked or coalesce(k.ends_at <= clock_timestamp(), false),
	case when k.ends_at is null then 0
		else greatest(1, ceil(extract(epoch from k.ends_at - clock_timestamp()) * 1000))::int8 end,
	k.quota_per_s, k.quota_burst
from channel_key k
order by k.public_key;

-- name: key_put
-- $1 public_key $2 source $3 channels $4 is_revoked $5 business time
-- A source's further key has the quota of those that it has.
insert into channel_key (public_key, source, channels, is_revoked, added_at, revoked_at, quota_per_s, quota_burst)
select $1::text, $2::text, $3::text[], $4::bool, $5::timestamptz, case when $4::bool then $5::timestamptz end,
	coalesce(max(k.quota_per_s), 0), coalesce(max(k.quota_burst), 0)
from channel_key k
where k.source = $2::text
on conflict (public_key) do update
set source = excluded.source, channels = excluded.channels, is_revoked = excluded.is_revoked,
	revoked_at = coalesce(channel_key.revoked_at, excluded.revoked_at),
	quota_per_s = excluded.quota_per_s, quota_burst = excluded.quota_burst;

-- name: keys_end
-- $1 source $2 the public_key that goes on $3 for how long the others still hold
update channel_key
set ends_at = least(ends_at, clock_timestamp() + $3::interval)
where source = $1::text and public_key <> $2::text and not is_revoked;

-- name: keys_revoke
-- $1 public_keys $2 business time
update channel_key
set is_revoked = true, revoked_at = $2::timestamptz
where public_key = any($1::text[]) and not is_revoked;

-- name: quota_put
-- $1 source $2 letters a second $3 burst
update channel_key
set quota_per_s = $2::int4, quota_burst = $3::int4
where source = $1::text;

-- name: category_load
select c.code, c.level2_zh, c.valid_from, c.valid_to from ref.category c order by c.code, c.valid_from;

-- name: category_word_load
select w.category, w.word, w.weight, w.valid_from, w.valid_to
from ref.category_word w order by w.category, w.word, w.valid_from;

-- name: type_word_load
select w.type, w.word, w.weight, w.valid_from, w.valid_to from ref.type_word w order by w.type, w.word, w.valid_from;

-- name: org_load
select o.code, o.name_zh, o.level, o.parent_code, o.kind, o.valid_from, o.valid_to
from ref.org o order by o.code, o.valid_from;

-- name: category_code_load
select c.code, c.valid_from, c.valid_to from ref.category c order by c.code, c.valid_from;

-- name: area_load
-- County-level units.
select o.code, o.valid_from, o.valid_to
from ref.org o
where o.kind in ('district', 'county', 'county_city', 'functional_zone')
order by o.code, o.valid_from;

-- name: type_load
-- Types with the limit until which a letter is accepted or refused.
select s.type, s.accept_due, s.valid_from, s.valid_to from ref.sla s order by s.type, s.valid_from;

-- name: road_load
-- Who takes which step, with the days on which each row holds.
select r.step, r.type, r.taken_by, r.valid_from, r.valid_to from ref.road r order by r.step, r.type, r.valid_from;

-- name: article_load
-- What reply's knowledge base answers, and by which words.
select a.id, a.words, a.valid_from, a.valid_to from reply.v_kb_article a order by a.id;

-- name: holiday_load
select h.day, h.kind = 'work', h.valid_from, h.valid_to from ref.holiday h order by h.day, h.valid_from;

-- name: state_load
-- $1 source $2 name. One row, without the state when there is none; the time is the real one.
select s.stamp, s.version, s.holder, s.lease_until, s.put_by, s.replaced, s.value, c.at
from (select clock_timestamp() as at) as c
left join channel_state s on s.source = $1::text and s.name = $2::text;

-- name: state_sweep
-- $1 source: names that only a lease had made, and the lease ran out
delete from channel_state s
where s.source = $1::text and s.version = 0 and s.lease_until < clock_timestamp();

-- name: state_use
-- $1 source. What is under way in other replicas is not seen: the bounds of a source may be passed by that much.
select count(*), coalesce(sum(octet_length(s.value)), 0)::int8
from channel_state s
where s.source = $1::text;

-- name: state_insert
-- $1 source $2 name $3 stamp $4 version $5 holder $6 lease_until $7 put_by $8 replaced $9 value
insert into channel_state (source, name, stamp, version, holder, lease_until, put_by, replaced, value, changed_at)
values ($1::text, $2::text, $3::int8, $4::int8, $5::text, $6::timestamptz, $7::text, $8::int8, $9::bytea, clock_timestamp())
on conflict (source, name) do nothing
returning stamp;

-- name: state_update
-- As state_insert; $3 is the stamp that was read. A null $9 leaves the value of that version as it is.
update channel_state s
set stamp = s.stamp + 1, version = $4::int8, holder = $5::text, lease_until = $6::timestamptz, put_by = $7::text,
	replaced = $8::int8, value = case when $4::int8 = 0 then null else coalesce($9::bytea, s.value) end,
	changed_at = clock_timestamp()
where s.source = $1::text and s.name = $2::text and s.stamp = $3::int8
returning s.stamp;

-- name: state_delete
-- $1 source $2 name $3 the stamp that was read
delete from channel_state s
where s.source = $1::text and s.name = $2::text and s.stamp = $3::int8
returning s.stamp;

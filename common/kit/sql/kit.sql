-- Tables that are empty now and full in a minute (pending, batch_marker, timer) are joined by "case_id between t.case_id and t.case_id":
-- plans are generic, and one made while the table was empty would walk all of it for each statement, if it could. With an equality
-- it can, along the primary key; with a range there is no way but the one wanted, from the arrays into the index. A second look at
-- next_at must not be able to use its index, either: "(…) is true".

-- name: clock
-- Business time is the database's time plus the shift of ref.clock (law 15); also the version of the reference data.
select clock_timestamp() + c.shift, v.n, clock_timestamp()
from ref.clock c, ref.version v;

-- name: schema_number
-- How far this schema is migrated, and the last migration that older programs must not meet; the kit's own likewise.
select coalesce(max(m.number) filter (where m.source <> 'kit'), 0)::int4,
	coalesce(max(m.number) filter (where m.source <> 'kit' and m.is_breaking), 0)::int4,
	coalesce(max(m.number) filter (where m.source = 'kit'), 0)::int4,
	coalesce(max(m.number) filter (where m.source = 'kit' and m.is_breaking), 0)::int4
from migration m;

-- name: confirm
-- The last of every batch. What was found, and is answered as DUPLICATE or with the result that was kept, may stand on this server
-- alone: its own commit was in doubt, or another replica's was. A transaction that has written waits at its commit until the
-- synchronous standby has all that came before; one that has not would wait for nothing, so it writes this.
select pg_logical_emit_message(true, 'wangli', '')
where pg_current_xact_id_if_assigned() is null;

-- name: journal_append
-- $1 rows
insert into journal (case_id, seq, at, type, actor, body, body_digest, hash, command_id)
select t.case_id, t.seq, t.at, t.type, t.actor, t.body, t.body_digest, t.hash, t.command_id
from unnest($1::journal_row[]) as t;

-- name: journal_range
-- $1 case_id[] $2 first seq[] $3 last seq[]: the entries to send again, with the place of the range that asked for them
select j.case_id, j.seq, j.at, j.type, j.actor, j.body, t.place
from unnest($1::int8[], $2::int4[], $3::int4[]) with ordinality as t(case_id, first_seq, last_seq, place)
join journal j on j.case_id = t.case_id and j.seq between t.first_seq and t.last_seq
order by t.place, j.seq;

-- name: marker_raise
-- $1 case_id[] $2 grp[] $3 upto_seq[] $4 lease: next_at is the lease of the replica that commits
insert into pending as p (case_id, grp, upto_seq, next_at)
select t.case_id, t.grp, t.upto_seq, now() + $4::interval
from unnest($1::int8[], $2::text[], $3::int4[]) as t(case_id, grp, upto_seq)
on conflict (case_id, grp) do update
set upto_seq = greatest(p.upto_seq, excluded.upto_seq), next_at = excluded.next_at, attempts = 0;

-- name: marker_done
-- $1 case_id[] $2 grp[] $3 acknowledged seq[]
delete from pending p
using unnest($1::int8[], $2::text[], $3::int4[]) as t(case_id, grp, acked)
where p.case_id between t.case_id and t.case_id and p.grp = t.grp and p.upto_seq <= t.acked;

-- name: batch_marker_raise
-- $1 case_id (the lowest) $2 batch $3 cases $4 upto_seqs $5 lease
insert into batch_marker (case_id, batch, cases, upto_seqs, next_at)
values ($1::int8, $2::int8, $3::int8[], $4::int4[], now() + $5::interval);

-- name: batch_marker_done
-- $1 case_id[] $2 batch[]: all subscribers have answered for all cases
delete from batch_marker b
using unnest($1::int8[], $2::int8[]) as t(case_id, batch)
where b.case_id between t.case_id and t.case_id and b.batch = t.batch;

-- name: batch_marker_overdue
-- $1 how many: those whose lease ran out, a row a case
select b.case_id, b.batch, u.case_id, u.upto_seq
from (select f.case_id, f.batch, f.cases, f.upto_seqs from batch_marker f where f.next_at < now() limit $1::int4) as b,
	unnest(b.cases, b.upto_seqs) as u(case_id, upto_seq);

-- name: marker_split
-- $1 case_id[] $2 grp[] $3 upto_seq[], each case and group once: due at once
insert into pending as p (case_id, grp, upto_seq, next_at)
select t.case_id, t.grp, t.upto_seq, now()
from unnest($1::int8[], $2::text[], $3::int4[]) as t(case_id, grp, upto_seq)
on conflict (case_id, grp) do update set upto_seq = greatest(p.upto_seq, excluded.upto_seq);

-- name: marker_claim
-- $1 lease, $2 how many, $3 groups that take nothing now, $4 the longest wait. Real time. The back-off doubles with jitter.
-- What is due goes through arrays: a limit whose number the plan does not know would make it read the whole table to join.
update pending p
set next_at = now() + least($1::interval * power(2.0, least(p.attempts, 10)), $4::interval) * (0.5 + random()),
	attempts = p.attempts + 1
from (
	select array_agg(q.case_id) as case_ids, array_agg(q.grp) as grps
	from (
		select f.case_id, f.grp from pending f
		where f.next_at < now() and f.grp <> all($3::text[])
		limit $2::int4
	) as q
) as due, unnest(due.case_ids, due.grps) as k(case_id, grp)
where p.case_id between k.case_id and k.case_id and p.grp = k.grp and (p.next_at < now()) is true
returning p.case_id, p.grp, p.upto_seq, p.sends, p.faults;

-- name: marker_judge
-- $1 case_id[] $2 grp[] $3 sends[] $4 faults[]: what speaks against the entry itself (law 12)
update pending p set sends = t.sends, faults = t.faults
from unnest($1::int8[], $2::text[], $3::int4[], $4::int4[]) as t(case_id, grp, sends, faults)
where p.case_id between t.case_id and t.case_id and p.grp = t.grp;

-- name: marker_wake
-- $1 group that takes messages again (empty: all of them): its markers are due now. $2 what was sent in vain so often keeps its wait:
-- who comes may have been ended by it.
update pending p set next_at = now(), attempts = 0
where ($1::text = '' or p.grp = $1::text) and p.next_at > now() and p.sends < $2::int4;

-- name: batch_marker_wake
-- all of them are due now
update batch_marker set next_at = now() where next_at > now();

-- name: batch_marker_wake_group
-- $1 group that takes messages again: what transactions owe to all subscribers is due for it, too
insert into pending as p (case_id, grp, upto_seq, next_at)
select u.case_id, $1::text, max(u.upto_seq), now()
from batch_marker b, unnest(b.cases, b.upto_seqs) as u(case_id, upto_seq)
group by u.case_id
on conflict (case_id, grp) do update set upto_seq = greatest(p.upto_seq, excluded.upto_seq), next_at = excluded.next_at;

-- name: timer_set
-- $1 case_id[] $2 name[] $3 due_at[]
insert into timer as t (case_id, name, due_at)
select u.case_id, u.name, u.due_at
from unnest($1::int8[], $2::text[], $3::timestamptz[]) as u(case_id, name, due_at)
on conflict (case_id, name) do update set due_at = excluded.due_at, claimed_until = '-infinity';

-- name: timer_clear
-- $1 case_id[] $2 name[]
delete from timer t
using unnest($1::int8[], $2::text[]) as u(case_id, name)
where t.case_id between u.case_id and u.case_id and t.name = u.name;

-- name: timer_claim
-- $1 lease, $2 how many. Through arrays, as marker_claim.
update timer t set claimed_until = now() + $1::interval
from (
	select array_agg(q.case_id) as case_ids, array_agg(q.name) as names
	from (
		select f.case_id, f.name from timer f
		where f.due_at <= (select now() + c.shift from ref.clock c) and f.claimed_until < now()
		order by f.due_at limit $2::int4
	) as q
) as due, unnest(due.case_ids, due.names) as k(case_id, name)
where t.case_id between k.case_id and k.case_id and t.name = k.name and (t.claimed_until < now()) is true
returning t.case_id, t.name, t.due_at;

-- name: timer_load
-- $1 case_id[] $2 name[]: which of the timers that were claimed still stand
select t.case_id, t.name, t.due_at
from unnest($1::int8[], $2::text[]) as u(case_id, name)
join timer t on t.case_id between u.case_id and u.case_id and t.name = u.name;

-- name: command_load
-- $1 case_id[] $2 command_id[] $3 code of "done": a result that is no more than that stands in the journal
select c.case_id, c.command_id, c.code, c.text, c.body, c.seq
from unnest($1::int8[], $2::text[]) as t(case_id, command_id)
join command c on c.case_id = t.case_id and c.command_id = t.command_id
union all
select j.case_id, j.command_id, $3::int2, '', '', j.seq
from unnest($1::int8[], $2::text[]) as t(case_id, command_id)
join journal j on j.case_id = t.case_id and j.command_id = t.command_id;

-- name: command_keep
-- $1 case_id[] $2 command_id[] $3 at[] $4 type[] $5 actor[] $6 code[] $7 text[] $8 body[] $9 seq[]
insert into command (case_id, command_id, at, type, actor, code, text, body, seq)
select t.case_id, t.command_id, t.at, t.type, t.actor, t.code, t.text, t.body, t.seq
from unnest($1::int8[], $2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::int2[], $7::text[],
	$8::bytea[], $9::int4[]) as t(case_id, command_id, at, type, actor, code, text, body, seq)
on conflict (case_id, command_id) do nothing;

-- name: parked_any
-- Whether anything was ever set aside here: most systems need not look.
select exists (select p.case_id from parked p);

-- name: parked_load
-- $1 case_id[]: how far entries wait, and how far people skipped
select p.case_id, p.producer, coalesce(max(p.seq) filter (where p.state = 1), 0)::int4,
	coalesce(max(p.seq) filter (where p.state = 3), 0)::int4
from unnest($1::int8[]) as t(case_id)
join parked p on p.case_id = t.case_id and p.state in (1, 3)
group by p.case_id, p.producer;

-- name: parked_add
-- $1 case_id[] $2 producer[] $3 seq[] $4 type[] $5 at[] $6 body[] $7 body_digest[] $8 sends[] $9 parked_at[] $10 why[], then $11 owner
-- $12 working days until it is due. Twice is once.
insert into parked (case_id, producer, seq, type, at, body, body_digest, state, sends, owner, due_at, parked_at, why)
select t.case_id, t.producer, t.seq, t.type, t.at, t.body, t.body_digest, 1, t.sends, $11::text,
	coalesce((select (d.day::date + (t.parked_at at time zone 'Asia/Shanghai')::time) at time zone 'Asia/Shanghai'
		from generate_series((t.parked_at at time zone 'Asia/Shanghai')::date + 1,
			(t.parked_at at time zone 'Asia/Shanghai')::date + 60, interval '1 day') as d(day)
		where coalesce((select h.kind from ref.holiday h where h.day = d.day::date
				and h.valid_from <= d.day::date and (h.valid_to is null or h.valid_to > d.day::date)
				order by h.valid_from desc limit 1),
			case when extract(isodow from d.day) < 6 then 'work' else 'off' end) = 'work'
		order by d.day offset $12::int4 - 1 limit 1),
		t.parked_at + interval '1 day'), t.parked_at, t.why
from unnest($1::int8[], $2::text[], $3::int4[], $4::text[], $5::timestamptz[], $6::bytea[], $7::bytea[], $8::int4[],
	$9::timestamptz[], $10::text[])
	as t(case_id, producer, seq, type, at, body, body_digest, sends, parked_at, why)
on conflict (case_id, producer, seq) do nothing;

-- name: parked_entries
-- $1 case_id $2 producer $3 how many: what waits, in order
select p.seq, p.type, p.at, coalesce(p.fixed_body, p.body), p.tries
from parked p where p.case_id = $1::int8 and p.producer = $2::text and p.state = 1
order by p.seq limit $3::int4;

-- name: parked_state
-- $1 case_id $2 producer $3 seq
select p.state from parked p where p.case_id = $1::int8 and p.producer = $2::text and p.seq = $3::int4;

-- name: parked_change
-- $1 case_id[] $2 producer[] $3 seq[] $4 state[] $5 why[] $6 tries more[] $7 reason[] $8 actor[] $9 at[] $10 line for the history[]
-- $11 new body[] or null. Who skips keeps it as owner until the case is closed, and is due the next day.
update parked p
set state = t.state, why = case when t.why = '' then p.why else t.why end, tries = p.tries + t.more,
	reason = case when t.reason = '' then p.reason else t.reason end,
	owner = case when t.state = 3 then t.actor else p.owner end,
	due_at = case when t.state = 3 then t.at + interval '1 day' else p.due_at end,
	done_by = case when t.state = 1 then '' else t.actor end,
	done_at = case when t.state = 1 then null else t.at end,
	fixed_body = coalesce(t.body, p.fixed_body),
	history = p.history || t.line
from unnest($1::int8[], $2::text[], $3::int4[], $4::int4[], $5::text[], $6::int4[], $7::text[], $8::text[],
	$9::timestamptz[], $10::text[], $11::bytea[])
	as t(case_id, producer, seq, state, why, more, reason, actor, at, line, body)
where p.case_id = t.case_id and p.producer = t.producer and p.seq = t.seq and p.state = 1;

-- name: backlog
-- For /health: markers that stand, timers that are due.
select (select count(*) from pending) + (select coalesce(sum(cardinality(b.cases)), 0) from batch_marker b),
	(select count(*) from timer t where t.due_at <= (select now() + c.shift from ref.clock c)),
	(select count(*) from parked p where p.state = 1);

-- name: backlog_groups
-- For /metrics: group, its markers, the oldest entry's age in ms, timers due, the oldest one's age in ms. Counts end at 50,000 and the
-- age looks at the 1,000 lowest cases, so that a large backlog is not made larger by asking. One row with a null group when there are no markers.
with clock as (select now() + c.shift as at from ref.clock c),
markers as (
	select m.grp, count(*) as n
	from (select p.grp from pending p union all select '*' from batch_marker b, unnest(b.cases) limit 50000) as m group by m.grp
),
oldest as (
	select min(j.at) as at
	from (
		(select p.case_id, p.upto_seq from pending p order by p.case_id limit 1000)
		union all
		(select u.case_id, u.upto_seq from batch_marker b, unnest(b.cases, b.upto_seqs) as u(case_id, upto_seq) limit 1000)) as m
	join journal j on j.case_id = m.case_id and j.seq = m.upto_seq
),
due as (
	select count(*) as n, min(d.due_at) as at
	from (select t.due_at from timer t where t.due_at <= (select clock.at from clock) order by t.due_at limit 50000) as d
)
select markers.grp, coalesce(markers.n, 0),
	coalesce(greatest(0, extract(epoch from clock.at - oldest.at) * 1000), 0)::int8,
	due.n, coalesce(extract(epoch from clock.at - due.at) * 1000, 0)::int8,
	(select count(*) from parked p where p.state = 1)
from clock cross join oldest cross join due left join markers on true;

-- name: partitions_ahead
-- How many parts were made, and the room that is left; -1: ask again soon.
select a.made, a.room from partitions_ahead() as a;

-- name: age_out
-- How many rows went.
select age_out(clock_timestamp() + c.shift) from ref.clock c;

-- name: case_load
-- $1 case_id[]
select f.case_id, f.version, f.seq, f.head, f.seen_intake, f.seen_followup, f.n, f.is_jammed
from unnest($1::int8[]) as t(case_id)
join case_file f on f.case_id = t.case_id;

-- name: case_insert
-- $1 rows
insert into case_file (case_id, version, seq, head, seen_intake, seen_followup, n, is_jammed)
select t.case_id, t.version, t.seq, t.head, t.seen_intake, t.seen_followup, t.n, t.is_jammed
from unnest($1::case_row[]) as t
on conflict (case_id) do nothing
returning case_id;

-- name: case_update
-- $1 rows; version is the one that was read
update case_file f
set version = t.version + 1, seq = t.seq, head = t.head, seen_intake = t.seen_intake,
	seen_followup = t.seen_followup, n = t.n, is_jammed = t.is_jammed
from unnest($1::case_row[]) as t
where f.case_id = t.case_id and f.version = t.version
returning f.case_id;

-- name: effect_insert
-- $1 rows
insert into effect (case_id, n, what)
select t.case_id, t.n, t.what
from unnest($1::effect_row[]) as t;

-- name: claim_insert
-- $1 rows. Decides: a key that another case has taken does not come back.
insert into claim (case_id, key)
select t.case_id, t.key
from unnest($1::claim_row[]) as t
order by t.key
on conflict (key) do nothing
returning case_id;

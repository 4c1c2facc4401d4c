#!/usr/bin/env bash
# Tables in parts by case id (decision 0019): an old database with rows becomes one in parts, parts are made ahead, nothing is refused
# when nobody made one, and only what is old is aged out. Run by tests/with_postgres.sh.
set -euo pipefail

failed=0
work=$(mktemp -d)
holder=
# shellcheck disable=SC2317 # called by the trap
finish() {
	[ -z "$holder" ] || kill "$holder" 2>/dev/null || true
	rm -rf "$work"
}
trap finish EXIT

# as USER STATEMENT: what psql says, in the database $base.
base=wangli
as() {
	psql -X -q -At -F ' ' -v ON_ERROR_STOP=1 -d "${WANGLI_TEST_PG/dbname=wangli/dbname=$base} user=$1" -c "$2" 2>&1
}

# expect WHAT WANTED GOT
expect() {
	[ "$2" = "$3" ] && return 0
	printf 'partitions: %s: want "%s", got "%s"\n' "$1" "$2" "$3" >&2
	failed=1
}

# refused WHAT USER STATEMENT PART-OF-THE-SENTENCE
refused() {
	local said
	if said=$(as "$2" "$3"); then
		expect "$1" 'a refusal' "$said"
	elif [[ $said != *"$4"* ]]; then
		expect "$1" "$4" "$said"
	fi
}

# entries FIRST LAST STEP: the service appends an entry to the journal of each of these cases.
entries() {
	as wl_intake "insert into journal (case_id, seq, at, type, actor, body, body_digest, hash)
		select n, 1, now(), 'toy.v1', 'tester', '', '', '' from generate_series($1::int8, $2::int8, $3::int8) as n"
}

# parts: how many rows each part holds.
parts() {
	as postgres "select string_agg(p || ':' || n, ' ' order by p) from
		(select tableoid::regclass::text as p, count(*) as n from intake.journal group by 1) as x"
}

# hold STATEMENT: another session has done it and keeps its transaction open; until let_go.
hold() {
	mkfifo "$work/in" "$work/out"
	psql -X -q -At -v ON_ERROR_STOP=1 -d "$WANGLI_TEST_PG user=postgres" <"$work/in" >"$work/out" 2>&1 &
	holder=$!
	exec 7>"$work/in" 8<"$work/out"
	printf "begin;\n%s;\n\\\\echo held\n" "$1" >&7
	local line
	while read -r line <&8 && [ "$line" != held ]; do :; done
}

let_go() {
	printf 'commit;\n' >&7
	exec 7>&- 8<&-
	wait "$holder" || true
	holder=
	rm -f "$work/in" "$work/out"
}

# --- an old database with rows ---
mkdir -p "$work/old"
for part in common/kit/sql services/{intake,dispatch,reply,followup,analytics,portal}/sql deploy/ref tools/migrate; do
	mkdir -p "$work/old/$(dirname "$part")"
	cp -r "$WANGLI_ROOT/$part" "$work/old/$part"
done
find "$work/old" -name '*partitions.sql' -delete
as postgres 'create database older' >/dev/null
base=older
conninfo="${WANGLI_TEST_PG/dbname=wangli/dbname=older}"
# Files after the deleted ones belong to the new database: without a hole there are none of them.
"$WANGLI_ROOT/tools/migrate/wangli-migrate" --root "$work/old" "$conninfo" >/dev/null
expect 'the old journal is whole' r "$(as postgres "select relkind from pg_class where oid = 'intake.journal'::regclass")"
as wl_intake "insert into journal (case_id, seq, at, type, actor, body, body_digest, hash)
	select n * 8001, s, now(), 'toy.v1', 'tester', convert_to(repeat('x', n % 300), 'utf8'), '', ''
	from generate_series(1, 2000) as n, generate_series(1, 3) as s;
	insert into letter (case_id, n, title, body, written_at, likes)
	select n * 8001, 1, 'title ' || n, repeat('字', n % 700), now(), n from generate_series(1, 2000) as n"
readonly sums="select (select count(*) || ' ' || md5(string_agg(v::text, '' order by case_id, seq)) from intake.v_journal v) || ' ' ||
	(select count(*) || ' ' || md5(string_agg(v::text, '' order by case_id, n)) from intake.v_letter v)"
readonly rights="select string_agg(relname || ' ' || relacl::text, E'\n' order by relname) from pg_class
	where oid in ('intake.journal'::regclass, 'intake.letter'::regclass, 'intake.v_journal'::regclass, 'intake.v_letter'::regclass)"
before=$(as postgres "$sums")
before_rights=$(as postgres "$rights")
"$WANGLI_ROOT/tools/migrate/wangli-migrate" --root "$WANGLI_ROOT" "$conninfo" >/dev/null
expect 'the journal is in parts' p "$(as postgres "select relkind from pg_class where oid = 'intake.journal'::regclass")"
expect 'every row is there, as it was' "$before" "$(as postgres "$sums")"
expect 'rights are as they were' "$before_rights" "$(as postgres "$rights")"
expect 'all rows are in the first part' intake.journal_below_20000000:6000 "$(parts)"
refused 'the same entry twice' wl_intake "insert into journal (case_id, seq, at, type, actor, body, body_digest, hash)
	values (8001, 1, now(), '', '', '', '', '')" 'duplicate key'
refused 'the old table by its new name' wl_intake 'select count(*) from journal_below_20000000' 'permission denied'
expect 'ids are past the middle of the part' '2 13998000' "$(as wl_intake 'select made, room from partitions_ahead()')"
expect 'nothing to make for a while' '0 13998000' "$(as wl_intake 'select made, room from partitions_ahead()')"
base=wangli

# --- made ahead ---
as postgres 'update intake.partitioning set width = 1000' >/dev/null
expect 'ids begin' '0 10000000' "$(as wl_intake 'select made, room from partitions_ahead()')"
entries 4999998 4999999 1
expect 'before the middle' 0 "$(as wl_intake 'select made from partitions_ahead()')"
entries 9999499 9999499 1
expect 'before the middle by the width of today' 0 "$(as wl_intake 'select made from partitions_ahead()')"
entries 9999500 9999500 1
expect 'at the middle' '1 1500' "$(as wl_intake 'select made, room from partitions_ahead()')"
entries 10000999 10001000 1 # the last id below the bound, and the bound
expect 'each row in its part' \
	'intake.journal_below_10000000:4 intake.journal_below_10001000:1 intake.journal_rest:1' "$(parts)"

# --- nobody made the next one in time ---
entries 10001001 10004500 7
expect 'what lies in the rest can be read' 501 "$(as postgres 'select count(*) from intake.v_journal where case_id >= 10001000')"
expect 'the rest becomes a part' '1 506' "$(as wl_intake 'select made, room from partitions_ahead()')"
expect 'with all its rows' \
	'intake.journal_below_10000000:4 intake.journal_below_10001000:1 intake.journal_below_10005000:501' "$(parts)"
entries 1099511627777 1099511627777 1 # another cell
expect 'ids that jump' '2 1223' "$(as wl_intake 'select made, room from partitions_ahead()')"
entries 1099511627778 1099511627778 1
expect 'are in a part as well' 2 "$(as postgres 'select count(*) from only intake.journal_below_1099511628000')"

# --- two at once, and others in the way ---
entries 1099511627779 1099511628900 1
hold 'lock table intake.journal in share update exclusive mode'
expect 'another caller is at it' '0 -1' "$(as wl_intake 'select made, room from partitions_ahead()')"
let_go
hold 'select count(*) from intake.journal'
expect 'a reader is in the way' '0 -1' "$(as wl_intake 'select made, room from partitions_ahead()')"
entries 1099511628901 1099511628901 1 # nobody waits because of that
let_go
readonly standing="select count(*) from pg_inherits where inhparent = 'intake.journal'::regclass"
n_parts=$(as postgres "$standing")
n_rows=$(as postgres 'select count(*) from intake.journal')
callers=()
for one in 1 2 3 4; do
	as wl_intake 'select made, room from partitions_ahead()' >"$work/caller.$one" &
	callers+=($!)
done
wait "${callers[@]}"
as wl_intake 'select made from partitions_ahead()' >"$work/caller.5"
expect 'five callers make it once' "$((n_parts + 1)) 1" \
	"$(as postgres "$standing") $(cut -d ' ' -f 1 "$work"/caller.* | awk '{ n += $1 } END { print n }')"
expect 'and no row is lost' "$n_rows" "$(as postgres 'select count(*) from intake.journal')"

# --- rights ---
refused 'a part by its own name' wl_intake 'insert into journal_rest select * from journal limit 0' 'permission denied'
refused "another's function" wl_dispatch 'select * from intake.partitions_ahead()' 'permission denied'
refused "another's ageing" wl_check 'select intake.age_out(now())' 'permission denied'
refused 'cutting a table' wl_intake "select partition_cut('case_file', 1000)" 'permission denied'
refused 'making any part' wl_intake "select partition_add('journal', 1, 2)" 'permission denied'
refused 'the widths' wl_intake 'update partitioning set width = 100' 'permission denied'
refused 'deleting results of commands' wl_intake 'delete from command' 'permission denied'

# --- aged out ---
as wl_intake "insert into command (case_id, command_id, at, type, actor, code, text, body, seq)
	select n, 'c', now() - age, 'toy.v1', 'tester', 0, '', '', 0
	from (values (1, interval '0'), (2, interval '89 days 23 hours'), (3, interval '90 days 1 hour'), (4, interval '400 days')) as t(n, age)"
expect 'what is old goes' 2 "$(as wl_intake 'select age_out(now())')"
expect 'and nothing else' '1 2' "$(as postgres "select string_agg(case_id::text, ' ' order by case_id) from intake.command")"
expect 'again nothing goes' 0 "$(as wl_intake 'select age_out(now())')"
as wl_intake "insert into command (case_id, command_id, at, type, actor, code, text, body, seq)
	select n, 'd', now() - interval '91 days', 'toy.v1', 'tester', 0, '', '', 0 from generate_series(1, 4500) as n"
expect 'in steps' '2000 2000 500' "$(for _ in 1 2 3; do as wl_intake 'select age_out(now())'; done | paste -sd ' ')"
exit "$failed"

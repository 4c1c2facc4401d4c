#!/usr/bin/env bash
# Reference data that would leave open cases without their unit, category, type or area are refused with the list, and nothing of them
# is loaded; those that only end later, or that only closed cases have, are taken. Run by tests/with_postgres.sh.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
failed=0

value() {
	psql -X -A -t -q -v ON_ERROR_STOP=1 -d "$WANGLI_TEST_PG user=postgres" -c "$1"
}

# fresh: the city's files as they are.
fresh() {
	cp "$WANGLI_ROOT"/deploy/cities/chengdu/*.csv "$folder"
	cp "$WANGLI_ROOT/deploy/roads/auto.csv" "$folder/road.csv"
}

# ending FILE CODE DAY: the row with that code ends on that day; with - for the day it is taken away.
ending() {
	python3 - "$folder/$1" "$2" "$3" <<-'END'
		import csv, sys
		path, code, day = sys.argv[1:]
		with open(path, encoding="utf-8", newline="") as file:
		    rows = list(csv.reader(file))
		header, rows = rows[0] + ["valid_to"], [r + [""] for r in rows[1:]]
		assert any(r[0] == code for r in rows), f"{path} has no {code}"
		rows = [r[:-1] + [day] if r[0] == code else r for r in rows if day != "-" or r[0] != code]
		with open(path, "w", encoding="utf-8", newline="") as file:
		    csv.writer(file).writerows([header] + rows)
	END
}

load() {
	"$WANGLI_ROOT/tools/ref/wangli-ref" import --conninfo "$WANGLI_TEST_PG" "$folder" 2>&1
}

taken() {
	local said
	said=$(load) || { echo "$1: refused: $said"; failed=1; }
}

# refused WHAT WORDS…: with these words, and nothing was loaded.
refused() {
	local what=$1 said before words
	shift
	before=$(value "select n || ' ' || (select count(*) from ref.org where valid_to is not null) || ' ' || (select count(*) from ref.sla) from ref.version")
	said=$(load) && { echo "$what: loaded, though it should be refused"; failed=1; }
	for words; do
		[[ $said == *"$words"* ]] || { echo "$what: should say '$words', says: $said"; failed=1; }
	done
	[ "$before" = "$(value "select n || ' ' || (select count(*) from ref.org where valid_to is not null) || ' ' || (select count(*) from ref.sla) from ref.version")" ] ||
		{ echo "$what: something was loaded"; failed=1; }
}

# twelve cases with D16, one of them closed, and two that intake has and no unit
value "insert into dispatch.case_file (case_id, version, seq, head, seen_intake, seen_reply, seen_followup, state, task, unit, type, category,
		area, is_provisional, redo, is_general_desk, is_report, named_units, is_direct, no_article)
	select n, 1, 0, '', 0, 0, 0, case n when 12 then 4 else 2 end, 1, 'D16', 'help', '0102', '', false, 0, false, false, '', false, false
	from generate_series(1, 12) as n"
value "insert into intake.case_file (case_id, version, seq, head, seen_followup, state, channel, klass, type, category, area, received_at,
		source, source_msg_id, confidence_pct, is_general_desk, named_units, kb_article, is_provisional)
	values (21, 1, 0, '', 0, 1, 'app', '', 'praise', '0205', '510104', now(), 's', 'a', 50, false, '', 0, false),
		(22, 1, 0, '', 0, 4, 'app', '', 'suggestion', '0301', '510105', now(), 's', 'b', 50, false, '', 0, false),
		(23, 1, 0, '', 0, 3, 'app', '', 'suggestion', '0301', '510105', now(), 's', 'c', 50, false, '', 0, false)"
yesterday=$(date -d yesterday +%F) tomorrow=$(date -d '2 days' +%F)

fresh
taken 'the same files'
ending orgs.csv D16 "$yesterday"
refused 'a unit with open cases' "orgs.csv: organisation 'D16' is not held today, and 11 open cases have it: 1 2 3 4 5 6 7 8 9 10 …" \
	'1 codes of open cases would be gone, nothing was loaded'
fresh
ending orgs.csv D16 "$tomorrow"
taken 'a unit that ends later'
fresh
ending orgs.csv 510104 "$yesterday"
ending taxonomy.csv 0205 "$yesterday"
ending sla.csv praise -
refused 'three at once' "organisation '510104'" "category '0205' is not held today, and 1 open cases have it: 21" "sla.csv: type 'praise'" \
	'3 codes of open cases'
fresh
ending orgs.csv 510105 "$yesterday"
ending taxonomy.csv 0301 "$yesterday"
ending sla.csv suggestion -
taken 'what only closed and refused cases have'
fresh
taken 'all back'
value "update ref.clock set shift = interval '30 days'"
ending orgs.csv D16 "$tomorrow"
refused 'a unit that has ended by the clock of the system' "organisation 'D16'"
value "update dispatch.case_file set state = 4"
taken 'once the cases are closed'
exit "$failed"

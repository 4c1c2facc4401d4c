# shellcheck shell=bash
# ./wangli bench replicas: how dispatch grows with its processes when the database is far away. While dispatch stands still, intake
# takes in a backlog; intake is stopped while N processes of dispatch start and join the bus, so that it finds all of them, and goes on.
# Counted is from the first of dispatch's commits to the last, by PostgreSQL's own commit times, and to the one that makes 95 % of them:
# what waits for a lease at the end is seen apart. Each process is sent no more at once than it does within its lease (WINDOW). Its sessions go through bench_relay.py, which adds latency and nothing else; reply, followup and analytics stand still,
# so that the cores are dispatch's, intake's and the database's.

readonly REPLICA_COUNTS=(1 2 4)
readonly REPLICA_SERIES=('1000 0' '1000 20' '100 20') # messages a transaction, milliseconds more an answer

# bench_replicas [--cases N]
bench_replicas() {
	local cases=30000 series batch delay n rates='' rate first most
	while [ $# -gt 0 ]; do
		[[ $1 = --cases ]] || fail "bench replicas does not know '$1' (--cases N)"
		cases=$2
		shift 2
	done
	# The first round of all warms up: plans, pages, buffers.
	(replicas_round 1 "$cases" 1000 0 warm >&2)
	[ -n "$AS_JSON" ] || printf '%d cases that wait; cases a second to 95 %% of them, how many times that of one process, and to the last\n\n%-12s %-9s' "$cases" 'transaction' 'database'
	[ -n "$AS_JSON" ] || printf ' %23s' "${REPLICA_COUNTS[@]/%/ replicas}" $'\n'
	for series in "${REPLICA_SERIES[@]}"; do
		read -r batch delay <<<"$series"
		first=
		[ -n "$AS_JSON" ] || printf '%5d cases  + %2d ms  ' "$batch" "$delay"
		for n in "${REPLICA_COUNTS[@]}"; do
			rate=$(replicas_round "$n" "$cases" "$batch" "$delay" "$batch-$delay-$n") || fail "the round of $n processes failed"
			read -r most rate <<<"$rate"
			first=${first:-$most}
			rates+=$(printf '{"batch": %d, "delay_ms": %d, "replicas": %d, "cases_a_second_to_95": %d, "cases_a_second": %d},' \
				"$batch" "$delay" "$n" "$most" "$rate")
			[ -n "$AS_JSON" ] || printf ' %8d %6.2fx %6d' "$most" "$(awk -v a="$most" -v b="$first" 'BEGIN { print a / b }')" "$rate"
		done
		[ -n "$AS_JSON" ] || echo
	done
	[ -z "$AS_JSON" ] || printf '{"bench": "replicas", "cases": %d, "rounds": [%s]}\n' "$cases" "${rates%,}"
	replicas_finish
}

replicas_homes() {
	local name
	for name in dispatch $(replicas_more dispatch); do
		echo "$DATA/service/$name"
	done
}

# relay_start DELAY: sets RELAY. Peer authentication sees the relay, so its socket lies where dispatch's account alone can go.
relay_start() {
	rm -rf "$RUN/far"
	install -d -m 700 "$RUN/far"
	[ -z "$IS_ROOT" ] || chown "$(account_of dispatch):wangli" "$RUN/far"
	python3 "$ROOT/deploy/script/bench_relay.py" "$RUN/far/.s.PGSQL.5432" "$RUN/.s.PGSQL.5432" "$1" "${IS_ROOT:+$(account_of dispatch)}" 9>&- >&2 &
	RELAY=$!
	wait_until 10 test -S "$RUN/far/.s.PGSQL.5432" || fail 'the relay does not start'
}

# replicas_round N CASES BATCH DELAY NAME: cases a second to 95 % of them, and to the last. In a subshell, with which its relay ends.
replicas_round() {
	local n=$1 cases=$2 homes before
	mkdir -p "$DATA/settings"
	printf 'PG_CONNINFO=host=%s/far dbname=wangli user=wl_dispatch\nBATCH_MOST=%s\nWINDOW=%s\n' "$RUN" "$3" \
		"$(($3 * 4))" >"$DATA/settings/dispatch"
	trap 'kill "$RELAY" 2>/dev/null || true' EXIT
	relay_start "$4"
	CHANGED=
	scale_read "dispatch=$n" bus=1
	system_conf_put
	service_make dispatch
	# shellcheck disable=SC2046 # one word a process
	replicas_make $(replicas_more dispatch)
	# shellcheck disable=SC2046
	replicas_start dispatch $(replicas_more dispatch) >&2
	replicas_drop >&2
	mapfile -t homes < <(replicas_homes)
	sv -w "$STOP_SECONDS" down "${homes[@]}" "$DATA"/service/{reply,followup,analytics} >/dev/null || fail 'dispatch does not stop'
	before=$(replicas_entries)
	replicas_backlog "$5" "$cases" >&2
	sv pause "$DATA/service/intake" >/dev/null
	sv up "${homes[@]}" >/dev/null
	wait_until 8 replicas_have_joined "$n" || fail "$n processes of dispatch do not join the bus within 8 s"
	sv cont "$DATA/service/intake" >/dev/null
	wait_until 300 replicas_are_done "$((before + cases))" || fail "not dispatched within 300 s: $(($(replicas_entries) - before)) of $cases"
	# What the first commit brought was begun before it.
	sql_as postgres -At -c "with done as (select pg_xact_commit_timestamp(j.xmin) as t from dispatch.journal j
			where j.type = 'dispatch.dispatched.v1' order by 1 desc limit $cases)
		, later as (select t, row_number() over (order by t) as n, extract(epoch from t - (select min(t) from done)) as s from done
			where t > (select min(t) from done))
		select round(max(n) filter (where n <= 0.95 * (select count(*) from later)) / max(s) filter (where n <= 0.95 * (select count(*) from later)))
			|| ' ' || round(max(n) / max(s)) from later"
}

# What the broker says through watch, which asks it every second or two.
replicas_have_joined() {
	python3 -c 'import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], timeout=5).read().decode())' \
		"http://127.0.0.1:$((PORT + 3))/metrics/bus" 2>/dev/null | grep -q "^wangli_bus_group_members{service=\"bus\",group=\"dispatch\"} $1\$"
}

replicas_entries() {
	sql_as wl_check -At -c "select count(*) from dispatch.v_journal where type = 'dispatch.dispatched.v1'"
}

replicas_are_done() {
	[ "$(replicas_entries)" -ge "$1" ]
}

# replicas_backlog NAME CASES: letters that intake has accepted and dispatch has not heard of.
replicas_backlog() {
	python3 -c 'import sys
print("external_id,title,body")
for i in range(int(sys.argv[2])):
    print(f"{sys.argv[1]}-{i},路灯不亮,第{i}号路灯已经坏了一个星期，晚上走路很不安全，请尽快修理。")' "$1" "$2" >"$DATA/backlog.csv"
	(AS_JSON='' && cmd_import "$DATA/backlog.csv" --channel bench) || fail 'the backlog does not go in'
}

# All run again as they were, take what has waited, and the books agree.
replicas_finish() {
	rm "$DATA/settings/dispatch"
	CHANGED=
	scale_read dispatch=1
	system_conf_put
	service_make dispatch
	service_start dispatch >&2
	replicas_drop >&2
	sv up "$DATA"/service/{reply,followup,analytics} >/dev/null
	wait_until 300 replicas_are_settled || fail 'what waited is not taken'
	(AS_JSON='' && cmd_check) >&2 || fail 'the invariants do not hold after the run'
}

replicas_are_settled() {
	[ "$(sql_as wl_check -At -c 'select (select count(*) from intake.v_pending) + (select count(*) from dispatch.v_pending) + (select count(*) from reply.v_pending)')" = 0 ]
}

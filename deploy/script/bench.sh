# shellcheck shell=bash
# ./wangli bench: a system of its own, brought up in a temporary folder, measured and removed again, whatever happens.

cmd_bench() {
	local kind=${1:-} road=bench keep='' library='' quota=200 arguments=()
	BENCH_SET=()
	is_member "$kind" intake lifecycle flood replicas || fail 'usage: ./wangli bench intake | lifecycle [--auto] | flood | replicas [--strict] [--json]   (docs/performance.md)'
	[ "$kind" = lifecycle ] || road=bench-auto # until it is assigned, nobody's step may be in the way
	shift
	while [ $# -gt 0 ]; do
		case $1 in
		--auto) road=bench-auto ;;
		--strict) ;;
		--statements) library=pg_stat_statements ;;
		--rounds | --seconds | --limit-seconds | --clients | --window | --rate | --in-flight | --cases | --quota | --times)
			[[ ${2:-} =~ ^[1-9][0-9]{0,6}$ ]] || fail "$1 wants a number from 1 on"
			[ "$1" != --quota ] || quota=$2
			arguments+=("$1")
			shift
			;;
		--keep)
			keep=yes # leaves the system running, to look at it
			shift
			continue
			;;
		--set)
			[[ ${2:-} =~ ^[A-Z_]+=[^=]+$ ]] || fail '--set wants NAME=VALUE, a setting of the services'
			BENCH_SET+=("$2")
			shift 2
			continue
			;;
		*) fail "bench does not know '$1'" ;;
		esac
		arguments+=("$1")
		shift
	done
	BENCH_FOLDER=$(mktemp -d "${TMPDIR:-/tmp}/wangli-bench-XXXXXXXX") || fail 'no temporary folder'
	chmod 755 "$BENCH_FOLDER"
	[ -n "$keep" ] || trap bench_remove EXIT
	trap 'exit 130' INT TERM HUP
	bench_up "$road" "$library" >&2
	[ "$kind" != flood ] || bench_sources "$quota" >&2
	if [ "$kind" = replicas ]; then
		bench_replicas ${arguments[@]+"${arguments[@]}"}
		return
	fi
	trap - ERR # its exit code is the answer
	bench_run "$kind" ${arguments[@]+"${arguments[@]}"}
}

# bench_up ROAD LIBRARY: as an operator would have it, on the real clock, so with the settings of a real system.
bench_up() {
	local port
	port=$(bench_port)
	"$ROOT/wangli" up --data "$BENCH_FOLDER/data" --port "$port" --road "$1" || fail 'the system to be measured does not come up'
	parse_shared --data "$BENCH_FOLDER/data" ${AS_JSON:+--json}
	system_load
	bench_settings "$2"
	(cmd_channel add bench) || fail 'no key for the channel'
	(cmd_channel quota bench 1000000) || fail 'no quota for the channel' # the door is not what is measured
}

# bench_sources QUOTA: who feels the flood, and the flooder, who may hand in QUOTA letters a second.
bench_sources() {
	local channel
	for channel in calm steady hotline flood; do
		[ -f "$DATA/keys/channels/$channel" ] || (cmd_channel add "$channel") || fail "no key for the channel $channel"
	done
	(cmd_channel quota flood "$1" "$1") || fail 'no quota for the flooder'
}

# bench_settings LIBRARY: PostgreSQL notes when each transaction was committed: that is how the bench knows when a letter was with its unit.
bench_settings() {
	local setting service postgres=(psql -X -q -d "host=$RUN user=postgres dbname=postgres")
	"${postgres[@]}" -c 'alter system set track_commit_timestamp = on' || fail 'the database refuses a setting'
	[ -z "$1" ] || "${postgres[@]}" -c "alter system set shared_preload_libraries = $1" || fail 'the database refuses a setting'
	for setting in ${BENCH_SET[@]+"${BENCH_SET[@]}"}; do
		for service in "${SCHEMAS[@]}"; do
			[ ! -d "$DATA/service/$service" ] || echo "${setting#*=}" >"$DATA/service/$service/env/${setting%%=*}"
		done
	done
	for service in "${SCHEMAS[@]}"; do
		[ ${#BENCH_SET[@]} = 0 ] || sv -w 20 restart "$DATA/service/$service" >/dev/null || fail "$service does not restart"
	done
	sv -w "$STOP_DATABASE_SECONDS" restart "$DATA/service/postgres" >/dev/null || fail 'the database does not restart'
	python3 "$ROOT/deploy/script/status.py" "$DATA" "$RUN" "$PORT" --wait 60 || fail 'not healthy after the restart'
}

# Four ports in a row that nobody has.
bench_port() {
	local port
	while :; do
		port=$((20000 + RANDOM % 20000))
		is_port_taken "$port" || is_port_taken $((port + 1)) || is_port_taken $((port + 2)) || is_port_taken $((port + 3)) || break
	done
	echo "$port"
}

bench_run() {
	need_program wangli-bench
	operator_environment wl_check
	export BENCH_DATA=$DATA BENCH_RUN=$RUN DOOR_ADDRESS=tcp://127.0.0.1:$((PORT + 1)) \
		DOOR_SERVER_KEY_FILE=$DATA/keys/door.pub CHANNEL_KEY_FILE=$DATA/keys/channels/bench \
		VAULT_PUBLIC_KEY_FILE=$DATA/keys/vault.pub
	local status=0
	mkdir -p "$DATA/bench"
	"$DATA/app/bin/wangli-bench" "$@" ${AS_JSON:+--json} || status=$?
	[ "$status" != 2 ] || return 2
	(AS_JSON='' && cmd_check) >"$DATA/bench/check" 2>&1 || {
		cat "$DATA/bench/check" >&2
		fail 'the invariants do not hold after the run'
	}
	[ -n "$AS_JSON" ] || say 'check: all invariants hold'
	return "$status"
}

# shellcheck disable=SC2317 # called by the trap
bench_remove() {
	local status=$? real
	trap - EXIT INT TERM HUP
	"$ROOT/wangli" down --data "$BENCH_FOLDER/data" >/dev/null 2>&1 || true
	real=$(realpath -m "$BENCH_FOLDER/data")
	rm -rf "$real" "$BENCH_FOLDER"
	exit "$status"
}

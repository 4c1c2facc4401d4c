# shellcheck shell=bash
# The commands that look at a running system or hand over to an installed program.

# --- where things are, like bus_address; a system of containers has places of its own (deploy/compose/wangli) ---

# The door as this machine's own programs reach it.
door_address() {
	echo "tcp://127.0.0.1:$((PORT + 1))"
}

# And as integrators are told: what listens on all interfaces is reached by this machine's name.
door_told() {
	local address
	address=$(cat "$DATA/service/edge/env/DOOR_LISTEN")
	address=${address/\/\/\*:/\/\/$(hostname):}
	echo "${address/\/\/0.0.0.0:/\/\/$(hostname):}"
}

pages_url() {
	echo "http://127.0.0.1:$PORT"
}

# need_program NAME
need_program() {
	[ -x "$DATA/app/bin/$1" ] || fail "the system at $DATA is not installed completely ($1 is missing); run ./wangli up"
}

cmd_status() {
	system_load
	if [ "${1:-}" = --rest ]; then
		[[ ${2:-10} =~ ^[1-9][0-9]{0,2}$ ]] && [ $# -le 2 ] || fail 'status --rest wants a number of seconds'
		exec python3 "$ROOT/deploy/script/rest.py" "$DATA" --seconds "${2:-10}" ${AS_JSON:+--json}
	fi
	[ $# -eq 0 ] || fail "status does not know '$1'"
	exec python3 "$ROOT/deploy/script/status.py" "$DATA" "$RUN" "$PORT" ${AS_JSON:+--json}
}

cmd_top() {
	system_load
	exec python3 "$ROOT/deploy/script/top.py" "$DATA" "$@" ${AS_JSON:+--json}
}

cmd_logs() {
	local services=() follow=''
	system_load
	while [ $# -gt 0 ]; do
		case $1 in
		-f | --follow) follow=--follow ;;
		*)
			is_member "$1" "${SUPERVISED[@]}" || [ -d "$DATA/log/$1" ] || fail "no service '$1'; there are: ${SUPERVISED[*]}"
			services+=("$1")
			;;
		esac
		shift
	done
	# shellcheck disable=SC2207 # one word a process
	[ ${#services[@]} -gt 0 ] || services=("${SUPERVISED[@]}" $(replicas_more))
	exec python3 "$ROOT/deploy/script/logs.py" $follow "$DATA/log" "${services[@]}"
}

cmd_psql() {
	local role=wl_check
	system_load
	if [ $# -gt 0 ] && is_member "wl_${1#wl_}" "${LOGIN_ROLES[@]}"; then
		role=wl_${1#wl_}
		shift
	elif [ "${1:-}" = postgres ]; then
		role=postgres
		shift
	fi
	exec psql -d "$(conninfo) user=$role" "$@"
}

cmd_ref() {
	local folder=$CITY road=()
	[ "${1:-}" = import ] || fail 'usage: ./wangli ref import [DIR] [--road FILE]'
	shift
	while [ $# -gt 0 ]; do
		case $1 in
		--road)
			[ -f "${2:-}" ] || fail '--road wants a file'
			road=(--road "$2")
			shift
			;;
		-*) fail "ref import does not know '$1'" ;;
		*) folder=$1 ;;
		esac
		shift
	done
	system_load
	need_program wangli-ref
	exec "$DATA/app/bin/wangli-ref" import --conninfo "$(conninfo)" ${road[@]+"${road[@]}"} "$folder"
}

# The environment of programs that speak to the bus with the operator's key.
operator_environment() {
	export BUS_ADDRESS PG_CONNINFO BUS_SERVER_KEY_FILE=$DATA/keys/bus.pub BUS_KEY_FILE=$DATA/keys/operator
	BUS_ADDRESS=$(bus_address)
	PG_CONNINFO="$(conninfo) user=$1"
}

cmd_tap() {
	system_load
	need_program wangli-tap
	operator_environment wl_check
	unset PG_CONNINFO
	exec "$DATA/app/bin/wangli-tap" "$@"
}

cmd_clock() {
	system_load
	need_program wangli-operator
	[ $# -gt 0 ] || set -- show
	operator_environment wl_deploy
	exec "$DATA/app/bin/wangli-operator" clock "$@" ${AS_JSON:+--json}
}

cmd_case() {
	[ $# -gt 0 ] || fail 'usage: ./wangli case NO [ACT …]   (./wangli case --help lists the acts)'
	system_load
	need_program wangli-operator
	[ "$1" != --help ] || exec "$DATA/app/bin/wangli-operator" --help
	operator_environment wl_check
	exec "$DATA/app/bin/wangli-operator" case "$@" ${AS_JSON:+--json}
}

cmd_kb() {
	case ${1:-}:$# in
	import:2 | list:1) ;;
	*) fail 'usage: ./wangli kb import FILE.csv | ./wangli kb list' ;;
	esac
	system_load
	need_program wangli-operator
	operator_environment wl_deploy
	exec "$DATA/app/bin/wangli-operator" kb "$@" ${AS_JSON:+--json}
}

# The three values that every integrator gets, none of them secret.
channel_info() {
	local address door vault
	address=$(door_told)
	door=$(cat "$DATA/keys/door.pub")
	vault=$(cat "$DATA/keys/vault.pub")
	if [ -n "$AS_JSON" ]; then
		python3 -c 'import json, sys; print(json.dumps(dict(zip(("door_address", "door_key", "vault_key"), sys.argv[1:]))))' \
			"$address" "$door" "$vault"
	else
		printf 'door address  %s\ndoor key      %s\nvault key     %s\n' "$address" "$door" "$vault"
	fi
}

cmd_channel() {
	local makes_key=''
	case ${1:-}:$# in
	check:*)
		channel_check "${@:2}"
		return
		;;
	list:1 | info:1 | state:2 | revoke:2 | quota:3 | quota:4) ;;
	add:* | rotate:*)
		[[ ${2:-} =~ ^[a-z][a-z0-9-]{0,31}$ ]] ||
			fail "usage: ./wangli channel $1 NAME …   (NAME: a-z, 0-9 and -)"
		makes_key=1
		;;
	*) fail 'usage: ./wangli channel list | info | check | add NAME | rotate SOURCE | revoke SOURCE|KEY | quota SOURCE RATE [BURST] | state SOURCE' ;;
	esac
	system_load
	[ "$1" != info ] || {
		channel_info
		return
	}
	need_program wangli-operator
	operator_environment wl_deploy
	umask 077
	[ -z "$makes_key" ] || set -- "$@" --out "$DATA/keys/channels/$2"
	[[ $1 != list && $1 != state ]] || set -- "$@" ${AS_JSON:+--json}
	exec "$DATA/app/bin/wangli-operator" channel "$@"
}

# Plays an integrator's mistakes at the door.
channel_check() {
	system_load
	need_program wangli-conformance
	door_environment
	exec "$DATA/app/bin/wangli-conformance" "$@" ${AS_JSON:+--json}
}

# And of those that are integrators too, with what they keep in the data folder.
door_environment() {
	operator_environment wl_deploy
	export DATA_FOLDER=$DATA DOOR_ADDRESS DOOR_SERVER_KEY_FILE=$DATA/keys/door.pub VAULT_PUBLIC_KEY_FILE=$DATA/keys/vault.pub
	DOOR_ADDRESS=$(door_address)
	umask 077
}

# The integrator that the importer acts as has a key of its own, made when it is first needed.
cmd_import() {
	local channel='' previous=''
	for word in "$@"; do
		[ "$previous" != --channel ] || channel=$word
		previous=$word
	done
	system_load
	need_program wangli-import
	if [[ $channel =~ ^[a-z][a-z0-9-]{0,31}$ ]] && [ ! -f "$DATA/keys/channels/$channel" ]; then
		(cmd_channel add "$channel" >&2) || fail "no key for the channel $channel"
	fi
	door_environment
	export CHANNEL_KEY_FILE=$DATA/keys/channels/$channel
	exec "$DATA/app/bin/wangli-import" "$@" ${AS_JSON:+--json}
}

cmd_check() {
	system_load
	need_program wangli-check
	export PG_CONNINFO
	PG_CONNINFO="$(conninfo) user=wl_check"
	local status=0 result=failed
	"$DATA/app/bin/wangli-check" ${AS_JSON:+--json} "$@" || status=$?
	[ "$status" != 0 ] || result=ok
	# What watch shows (wangli_watch_check_…): not where it could not look (2), nor of those who cannot write here.
	[ $# -gt 0 ] || [ "$status" -gt 1 ] || [ ! -w "$DATA" ] || printf 'result=%s\n' "$result" | put_always "$DATA/check.status" 644
	exit "$status"
}

# As the cluster's superuser, as the migrations are: the service's role cannot make tables. One at a time, with `up` and the like.
cmd_rebuild() {
	[ "${1:-}" = analytics ] || fail 'usage: ./wangli rebuild analytics [--compare-only]   (a projection made anew from the journals)'
	system_load
	system_lock
	need_program wangli-rebuild
	export PG_CONNINFO
	PG_CONNINFO="$(conninfo) user=postgres"
	exec "$DATA/app/bin/wangli-rebuild" ${AS_JSON:+--json} "$@"
}

cmd_report() {
	[ "${1:-}" = month ] && [ -n "${2:-}" ] || fail 'usage: ./wangli report month YYYY-MM [--format html,xlsx,csv] [--out DIR]'
	system_load
	need_program wangli-report
	export PG_CONNINFO
	PG_CONNINFO="$(conninfo) user=wl_check"
	exec "$DATA/app/bin/wangli-report" "$1" "$2" --base "$(pages_url)" --out "$DATA/report" "${@:3}"
}

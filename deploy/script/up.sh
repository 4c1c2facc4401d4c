# shellcheck shell=bash
# ./wangli up and down.

cmd_up() {
	local asked_port='' asked_clock='' asked_road='' asked_buses='' pace=0 is_demo='' limit=''
	while [ $# -gt 0 ]; do
		case $1 in
		--port)
			asked_port=${2:-}
			[[ $asked_port =~ ^[0-9]{2,5}$ ]] && [ "$asked_port" -ge 1024 ] && [ "$asked_port" -le 65532 ] || fail '--port wants a number from 1024 to 65532'
			shift
			;;
		--clock)
			asked_clock=${2:-}
			is_member "$asked_clock" real simulated || fail '--clock wants real or simulated'
			shift
			;;
		--road)
			asked_road=${2:-}
			is_member "$asked_road" "${ROADS[@]}" || fail "--road wants one of: ${ROADS[*]} (it says who takes which step in a new system)"
			shift
			;;
		--buses)
			asked_buses=${2:-}
			[[ $asked_buses =~ ^[0-9]$ ]] || fail "--buses wants a number from 1 to $BUSES_MOST (how many brokers run)"
			shift
			;;
		--pace)
			pace=${2:-}
			[[ $pace =~ ^[0-9]{1,4}$ ]] || fail '--pace wants seconds (how long each process of a new release is looked at before the next one is started anew)'
			shift
			;;
		--demo | --demo=*)
			is_demo=yes limit=${1#--demo} limit=${limit#=}
			[[ $limit =~ ^[0-9]*$ ]] || fail '--demo=N wants a number of appeals'
			;;
		*) fail "up does not know '$1'" ;;
		esac
		shift
	done
	require_debian
	if [ -n "$is_demo" ]; then
		[ "${asked_clock:-simulated}" = simulated ] || fail 'a demo is played on a simulated clock'
		asked_clock=simulated
		demo_require
	fi
	ROAD=${asked_road:-${is_demo:+demo}} ROAD=${ROAD:-people}
	up_settle "$asked_port" "$asked_clock"
	packages_ensure run build
	accounts_make
	disk_check "$DATA"
	data_make
	[ -z "$is_demo" ] || (umask 077 && mkdir -p "$DATA/demo")
	system_lock
	CHANGED=
	app_ensure
	keys_make
	objects_make
	cluster_ensure
	cluster_check
	# From here on a failure stops again what was started, unless the system ran before.
	[ -n "$WAS_RUNNING" ] || trap 'up_undo' EXIT
	up_start
	trap - EXIT
	app_prune
	[ -n "$CHANGED" ] && say 'Wangli is up.' || say 'Wangli is up already; nothing changed.'
	[ -z "$is_demo" ] || demo_play "$limit"
	say "  pages   http://127.0.0.1:$PORT/"
	[ -z "$is_demo" ] || demo_hints
	say "  door    tcp://127.0.0.1:$((PORT + 1))    (public key: $DATA/keys/door.pub)"
}

# PORT, CLOCK, SCALE and WAS_RUNNING from what was asked for and what there is.
up_settle() {
	local differs=''
	PORT=8311 CLOCK=real SCALE='' WAS_RUNNING=
	standby_load
	if [ -e "$DATA/system.conf" ]; then
		system_load
		! supervisor_pid >/dev/null || WAS_RUNNING=yes
		[ -z "$asked_clock" ] || [ "$asked_clock" = "$CLOCK" ] || fail "the system at $DATA was made with --clock $CLOCK, which cannot be changed (asked: $asked_clock)"
		[ -z "$asked_port" ] || [ "$asked_port" = "$PORT" ] || differs="--port is $PORT, asked: $asked_port"
		[ -z "$differs" ] || [ -z "$WAS_RUNNING" ] || fail "the system at $DATA runs with other settings ($differs); ./wangli down first"
	fi
	PORT=${asked_port:-$PORT}
	CLOCK=${asked_clock:-$CLOCK}
	[ -z "$asked_buses" ] || scale_read "bus=$asked_buses"
	[ -z "$WAS_RUNNING" ] || return 0
	if ! system_is_gone; then
		system_lock
		say 'ending processes that a killed supervisor left behind'
		system_stop
	fi
	ports_check "$PORT"
}

up_start() {
	local service order=("${SERVICES[@]}")
	# Of a running system each is started anew in turn, where its program is a newer one.
	[ -z "$WAS_RUNNING" ] || order=("${UPGRADE_ORDER[@]}")
	run_make
	for service in $(databases_not_fenced) "${SERVICES[@]}"; do
		service_make "$service"
		[ -n "$WAS_RUNNING" ] || touch "$DATA/service/$service/down"
	done
	for service in $(webhook_names); do
		[ -n "$WAS_RUNNING" ] || { mkdir -p "$DATA/service/webhook-$service" && touch "$DATA/service/webhook-$service/down"; }
	done
	for service in $(replicas_known); do
		[ -n "$WAS_RUNNING" ] || touch "$DATA/service/$service/down"
	done
	[ -n "$WAS_RUNNING" ] || supervisor_start
	for service in $(databases_not_fenced); do
		service_start "$service"
	done
	wait_until 60 database_answers "$PRIMARY" || fail "the database does not start: $(last_words "$PRIMARY")"
	database_ensure
	clock_ensure
	reference_ensure
	system_conf_put
	# shellcheck disable=SC2046 # one word a process
	replicas_make $(replicas_more)
	# shellcheck disable=SC2046
	replicas_start $(replicas_more bus)
	for service in "${order[@]}"; do
		up_paced "$service"
	done
	# shellcheck disable=SC2046
	replicas_start $(replicas_more)
	replicas_drop
	for service in $(webhook_names); do
		webhook_start "$service"
	done
	backup_resume
	up_wait
	kb_ensure
}

# service_start; one that was started anew is looked at for so long as `--pace` says, and must be well then.
up_paced() {
	local before=$CHANGED
	CHANGED=
	service_start "$1"
	if [ -n "$CHANGED" ] && [ -n "$WAS_RUNNING" ] && [ "$pace" -gt 0 ]; then
		sleep "$pace"
		up_wait
	fi
	CHANGED=${CHANGED:-$before}
}

# What system_load reads.
system_conf_put() {
	{
		printf 'PORT=%s\nCLOCK=%s\nRUN=%s\nSYSTEM_USER=%s\n' "$PORT" "$CLOCK" "$RUN" "$(id -un)"
		[ -z "$SCALE" ] || echo "SCALE=$SCALE"
	} | put "$DATA/system.conf" 644
}

up_wait() {
	local problem
	problem=$(python3 "$ROOT/deploy/script/status.py" "$DATA" "$RUN" "$PORT" --wait 60) ||
		fail "not healthy after a minute: $problem"
}

last_words() {
	tail -n 1 "$DATA/log/$1/current" 2>/dev/null || echo 'it said nothing'
}

# shellcheck disable=SC2317 # called by the trap
up_undo() {
	trap - EXIT
	say 'stopping what was started' >&2
	system_stop
	exit 1
}

cmd_down() {
	[ $# -eq 0 ] || fail "down does not know '$1'"
	system_load
	system_lock
	if ! supervisor_pid >/dev/null && system_is_gone; then
		say 'Wangli is down already.'
		return
	fi
	system_stop
	system_is_gone || fail "processes that do not end: $(system_processes | tr '\n' ' ')"
	say 'Wangli is down.'
}

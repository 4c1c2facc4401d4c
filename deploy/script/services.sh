# shellcheck shell=bash
# Every process under runit: runsvdir watches DATA/service, each service there has `run` and `env/`, its words go through svlogd
# to DATA/log/SERVICE. A killed process comes back; a killed supervisor's process is ended before it would run twice.

readonly SUPERVISED=(postgres "${SERVICES[@]}")
readonly STOP_SECONDS=20 STOP_DATABASE_SECONDS=60

# The service of which NAME is a process: dispatch-2 is one of dispatch, webhook-hotline one of webhook.
service_of() {
	case $1 in
	webhook-*) echo webhook ;;
	*) echo "${1%-[0-9]*}" ;;
	esac
}

# The environment of a process, one NAME=value a line.
service_environment() {
	local name=$1 service keys=$DATA/keys
	service=$(service_of "$name")
	echo "LOG_LEVEL=${WANGLI_LOG_LEVEL:-info}"
	# The leak checker stops threads by ptrace at exit and now and then never ends; unit tests look for leaks.
	[ "$PRESET" = release ] || echo 'ASAN_OPTIONS=detect_leaks=0'
	if [ "$CLOCK" = simulated ]; then
		case $service in
		bus | edge | media | portal | watch | webhook) ;;
		# Somebody waits for each step of the clock; but a measurement wants the pace of every day.
		*) [ "${WANGLI_PACE:-}" = steady ] || printf 'GATHER=1ms\nSETTLE=5ms\nSHELF=1ms\n' ;;
		esac
	fi
	if [ "$service" = backup ]; then
		backup_environment
		return
	fi
	if [ "$service" = webhook ]; then
		webhook_environment "${name#webhook-}"
		return
	fi
	echo "HEALTH_LISTEN=unix:$RUN/$name.health"
	if [ "$service" = watch ]; then
		watch_environment
		return
	fi
	echo "BUS_KEY_FILE=$keys/$service.key"
	case $service in
	bus)
		echo "BUS_LISTEN=ipc://$RUN/$name.sock"
		echo "BUS_PEERS_DIR=$keys/peers"
		return
		;;
	edge)
		echo "DOOR_LISTEN=tcp://127.0.0.1:$((PORT + 1))"
		echo "DOOR_KEY_FILE=$keys/door.key"
		;;
	media)
		echo "HTTP_LISTEN=127.0.0.1:$((PORT + 2))"
		echo "OBJECTS_URL=${WANGLI_OBJECTS_URL:-http://127.0.0.1:$((PORT + 2))}"
		echo "OBJECTS_DIR=$DATA/objects"
		echo "OBJECTS_KEY_FILE=$keys/objects.key"
		;;
	*) echo "PG_CONNINFO=$(conninfo) user=wl_$service" ;;
	esac
	echo "BUS_ADDRESS=$(bus_address)"
	echo "BUS_SERVER_KEY_FILE=$keys/bus.pub"
	case $service in
	intake)
		echo "VAULT_KEY_FILE=$keys/vault"
		echo "QUERY_CODE_KEY_FILE=$keys/querycode"
		echo "OBJECTS_KEY_FILE=$keys/objects.intake.key"
		echo 'CASE_PREFIX=CD'
		echo 'CELL=0'
		;;
	reply | analytics) echo 'CASE_PREFIX=CD' ;;
	portal)
		echo "HTTP_LISTEN=127.0.0.1:$PORT"
		echo "WEB_DIR=$(readlink -f "$DATA/app")/share/wangli/web"
		echo "PORTAL_SECRET_FILE=$keys/portal.secret"
		echo 'CASE_PREFIX=CD'
		;;
	esac
}

# No bus, no key.
watch_environment() {
	echo "PG_CONNINFO=$(conninfo) user=wl_watch"
	echo "METRICS_LISTEN=127.0.0.1:$((PORT + 3))"
	echo "SERVICES_DIR=$DATA/service"
	echo "DISKS=data=$DATA"
	echo "BACKUP_STATUS=$DATA/backup.status"
	echo "CHECK_STATUS=$DATA/check.status"
}

# The operator's own settings, which win: DATA/settings/all for every process, DATA/settings/SERVICE for those of one service; lines
# NAME=value.
service_settings() {
	local file line number
	for file in "$DATA/settings/all" "$DATA/settings/$(service_of "$1")"; do
		[ -f "$file" ] || continue
		number=0
		while read -r line || [ -n "$line" ]; do
			number=$((number + 1))
			[[ $line && $line != '#'* ]] || continue
			[[ $line =~ ^[A-Z][A-Z0-9_]*= ]] || fail "$file:$number: want NAME=value (wangli-$(service_of "$1") --help lists the names)"
			echo "$line"
		done <"$file"
	done
	return 0
}

service_program() {
	case $1 in
	postgres | postgres2) echo "$PG_BIN/postgres -D $(database_folder "$1")" ;;
	backup) echo "$DATA/backup/bin/copy-objects" ;;
	*) echo "$(readlink -f "$DATA/app")/bin/wangli-$(service_of "$1")" ;;
	esac
}

# run_text SERVICE: the script that runit starts.
run_text() {
	local service=$1 as='' end_signal=TERM before=''
	[ -z "$IS_ROOT" ] || as="-u $(account_of "$service"):wangli "
	if is_database "$service"; then
		end_signal=INT
		# Left by a power cut while it was made; PostgreSQL would wait for a person to take it away.
		before="[ -s '$(database_folder "$service")/postmaster.pid' ] || rm -f '$(database_folder "$service")/postmaster.pid'"
	fi
	cat <<-END
		#!/bin/sh
		# Written by ./wangli up.
		exec 2>&1
		# A supervisor that was killed leaves its process behind; two must not run.
		old=\$(cat pid 2>/dev/null)
		if [ -n "\$old" ] && [ "\$(tr '\\0' ' ' 2>/dev/null <"/proc/\$old/cmdline")" = "$(service_program "$service") " ]; then
			kill -$end_signal "\$old"
			timeout $STOP_SECONDS tail -s 0.1 --pid="\$old" -f /dev/null || kill -KILL "\$old"
		fi
		echo \$\$ >pid
		$before
		exec chpst -e ./env ${as}-o 65536 $(service_program "$service")
	END
}

log_text() {
	local as=''
	[ -z "$IS_ROOT" ] || as="-u $(account_of "$1"):wangli "
	printf '#!/bin/sh\nexec chpst %ssvlogd %s\n' "$as" "$DATA/log/$1"
}

# replace_durably FILE: FILE.new takes its place. Without the syncs a power cut may leave an empty file under the name.
replace_durably() {
	sync "$1.new"
	mv "$1.new" "$1"
	sync "$(dirname "$1")"
}

# put FILE MODE: standard input becomes the file when it differs.
put() {
	local text
	text=$(cat)
	[ "$(cat "$1" 2>/dev/null)" = "$text" ] && return 0
	printf '%s\n' "$text" >"$1.new"
	chmod "$2" "$1.new"
	replace_durably "$1"
}

# put_always FILE MODE: the same, also when nothing differs: the file's time says when.
put_always() {
	cat >"$1.new"
	chmod "$2" "$1.new"
	replace_durably "$1"
}

# The folder of one service. What a running one was started with stands in `started`, so that `up` knows whom to restart.
service_make() {
	local service=$1 home=$DATA/service/$1 line settings
	mkdir -p "$home/env" "$home/log"
	rm -f "$home"/env/*
	if is_database "$service"; then
		mkdir -p "$home/control"
		# TERM would wait for every client to leave; INT does not.
		printf '#!/bin/sh\nexec kill -INT "$(cat supervise/pid)"\n' | put "$home/control/t" 755
	else
		[ "$service" = backup ] || need_program "$(basename "$(service_program "$service")")"
		settings=$(service_environment "$service"; service_settings "$service") || exit 1
		while read -r line; do
			printf '%s\n' "${line#*=}" >"$home/env/${line%%=*}"
		done <<<"$settings"
	fi
	run_text "$service" | put "$home/run" 755
	log_text "$service" | put "$home/log/run" 755
	if [ -n "$IS_ROOT" ]; then
		install -d -m 755 "$DATA/log"
		install -d -m 750 -o "$(account_of "$service")" -g wangli "$DATA/log/$service"
	else
		mkdir -p "$DATA/log/$service"
	fi
	[ -e "$DATA/log/$service/config" ] || printf 's10000000\nn20\n' >"$DATA/log/$service/config"
}

service_fingerprint() {
	(
		cd "$DATA/service/$1" || exit
		if is_database "$1"; then
			cat run "$(database_folder "$1")/wangli.conf"
		else
			grep -H . run env/*
		fi
	) | sha256sum | cut -c1-16
}

service_state() {
	sv status "$DATA/service/$1" 2>/dev/null || true
}

service_is_running() {
	[[ $(service_state "$1") == run:* ]]
}

# Starts a service, or starts it anew when it runs with other settings or another program. Sets CHANGED.
service_start() {
	local service=$1 home=$DATA/service/$1 fingerprint
	fingerprint=$(service_fingerprint "$service")
	rm -f "$home/down"
	if ! service_is_running "$service"; then
		sv up "$home" >/dev/null || fail "the supervisor does not start $service"
		CHANGED=yes
	elif [ "$fingerprint" != "$(cat "$home/started" 2>/dev/null)" ]; then
		say "restarting $service: its program or settings changed"
		sv -w "$STOP_DATABASE_SECONDS" restart "$home" >/dev/null || fail "the supervisor does not restart $service"
		CHANGED=yes
	fi
	printf '%s\n' "$fingerprint" >"$home/started"
}

# Until runit has found the folder of a process, within 5 s, and answers for it.
service_await() {
	wait_until 15 test -p "$DATA/service/$1/supervise/ok" || fail "runit does not start (service $1)"
	wait_until 15 sv status "$DATA/service/$1" || fail "runit does not answer (service $1)"
}

supervisor_pid() {
	local pid
	pid=$(cat "$DATA/supervisor.pid" 2>/dev/null) || return 1
	[[ $(readlink "/proc/$pid/exe" 2>/dev/null) == */runsvdir ]] || return 1 # a dead one that nobody buried has none
	echo "$pid"
}

supervisor_is_gone() {
	! supervisor_pid >/dev/null
}

# Detached, with a clean environment, without our lock; waits until every service has its runsv.
supervisor_start() {
	local service
	# shellcheck disable=SC2016 # expanded by that shell
	(
		cd /
		exec 9>&-
		exec env -i PATH="$PATH" LANG=C.UTF-8 HOME=/ setsid sh -c 'echo $$ >"$1/supervisor.pid"; exec runsvdir -P "$2"' \
			sh "$DATA" "$DATA/service" </dev/null >/dev/null 2>&1
	) &
	for service in "${SUPERVISED[@]}" ${STANDBY_DIR:+postgres2}; do
		service_await "$service"
	done
}

# wait_until SECONDS COMMAND…
wait_until() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.05
	done
}

# Every process of this system, whoever its parent is. Known by its words, where those tell the folder: in a container not even
# root may follow another account's /proc/PID/exe. What runit is just about to start runs as ourselves and is known by its folder.
system_processes() {
	local proc name words is_ours cwd folder
	for proc in /proc/[0-9]*; do
		{ read -r name <"$proc/comm" && mapfile -d '' -t words <"$proc/cmdline"; } 2>/dev/null || continue
		[ ${#words[@]} -gt 0 ] || continue
		is_ours=
		case $name in
		wangli-*) [[ ${words[0]} != "$DATA/apps/"* ]] || ! is_member "${words[0]##*/wangli-}" webhook "${SERVICES[@]}" || is_ours=yes ;;
		copy-objects) [[ ${words[*]} != *" $DATA/backup/"* ]] || is_ours=yes ;;
		svlogd | runsvdir) [[ ${words[-1]} != "$DATA/"* ]] || is_ours=yes ;;
		postgres)
			cwd=$(readlink "$proc/cwd")
			for folder in "$DATA/pg" ${STANDBY_DIR:+"$STANDBY_DIR/pg"}; do
				[[ ${words[*]} != *" -D $folder" && $cwd != "$folder" ]] || is_ours=yes
			done
			;;
		run | runsv | chpst | timeout | tail) [[ $(readlink "$proc/cwd") != "$DATA/service/"* ]] || is_ours=yes ;;
		esac
		[ -z "$is_ours" ] || echo "${proc#/proc/}"
	done
}

# Nothing of the system is left running after this.
system_stop() {
	local pid service homes=() left
	if pid=$(supervisor_pid); then
		kill -TERM "$pid"
		wait_until 5 supervisor_is_gone || kill -KILL "$pid"
	fi
	for service in "${SERVICES[@]}" backup; do
		[ ! -p "$DATA/service/$service/supervise/ok" ] || homes+=("$DATA/service/$service")
	done
	for service in $(webhook_names | sed 's/^/webhook-/') $(replicas_known); do
		[ ! -p "$DATA/service/$service/supervise/ok" ] || homes+=("$DATA/service/$service")
	done
	[ ${#homes[@]} = 0 ] || sv -w "$STOP_SECONDS" force-shutdown "${homes[@]}" >/dev/null 2>&1 || true
	# The primary first: it ends when its standby has all.
	for service in "$PRIMARY" "$(other_database "$PRIMARY")"; do
		[ ! -p "$DATA/service/$service/supervise/ok" ] ||
			sv -w "$STOP_DATABASE_SECONDS" force-shutdown "$DATA/service/$service" >/dev/null 2>&1 || true
	done
	for signal in INT TERM KILL; do
		left=$(system_processes)
		[ -n "$left" ] || break
		# shellcheck disable=SC2086 # one word a process
		kill "-$signal" $left 2>/dev/null || true
		wait_until 5 system_is_gone || true
	done
	rm -f "$DATA/supervisor.pid"
	rm -rf "$RUN"
}

system_is_gone() {
	[ -z "$(system_processes)" ]
}

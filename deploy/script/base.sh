# shellcheck shell=bash
# What every command uses: words to the operator, the options they share, where a system's parts lie.
# DATA        the folder that names a system, as given (--data, default var/ in the project)
# RUN         its sockets; short, because a unix socket's path may have no more than 107 bytes
# IS_ROOT     whether services get accounts of their own; without root everything runs as the calling user

readonly SERVICES=(bus intake dispatch reply followup analytics edge media portal watch) # in the order of their start
readonly UPGRADE_ORDER=(bus watch analytics followup reply dispatch intake media edge portal) # who is told before who tells
readonly SCHEMAS=(intake dispatch reply followup analytics portal)
readonly LOGIN_ROLES=(wl_intake wl_dispatch wl_reply wl_followup wl_analytics wl_portal wl_watch wl_check wl_deploy)
readonly PG_BIN=/usr/lib/postgresql/15/bin
readonly CITY="$ROOT/deploy/cities/chengdu"
readonly ROADS=(people auto bench bench-auto demo) # who takes the steps: the city's own road.csv, or one of deploy/roads
export PATH="$PG_BIN:$PATH:/usr/sbin:/sbin"

fail() {
	echo "wangli: $*" >&2
	exit 1
}

say() {
	echo "$*"
}

# One line for what takes long; its output is kept, and of a failure the line that tells most is shown.
step() {
	local name=$1 log status=0
	shift
	mkdir -p "$ROOT/build/log" 2>/dev/null || fail "cannot write to $ROOT/build"
	log="$ROOT/build/log/$SYSTEM_ID-${name%%[: ]*}.log"
	say "$name"
	# A subshell of its own settings: inside `||` a failure in its middle would pass unseen.
	set +e
	trap - ERR
	(set -e; "$@") >"$log" 2>&1 </dev/null
	status=$?
	set -e
	trap unforeseen ERR
	[ "$status" = 0 ] || fail "$name failed: $(telling_line "$log") (all of it: $log)"
}

telling_line() {
	local pattern line=''
	for pattern in 'No space left' 'error: ' '^E: ' 'FATAL' '^wangli' '[Ee]rror'; do
		line=$(grep -m1 -aE -- "$pattern" "$1") && break
	done
	# CMake tells what is wrong in the lines below.
	[[ $line != 'CMake Error'* ]] || line=$(grep -m1 -a -A 4 '^CMake Error' "$1" | tr -s '\n ' ' ')
	[ -n "$line" ] || line=$(tail -n 1 "$1")
	printf '%s' "${line:-no output}"
}

# What nobody foresaw still says where it happened.
unforeseen() {
	[ "$BASH_SUBSHELL" -gt 0 ] || echo "wangli: stopped at ${BASH_SOURCE[1]##*/}:${BASH_LINENO[0]}: $BASH_COMMAND" >&2
}

# Takes the options that several commands share off the front and the middle; the rest is left in ARGS.
parse_shared() {
	ARGS=()
	while [ $# -gt 0 ]; do
		case $1 in
		--data)
			[ -n "${2:-}" ] || fail '--data wants a folder'
			DATA=$2
			shift
			;;
		--data=*) DATA=${1#--data=} ;;
		--json) AS_JSON=yes ;;
		--)
			shift
			ARGS+=("$@")
			break
			;;
		*) ARGS+=("$1") ;;
		esac
		shift
	done
	DATA=$(realpath -ms -- "${DATA:-$ROOT/var}")
	SYSTEM_ID=$(printf '%s' "$DATA" | sha256sum | cut -c1-8)
	if [ "$(id -u)" = 0 ]; then
		IS_ROOT=yes
		RUN=/run/wangli/$SYSTEM_ID
	else
		IS_ROOT=
		RUN=${XDG_RUNTIME_DIR:-/tmp}/wangli-$SYSTEM_ID
	fi
	[ ${#RUN} -lt 80 ] || fail "the folder for sockets, $RUN, is too long; set XDG_RUNTIME_DIR to a shorter one"
}

# What `up` settled: PORT, CLOCK, RUN and SCALE. Fails when there is no such system.
system_load() {
	[ -r "$DATA/system.conf" ] || fail "there is no system at $DATA; ./wangli up makes one"
	local name value
	DATA=$(realpath "$DATA")
	SCALE=
	# Read, not sourced: the folder may be somebody else's.
	while IFS='=' read -r name value; do
		case $name in
		PORT) PORT=$value ;;
		CLOCK) CLOCK=$value ;;
		RUN) RUN=$value ;;
		SYSTEM_USER) SYSTEM_USER=$value ;;
		SCALE) SCALE=$value ;;
		esac
	done <"$DATA/system.conf"
	[[ $PORT =~ ^[0-9]{4,5}$ && $SCALE =~ ^([a-z]+=[0-9]+( |$))*$ ]] || fail "$DATA/system.conf is damaged"
	[ -n "$IS_ROOT" ] || [ "$SYSTEM_USER" = "$(id -un)" ] || fail "the system at $DATA belongs to $SYSTEM_USER; run this as $SYSTEM_USER"
	[ -z "$IS_ROOT" ] || [ "$SYSTEM_USER" = root ] || fail "the system at $DATA was made by $SYSTEM_USER, without accounts; run this as $SYSTEM_USER"
	standby_load
}

is_member() {
	local wanted=$1 one
	shift
	for one in "$@"; do
		[ "$one" != "$wanted" ] || return 0
	done
	return 1
}

# The account of a service or of the database; the calling user's where there are none.
account_of() {
	case $1 in
	_) ;;
	postgres | postgres2) set -- db ;;
	backup) set -- media ;; # the service copies attachments, which only media may read
	webhook-*) set -- webhook ;;
	*-[0-9]*) set -- "${1%-[0-9]*}" ;;
	esac
	if [ -n "$IS_ROOT" ]; then
		echo "wangli-$1"
	else
		id -un
	fi
}

# One at a time may change a system. The descriptor must not travel into what is started: it is closed there as 9.
system_lock() {
	exec 9>"$DATA/.lock" || fail "cannot write to $DATA"
	flock -n 9 || fail "another ./wangli is changing the system at $DATA at this moment"
}

usage() {
	cat <<-'END'
		usage: ./wangli COMMAND [--data DIR] …      DIR names the system, default var/

		  up [--port 8311] [--clock simulated] [--road auto] [--buses 1]
		                                            from a fresh Debian 12 to a running system; again: changes nothing; with a
		                                            newer release: one process after the other, [--pace SECONDS] apart
		  up --demo                                 the same with a city's appeals of five weeks, in all states, to look at
		  down                                      stops it; the data stay
		  status [--json]                           each process, its version, health and backlog
		  status --rest [SECONDS] [--json]          memory and CPU of each process while nothing happens
		  top [--once] [--json] [--every SECONDS]   the same at work: rates, times, backlog, database, cases; q quits
		  tap [--group G] [--kind K] [--case NO] [--channel C] [--count N]
		                                            messages as they pass, as JSON, personal data masked; the log says who looked
		  logs [SERVICE] [-f]                       what the processes said
		  scale [SERVICE=N …] [--json]              how many processes of a service run on this machine; without words: shows it
		  clock [show | start T | advance --next|--to T|--by 3d]   business time; only a simulated one can be moved
		  import FILE.csv --channel NAME […]        submits appeals through the door; --help says more
		  case NO [ACT …] [--json]                  shows a case with its steps, or takes one; --help lists them
		  parked list [--all] | show CASE PRODUCER SEQ [--json]
		                                            what could not be taken and waits for a person: who, until when, why
		  parked retry CASE PRODUCER | fix CASE PRODUCER SEQ FILE --reason TEXT | skip CASE PRODUCER SEQ --reason TEXT
		                                            applies it in order, mends it, or moves past it; docs/operators.md
		  check [--json]                            proves the invariants on the live database
		  rebuild analytics [--compare-only]        makes the projection anew from the journals while it runs, compares, puts it in place
		  report month YYYY-MM [--format html,xlsx,csv] [--out DIR]
		                                            the report for the mayor's meeting, in DATA/report unless told
		  backup [--to DIR] [--full] [--keep N] [--plain]
		                                            the database, its WAL from now on, and the attachments, into DIR; once a day from then on
		  backup list [--json] | check              what there is; whether all of it can be read, up to this moment
		  backup keys --to FILE                     the keys, without which nobody opens contacts, under a passphrase: keep it elsewhere
		  restore --from DIR --keys FILE --data NEWDIR [--time T] [--port P] [--webhooks]
		                                            a new system as the old one was, at the end of its WAL or at T; then checks it
		  ref import [DIR] [--road FILE]            loads reference data (default: deploy/cities/chengdu); FILE: who takes which step
		  kb import FILE.csv | kb list              the knowledge base that answers consults directly
		  channel add NAME [--channels a,b]         a key and the rights of an integrator
		  channel info [--json]                     what every integrator is told: the door's address and key, the vault's key
		  channel list [--json]                     who has which keys, since when, with which quota
		  channel rotate SOURCE [--overlap 2d]      a second key; the old one goes on until it is revoked or the overlap is over
		  channel revoke SOURCE|KEY                 the door refuses it at once, on open sessions too
		  channel check [--key-file F --channel NAME] [--json]
		                                            plays an integrator's mistakes at the door: what each of them gets
		  channel quota SOURCE RATE [BURST] | SOURCE default
		                                            how many letters a second the door takes from it, and how many at once
		  channel state SOURCE [--json]             what it keeps for itself: names, sizes, versions, holders; never values
		  webhook add CHANNEL URL [--set NAME=VALUE …] | list | test|log|replay|rotate|remove CHANNEL
		                                            deliveries to those without a socket, POSTed and signed: docs/webhooks.md
		  standby add DIR [--sync] | status         a second PostgreSQL that follows the first; --sync: each commit waits for it
		  standby promote | rejoin | sync on|off | remove
		                                            it becomes the primary; the old one comes back as standby (docs/operators.md)
		  psql [ROLE] [arguments]                   a shell on the database, as wl_check unless told
		  bench intake | lifecycle [--auto] | flood | replicas [--strict] [--json]
		                                            measures a system of its own: docs/performance.md
		  compose init [--demo] [--secrets DIR]     what docker-compose.yml needs before its first start: .env and the secrets
		  test [LABEL…] [--long]                    builds and runs the tests
		  test container | test compose             tries all in a clean container; by docker-compose, with kills, scaled, under load
		  help                                      this
	END
}

main() {
	trap unforeseen ERR
	local command=${1:-help}
	[ $# -eq 0 ] || shift
	AS_JSON=
	DATA=
	case $command in
	up | down | scale | status | top | logs | clock | case | parked | kb | import | check | rebuild | report | backup | restore | ref | channel | webhook | standby | psql | tap | compose | bench | test)
		parse_shared "$@"
		"cmd_$command" ${ARGS[@]+"${ARGS[@]}"}
		;;
	help | --help | -h) usage ;;
	*)
		usage >&2
		fail "no command '$command'"
		;;
	esac
}

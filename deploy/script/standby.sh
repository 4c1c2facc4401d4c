# shellcheck shell=bash
# ./wangli standby: a second PostgreSQL that follows the first one, on the same sockets' folder with a port of its own.
#   postgres    the first server, DATA/pg, port 5432       postgres2   the second, DIR/pg, port 5433
# Which of them takes writes changes with each promotion: DATA/standby.conf says it. Never may both: a server that was the primary
# is fenced (DATA/service/NAME/fenced) before the other one is promoted, and stays down until it has been rewound.

readonly SLOT=wangli_standby SLOT_KEEPS=8GB # a standby that is away longer than this much WAL lasts is made anew
readonly STANDBY_SECONDS=30

cmd_standby() {
	local act=${1:-status}
	[ $# -eq 0 ] || shift
	case $act in
	add | status | promote | rejoin | sync | remove) ;;
	*) fail "standby does not know '$act'; it knows add, status, promote, rejoin, sync, remove" ;;
	esac
	system_load
	[ "$act" = add ] || [ -n "$STANDBY_DIR" ] || fail 'there is no standby; ./wangli standby add DIR makes one'
	[ "$act" = status ] || system_lock
	"standby_$act" "$@"
}

# What DATA/standby.conf says: STANDBY_DIR (empty: there is none), STANDBY_SYNC (yes, no), PRIMARY. Read, not sourced.
standby_load() {
	local name value
	STANDBY_DIR='' STANDBY_SYNC=no PRIMARY=postgres
	[ -r "$DATA/standby.conf" ] || return 0
	while IFS='=' read -r name value; do
		case $name in
		DIR) STANDBY_DIR=$value ;;
		SYNC) STANDBY_SYNC=$value ;;
		PRIMARY) PRIMARY=$value ;;
		esac
	done <"$DATA/standby.conf"
	is_database "$PRIMARY" && [[ $STANDBY_DIR = /* ]] || fail "$DATA/standby.conf is damaged"
}

standby_save() {
	printf 'DIR=%s\nSYNC=%s\nPRIMARY=%s\n' "$STANDBY_DIR" "$STANDBY_SYNC" "$PRIMARY" | put "$DATA/standby.conf" 644
	sync "$DATA/standby.conf"
}

is_database() {
	[ "$1" = postgres ] || [ "$1" = postgres2 ]
}

database_folder() {
	[ "$1" = postgres ] && echo "$DATA/pg" || echo "$STANDBY_DIR/pg"
}

database_port() {
	[ "$1" = postgres ] && echo 5432 || echo 5433
}

other_database() {
	[ "$1" = postgres ] && echo postgres2 || echo postgres
}

is_fenced() {
	[ -e "$DATA/service/$1/fenced" ]
}

databases_not_fenced() {
	local server
	for server in "$PRIMARY" ${STANDBY_DIR:+"$(other_database "$PRIMARY")"}; do
		is_fenced "$server" || echo "$server"
	done
}

# The superuser's session with one of the two: database_sql postgres2 -c …
database_sql() {
	local server=$1
	shift
	PGCONNECT_TIMEOUT=5 psql -X -q -At -v ON_ERROR_STOP=1 -d "host=$RUN port=$(database_port "$server") user=postgres dbname=postgres" "$@"
}

database_answers() {
	pg_isready -q -h "$RUN" -p "$(database_port "$1")" -U postgres -d postgres
}

# standby_conninfo PRIMARY STANDBY: how the second follows the first.
standby_conninfo() {
	printf 'host=%s port=%s user=postgres application_name=%s' "$RUN" "$(database_port "$1")" "$2"
}

# A copy of the primary in FOLDER.new, then FOLDER; it says itself whom it follows.
standby_copy() {
	local primary=$1 standby=$2 folder=$3
	rm -rf "$folder.new"
	if [ -n "$IS_ROOT" ]; then
		install -d -m 700 -o wangli-db -g wangli "$folder.new"
	else
		install -d -m 700 "$folder.new"
	fi
	database_sql "$primary" -c "select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = '$SLOT'"
	(cd / && as_db "$PG_BIN/pg_basebackup" -D "$folder.new" -d "$(standby_conninfo "$primary" "$standby")" \
		-X stream -c fast -C -S "$SLOT" -R)
	rm -rf "$folder"
	mv -T "$folder.new" "$folder"
}

# The primary keeps what its standby has not got, from the last checkpoint on.
slot_ensure() {
	database_sql "$PRIMARY" -c "select pg_create_physical_replication_slot('$SLOT', true)
		where not exists (select from pg_replication_slots where slot_name = '$SLOT')" >/dev/null
}

# Starts a server as what it is and waits until the primary streams to it.
standby_start() {
	local standby
	standby=$(other_database "$PRIMARY")
	rm -f "$DATA/service/$standby/fenced"
	cluster_files "$standby"
	mkdir -p "$DATA/service/$standby"
	touch "$DATA/service/$standby/down" # not before it is told to
	service_make "$standby"
	service_await "$standby"
	service_start "$standby"
	wait_until "$STANDBY_SECONDS" standby_streams || fail "the standby does not follow: $(last_words "$standby")"
}

standby_streams() {
	[ "$(database_sql "$PRIMARY" -c "select count(*) from pg_stat_replication where state = 'streaming'
		and application_name = '$(other_database "$PRIMARY")'")" = 1 ]
}

standby_is_sync() {
	[ "$(database_sql "$PRIMARY" -c "select count(*) from pg_stat_replication where sync_state = 'sync'")" = 1 ]
}

# Whether a commit waits for the standby: as STANDBY_SYNC says.
sync_set() {
	local names=''
	[ "$STANDBY_SYNC" != yes ] || names=$(other_database "$PRIMARY")
	database_sql "$PRIMARY" -c "alter system set synchronous_standby_names = '$names'" -c 'select from pg_reload_conf()' ||
		fail 'the primary does not take the setting'
	[ "$STANDBY_SYNC" != yes ] || wait_until "$STANDBY_SECONDS" standby_is_sync || fail 'the standby does not become synchronous'
}

standby_add() {
	local folder=${1:-} is_sync=no
	[ "${2:-}" != --sync ] || is_sync=yes
	[ -n "$folder" ] && [ $# -le 2 ] && { [ $# = 1 ] || [ $is_sync = yes ]; } || fail 'usage: ./wangli standby add DIR [--sync]'
	[ -z "$STANDBY_DIR" ] || fail "there is a standby in $STANDBY_DIR already"
	folder=$(realpath -m -- "$folder")
	[ ! -e "$folder" ] || [ -z "$(ls -A "$folder")" ] || fail "$folder is not empty"
	[ ${#folder} -lt 200 ] && [[ $folder != *[[:space:]\'\"\\]* ]] || fail "the folder's name is too long, or has blanks or quotes: $folder"
	[ -z "$IS_ROOT" ] || is_reachable "$folder" || fail "the account of the database cannot reach $folder"
	database_answers postgres || fail 'the database does not answer; ./wangli up first'
	disk_check "$folder"
	mkdir -p "$folder" || fail "cannot make $folder"
	STANDBY_DIR=$folder
	cluster_files postgres # lets it in
	database_sql postgres -c "alter system set max_slot_wal_keep_size = '$SLOT_KEEPS'" \
		-c "alter system set wal_retrieve_retry_interval = '1s'" -c 'select from pg_reload_conf()' ||
		fail 'the database does not take a setting'
	step 'standby: copying the database' standby_copy postgres postgres2 "$folder/pg"
	standby_start
	STANDBY_SYNC=$is_sync
	sync_set
	standby_save
	services_reconnect
	say "The standby in $STANDBY_DIR follows$([ $is_sync = no ] || echo ', and each commit waits for it')."
}

# The services learn of both servers, or of one again: each is started anew with the other connection string.
services_reconnect() {
	local service
	CHANGED=
	for service in "${SCHEMAS[@]}"; do
		service_make "$service"
		service_start "$service"
	done
	up_wait
}

standby_status() {
	local server words
	for server in postgres postgres2; do
		if is_fenced "$server"; then
			words='fenced; ./wangli standby rejoin brings it back'
		elif ! database_answers "$server"; then
			words='no answer'
		elif [ "$(database_sql "$server" -c 'select pg_is_in_recovery()')" = f ]; then
			words='primary'
			[ "$server" = "$PRIMARY" ] || words='PRIMARY TOO: stop it at once'
		else
			words="standby, $(database_sql "$PRIMARY" -c "select coalesce(max(state || ', ' || sync_state || ', ' ||
				pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)::int8 || ' bytes behind'), 'not connected')
				from pg_stat_replication where application_name = '$server'" 2>/dev/null || echo 'the primary does not answer')"
		fi
		say "$(printf '%-10s %s   %s' "$server" "$(database_folder "$server")" "$words")"
	done
	[ "$STANDBY_SYNC" = yes ] || say 'commits do not wait for the standby: what it has not got dies with the primary'
}

# Ends a server for good: its supervisor may not start it, and no process of it is left.
database_fence() {
	local server=$1 home=$DATA/service/$1
	touch "$home/fenced" "$home/down" || fail "cannot fence $server"
	sync "$home/fenced" "$home"
	sv -w "$STOP_SECONDS" force-stop "$home" >/dev/null 2>&1 || true
	database_kill "$server" INT
	database_kill "$server" KILL
	[ -z "$(database_processes "$server")" ] || fail "$server has processes that do not end; nothing was promoted"
}

database_kill() {
	local left
	left=$(database_processes "$1")
	[ -n "$left" ] || return 0
	# shellcheck disable=SC2086 # one word a process
	kill "-$2" $left 2>/dev/null || true
	wait_until 5 database_is_gone "$1" || true
}

database_is_gone() {
	[ -z "$(database_processes "$1")" ]
}

# The processes of one server: its children stand in its folder.
database_processes() {
	local proc folder name
	folder=$(database_folder "$1")
	for proc in /proc/[0-9]*; do
		{ read -r name <"$proc/comm"; } 2>/dev/null && [ "$name" = postgres ] || continue
		[[ $(readlink "$proc/cwd") != "$folder"* && $(tr '\0' ' ' 2>/dev/null <"$proc/cmdline") != *" -D $folder "* ]] || echo "${proc#/proc/}"
	done
}

# The standby becomes the primary. Written down before it happens: whatever comes in between, the old primary is not started again.
standby_promote() {
	local old=$PRIMARY new state
	new=$(other_database "$PRIMARY")
	[ $# = 0 ] || fail 'usage: ./wangli standby promote'
	if is_fenced "$new"; then
		[ "$(database_sql "$old" -c 'select pg_is_in_recovery()')" = t ] ||
			fail "$new was the primary before and is fenced; ./wangli standby rejoin first"
		old=$new new=$PRIMARY # a promotion that was interrupted
	fi
	state=$(database_sql "$new" -c 'select pg_is_in_recovery()') || fail "the standby, $new, does not answer"
	[ "$state" = t ] || fail "$new is no standby"
	database_fence "$old"
	PRIMARY=$new
	standby_save
	[ "$(database_sql "$new" -c "select pg_promote(true, $STANDBY_SECONDS)")" = t ] || fail "$new is not promoted: $(last_words "$new")"
	database_sql "$new" -c "alter system set synchronous_standby_names = ''" -c 'select from pg_reload_conf()' ||
		fail "$new takes writes, but not the setting synchronous_standby_names = ''"
	slot_ensure || fail "$new takes writes, but keeps no WAL for its standby"
	backup_resume
	say "$new is the primary; $old is fenced."
	[ "$STANDBY_SYNC" = yes ] || say 'The standby was not synchronous: the last letters that were acknowledged may be missing.'
	say 'There is no standby now: ./wangli standby rejoin brings the old primary back as one.'
}

# The old primary goes back to where the two parted and follows from there; where that cannot be, it is copied anew.
standby_rejoin() {
	local old folder source
	[ $# = 0 ] || fail 'usage: ./wangli standby rejoin'
	old=$(other_database "$PRIMARY")
	is_fenced "$old" || fail "$old is not fenced: it is the standby already (./wangli standby status)"
	database_is_gone "$old" || fail "$old still has processes: $(database_processes "$old" | tr '\n' ' ')"
	[ "$(database_sql "$PRIMARY" -c 'select pg_is_in_recovery()')" = f ] || fail "the primary, $PRIMARY, does not answer as one"
	folder=$(database_folder "$old")
	source=$(standby_conninfo "$PRIMARY" "$old")
	if ! (step 'standby: rewinding the old primary' standby_rewind "$folder" "$source dbname=postgres" && standby_start); then
		say 'it cannot go back to where the two parted, so it is copied anew'
		database_fence "$old"
		step 'standby: copying the database' standby_copy "$PRIMARY" "$old" "$folder"
		standby_start
	fi
	sync_set
	say "$old follows $PRIMARY$([ "$STANDBY_SYNC" != yes ] || echo ', and each commit waits for it')."
}

standby_rewind() {
	local folder=$1 source=$2
	[ -f "$folder/PG_VERSION" ] || fail "there is no database in $folder"
	# Until its first checkpoint a promoted server calls itself what it was before, and nothing would be rewound.
	database_sql "$PRIMARY" -c checkpoint
	(cd / && as_db "$PG_BIN/pg_rewind" --target-pgdata "$folder" --source-server "$source" --write-recovery-conf)
	# What came with the primary's own files: whom it followed, and for whom it waits.
	(cd / && as_db sh -c "sed -i '/^primary_conninfo\|^primary_slot_name\|^synchronous_standby_names/d' '$folder/postgresql.auto.conf'")
	printf "primary_conninfo = '%s'\nprimary_slot_name = '%s'\n" "${source% dbname=*}" "$SLOT" |
		(cd / && as_db tee -a "$folder/postgresql.auto.conf" >/dev/null)
	slot_ensure
}

standby_sync() {
	case ${1:-} in
	on) STANDBY_SYNC=yes ;;
	off) STANDBY_SYNC=no ;;
	*) fail 'usage: ./wangli standby sync on|off' ;;
	esac
	[ "$STANDBY_SYNC" = no ] || standby_streams || fail 'the standby does not follow: commits would wait for ever'
	sync_set
	standby_save
	say "commits $([ "$STANDBY_SYNC" = yes ] && echo 'wait' || echo 'do not wait') for the standby"
}

# Back to one server, the first.
standby_remove() {
	[ "$PRIMARY" = postgres ] || fail "the primary is $PRIMARY: ./wangli standby rejoin and promote first, so that postgres is it again"
	STANDBY_SYNC=no
	sync_set
	sv -w "$STOP_DATABASE_SECONDS" force-shutdown "$DATA/service/postgres2" >/dev/null 2>&1 || true
	database_is_gone postgres2 || fail 'the standby does not end'
	database_sql postgres -c "select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = '$SLOT'" \
		-c 'alter system reset max_slot_wal_keep_size' -c 'alter system reset wal_retrieve_retry_interval' -c 'alter system reset synchronous_standby_names' -c 'select from pg_reload_conf()'
	rm -rf "$DATA/service/postgres2" "$DATA/standby.conf"
	say "The standby is gone; its files are left in $STANDBY_DIR."
	STANDBY_DIR=''
	cluster_files postgres
	services_reconnect
}

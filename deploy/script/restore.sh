# shellcheck shell=bash
# ./wangli restore: a new system in a new folder from the repository of `./wangli backup` and the file of `./wangli backup keys`.
# It reads the repository and never writes to it. What must not happen twice in the world, and what cannot be brought back: decision
# 0022 and docs/operators.md.

# Numbers that the old system may have given after the point of return are not given again: so many are left out for each day begun
# since then, ten times what a city of twenty million sends in one.
readonly NUMBERS_A_DAY=200000
readonly RESTORE_USAGE='usage: ./wangli restore --from DIR --keys FILE --data NEWDIR [--passphrase-file F] [--time T] [--port P] [--webhooks]'

cmd_restore() {
	local from='' keys='' passphrase='' time='' port='' with_webhooks='' unfinished=0
	while [ $# -gt 0 ]; do
		case $1 in
		--webhooks) with_webhooks=yes ;;
		--from | --keys | --passphrase-file | --time | --port)
			[ -n "${2:-}" ] || fail "$1 wants a value"
			local "$(tr -d '-' <<<"${1/passphrase-file/passphrase}")=$2"
			shift
			;;
		*) fail "$RESTORE_USAGE" ;;
		esac
		shift
	done
	[ -n "$from" ] && [ -n "$keys" ] || fail "$RESTORE_USAGE"
	restore_judge
	require_debian
	packages_ensure run build backup
	accounts_make
	disk_check "$DATA"
	data_make
	system_lock
	trap 'restore_undo' EXIT
	CHANGED='' ROAD=people WAS_RUNNING='' SCALE=''
	standby_load
	step 'keys: building what opens them (some minutes the first time)' build_preset "$PRESET"
	restore_keys "$ROOT/build/$PRESET/tools/keys/wangli-keys"
	app_ensure
	keys_make
	restore_backup_keys
	restore_database
	objects_make
	restore_objects
	cluster_ensure
	cluster_check
	run_make
	restore_recover
	restore_webhooks
	up_start
	trap - EXIT
	restore_tell
	attachments_compare || unfinished=1
	(cmd_check) || unfinished=1
	exit "$unfinished"
}

# What can be known before anything is made. Sets FROM, TIME, PORT and CLOCK.
restore_judge() {
	local name value
	FROM=$(realpath -m -- "$from")
	[ ! -e "$DATA" ] || { [ -d "$DATA" ] && [ -z "$(ls -A "$DATA")" ]; } || fail "$DATA is not empty; a restored system wants a folder of its own"
	[ -r "$FROM/system/vault.pub" ] && [ -d "$FROM/pg" ] || fail "$FROM is no repository of ./wangli backup"
	[ -r "$keys" ] || fail "cannot read the keys from $keys (./wangli backup keys made that file; without it nothing can be restored that is of use)"
	keys=$(realpath -- "$keys")
	[ -z "$passphrase" ] || passphrase=$(realpath -m -- "$passphrase")
	TIME=''
	[ -z "$time" ] || TIME=$(date -u -d "$time" '+%Y-%m-%d %H:%M:%S.%6N+00' 2>/dev/null) || fail "--time $time: not a time (2026-03-04 09:00:00 +0800)"
	PORT='' CLOCK='' MODE=''
	while IFS='=' read -r name value; do
		case $name in
		PORT) PORT=$value ;;
		CLOCK) CLOCK=$value ;;
		MODE) MODE=$value ;;
		esac
	done < <(cat "$FROM/system/system.conf" "$FROM/system/repository" 2>/dev/null)
	PORT=${port:-$PORT}
	is_member "$CLOCK" real simulated && is_member "$MODE" sealed plain || fail "$FROM/system is damaged: no first backup was finished there"
	[[ $PORT =~ ^[0-9]{4,5}$ ]] && [ "$PORT" -ge 1024 ] && [ "$PORT" -le 65532 ] || fail '--port wants a number from 1024 to 65532'
	ports_check "$PORT"
}

# The folder was empty before.
# shellcheck disable=SC2317 # called by the trap
restore_undo() {
	trap - EXIT
	say 'taking away what was restored so far' >&2
	[ ! -e "$DATA/pg/postmaster.pid" ] || (cd / && as_db "$PG_BIN/pg_ctl" -s -D "$DATA/pg" -m immediate stop) || true
	system_stop
	find "$DATA" -mindepth 1 -delete || true
	exit 1
}

# restore_keys PROGRAM: before anything takes long, a wrong passphrase is told.
restore_keys() {
	WORK=$DATA/unsealed
	install -d -m 700 "$WORK"
	read_passphrase "$passphrase"
	"$1" open "$keys" "$WORK/tar" "$PASSPHRASE_FILE" || fail "the keys in $keys cannot be opened"
	tar -C "$WORK" --no-same-owner -xf "$WORK/tar" || fail "the keys in $keys are damaged"
	[ "$("$1" vault-pub "$WORK/keys/vault")" = "$(cat "$FROM/system/vault.pub")" ] ||
		fail "the keys in $keys are another system's: their vault does not open the contacts of $FROM"
	mv "$WORK/keys" "$DATA/keys"
	[ ! -d "$WORK/webhook" ] || mv "$WORK/webhook" "$DATA/webhook-held"
	rm -rf "$WORK"
}

restore_backup_keys() {
	key_make random backup "$(account_of db)"
	key_make random backup.objects "$(account_of media)"
}

restore_rest() {
	pgbackrest_run "$DATA/backup/restore.conf" "$@"
}

# pgBackRest says that something is damaged, but not always what; its verify does.
restore_copy() {
	local damaged said
	! said=$(restore_rest "$@" restore 2>&1) || return 0
	damaged=$(restore_rest --log-level-console=info --verbose verify 2>&1 | sed -n 's/.*INFO: \(invalid .*\)/\1/p')
	[ -z "$damaged" ] || echo "error: the repository is damaged: ${damaged//$'\n'/, }" # the line that `step` shows is the first
	printf '%s\n' "$said"
	return 1
}

restore_database() {
	local passphrase='' target=() folder
	install -d -m 755 "$DATA/backup"
	for folder in backup/lock backup/spool backup/wal pg; do
		backup_folder postgres 700 "$DATA/$folder"
	done
	as_db test -r "$FROM/pg/backup/wangli/backup.info" ||
		fail "the database's account cannot read $FROM/pg: chown -R $(account_of db):wangli there (accounts have other numbers on another machine)"
	[ "$MODE" = plain ] || passphrase=$(cat "$DATA/keys/backup")
	pgbackrest_conf "$FROM" "$DATA/pg" 5432 "$DATA/backup" "$passphrase" | write_as_db "$DATA/backup/restore.conf"
	[ -z "$TIME" ] || target=(--type=time --target="$TIME" --target-action=promote)
	step "restore: the database from $FROM" restore_copy ${target[@]+"${target[@]}"}
	# A drill must not write into the repository of the system that it rehearses.
	rm -f "$DATA/pg/wangli_archive.conf"
}

restore_objects() {
	local path name target key='' damaged=()
	[ "$MODE" = plain ] || key=$DATA/keys/backup.objects
	while read -r path; do
		name=${path##*/} target=$DATA/objects/objects/${path: -70:6}
		mkdir -p "$target"
		if object_plain "$key" "$path" >"$target/$name" 2>/dev/null && [ "$(sha256sum <"$target/$name")" = "$name  -" ]; then
			chmod 600 "$target/$name"
		else
			rm -f "$target/$name"
			damaged+=("$name")
		fi
	done < <(find "$FROM/objects" -mindepth 3 -type f)
	find "$DATA/objects" -type d -exec chmod 700 {} +
	[ -z "$IS_ROOT" ] || chown -R "$(account_of media):wangli" "$DATA/objects"
	[ ${#damaged[@]} = 0 ] || say "damaged in the repository and left out: ${damaged[*]}" >&2
}

# Replays the WAL to its end, or to TIME, before anything else may connect; then sees to what the old system may have given since.
restore_recover() {
	local log=$DATA/backup/wal/recovery.log last
	say "restore: replaying WAL to ${TIME:-its end}"
	(cd / && as_db "$PG_BIN/pg_ctl" -s -D "$PG_DATA" -l "$log" -w -t 86400 start) 9>&- || fail "the database does not start: $(telling_line "$log")"
	until [ "$(restore_ask 'select pg_is_in_recovery()')" = f ]; do
		[ -e "$PG_DATA/postmaster.pid" ] || fail "the WAL cannot be replayed: $(telling_line "$log")"
		sleep 0.2
	done
	last=$(restore_ask 'select floor(extract(epoch from pg_last_xact_replay_timestamp()))::int8')
	LAST=${last:-$(restore_backup_end)}
	GAP=$(((($(date +%s) - LAST) / 86400 + 1) * NUMBERS_A_DAY))
	NEXT=$(restore_ask "select setval('intake.case_seq', (select last_value + $GAP from intake.case_seq))") || fail 'the case numbers cannot be moved on'
	for last in restore_command recovery_target_time recovery_target_action; do
		restore_ask "alter system reset $last" || fail 'the settings of the recovery cannot be taken away'
	done
	(cd / && as_db "$PG_BIN/pg_ctl" -s -D "$PG_DATA" -m fast -w stop) || fail "the database does not stop: $(telling_line "$log")"
	rm -f "$DATA/backup/restore.conf"
}

restore_ask() {
	psql -X -q -At -v ON_ERROR_STOP=1 -d "$(conninfo) user=postgres" -c "$1" 2>>"$DATA/backup/restore.psql"
}

# When nothing was replayed: the end of the backup itself.
restore_backup_end() {
	restore_rest info --output=json | python3 -c 'import json, sys; print([b for s in json.load(sys.stdin) for b in s["backup"]][-1]["timestamp"]["stop"])'
}

# A drill must not POST to subscribers what the living system has POSTed: only where this system takes the old one's place.
restore_webhooks() {
	local home
	[ -n "$with_webhooks" ] && [ -d "$DATA/webhook-held" ] || return 0
	mv "$DATA/webhook-held" "$DATA/webhook"
	for home in "$DATA"/webhook/*/; do
		backup_folder webhook-any 750 "$home/state"
		backup_folder webhook-any 750 "$home/state/control"
		[ -z "$IS_ROOT" ] || chown -R "$(account_of webhook):wangli" "$home"
	done
}

restore_tell() {
	say "Restored: all that was committed until $(date -d "@$LAST" '+%F %T'), $(($(date +%s) - LAST)) s ago. Case numbers go on at $((NEXT + 1)); $GAP were left out."
	say "  pages   http://127.0.0.1:$PORT/"
	say "  door    tcp://127.0.0.1:$((PORT + 1))    (the old one's key)"
	[ ! -d "$DATA/webhook-held" ] || say '  webhooks are held, as this may be a drill: mv webhook-held webhook there, and ./wangli up'
	say '  no backup is made of this system yet: ./wangli backup --to DIR'
}

# Letters name what was uploaded for them; WAL goes to the repository after it, so nothing should be missing.
attachments_compare() {
	local name named missing=()
	[ -d "$DATA/objects/objects" ] || return 0
	named=$(attachments_named) || return 1
	for name in $named; do
		[ -e "$DATA/objects/objects/${name:0:2}/${name:2:2}/$name" ] || missing+=("$name")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	say "attachments that letters name and the repository does not have: ${missing[*]}" >&2
	return 1
}

# shellcheck shell=bash
# ./wangli backup: the database by pgBackRest, its WAL as it is written, attachments beside it, and the keys apart (decision 0022).
#   DATA/backup/settings        TO (the repository's folder), KEEP, MODE (sealed | plain)
#   DATA/backup/pgbackrest.conf pgBackRest's, the database account's; with the passphrase of DATA/keys/backup when sealed
#   DATA/backup/wal, objects    what the database's account and media's write: their locks, stamps, and the FIFO between them
#   TO/pg, TO/objects           pgBackRest's repository; attachments by digest: each of the one account that writes it
#   TO/system                   what is no secret: whose repository it is (vault.pub), clock, port, release

readonly FULL_AFTER_DAYS=7 # a backup that is not told otherwise is a full one after so many days
readonly ARCHIVE_SECONDS=60
readonly BACKUP_USAGE='usage: ./wangli backup [--to DIR] [--full] [--keep N] [--plain] [--take-over] | list | check | keys --to FILE [--passphrase-file F]'

# pgbackrest under the database's account: pgbackrest_run CONF COMMAND…
pgbackrest_run() {
	local conf=$1
	shift
	(cd / && as_db env -u HOME pgbackrest --config="$conf" --stanza=wangli "$@")
}

backup_rest() {
	pgbackrest_run "$DATA/backup/pgbackrest.conf" "$@"
}

# as_media PROGRAM…
as_media() {
	if [ -n "$IS_ROOT" ]; then
		setpriv --reuid wangli-media --regid wangli --clear-groups -- "$@"
	else
		"$@"
	fi
}

# backup_folder SERVICE MODE PATH: a folder of that service's account.
backup_folder() {
	local owner=()
	[ -z "$IS_ROOT" ] || owner=(-o "$(account_of "$1")" -g wangli)
	install -d -m "$2" ${owner[@]+"${owner[@]}"} "$3" || fail "cannot make $3"
}

# TO, KEEP and MODE; fails unless a backup was ever made.
backup_settings() {
	local name value
	[ -r "$DATA/backup/settings" ] || fail "no backup is set up for $DATA; ./wangli backup --to DIR makes the first"
	while IFS='=' read -r name value; do
		case $name in
		TO) TO=$value ;;
		KEEP) KEEP=$value ;;
		MODE) MODE=$value ;;
		esac
	done <"$DATA/backup/settings"
	[[ $TO = /* && $KEEP =~ ^[1-9][0-9]*$ ]] || fail "$DATA/backup/settings is damaged"
	[ -d "$TO/pg" ] || fail "there is no repository at $TO: is it mounted?"
}

# pgbackrest_conf REPOSITORY PG_DATA PORT HOME PASSPHRASE: standard output. An empty passphrase leaves the repository readable.
pgbackrest_conf() {
	cat <<-END
		# Written by ./wangli.
		[global]
		repo1-path=$1/pg
		repo1-bundle=y
		repo1-retention-full=${KEEP:-1}
		${5:+repo1-cipher-type=aes-256-cbc}
		${5:+repo1-cipher-pass=$5}
		compress-type=gz
		compress-level=3
		start-fast=y
		log-level-console=warn
		log-level-file=off
		lock-path=$4/lock
		spool-path=$4/spool
		job-retry=0
		[wangli]
		pg1-path=$2
		pg1-port=$3
		pg1-socket-path=$RUN
		pg1-user=postgres
		pg1-database=postgres
	END
}

# The service that copies attachments.
backup_environment() {
	backup_settings
	echo "OBJECTS=$DATA/objects"
	echo "TO=$TO"
	echo "HOME_DIR=$DATA/backup"
	echo "KEY_FILE=$(backup_object_key)"
}

backup_object_key() {
	[ "$MODE" = plain ] || echo "$DATA/keys/backup.objects"
}

# The database that takes writes is the one that is kept: what pgBackRest reads, and who archives. Again after each promotion.
backup_follow() {
	local passphrase='' folder
	folder=$(database_folder "$PRIMARY")
	[ "$MODE" = plain ] || passphrase=$(cat "$DATA/keys/backup")
	pgbackrest_conf "$TO" "$folder" "$(database_port "$PRIMARY")" "$DATA/backup" "$passphrase" | write_as_db "$DATA/backup/pgbackrest.conf"
	write_as_db "$folder/wangli_archive.conf" <<-END
		# Written by ./wangli backup. A segment is archived when it is full, or after so long with anything in it.
		archive_command = '"$DATA/backup/bin/archive-by-pgbackrest" "$DATA/backup" "%p"'
		archive_timeout = ${ARCHIVE_SECONDS}s
	END
	sql_as postgres -At -c 'select pg_reload_conf()' >/dev/null
}

# By `up` too: the programs may be newer ones.
backup_resume() {
	[ -e "$DATA/backup/settings" ] || return 0
	# A system must start without it: segments wait in pg_wal until it is back.
	if ! (backup_settings); then
		say 'no backup is made until then, and WAL is kept here; ./wangli up again when it is back' >&2
		return 0
	fi
	install -d -m 755 "$DATA/backup/bin"
	install -m 755 "$ROOT/deploy/script/backup/copy-objects" "$ROOT/deploy/script/backup/archive-by-pgbackrest" "$DATA/backup/bin"
	if [ ! -e "$DATA/service/backup/supervise" ]; then
		mkdir -p "$DATA/service/backup"
		touch "$DATA/service/backup/down"
	fi
	service_make backup
	service_await backup
	service_start backup
	backup_settings
	backup_follow
}

# backup_place DIR: where the repository is to be. Sets TO.
backup_place() {
	TO=$(realpath -m -- "$1")
	[[ $TO =~ ^[[:graph:]]+$ ]] || fail "a folder without blanks is wanted, not '$TO'"
	[[ $TO/ != "$DATA"/* ]] || fail "$TO lies in the system's own folder: what takes the one takes the other"
	if [ -e "$TO" ] && [ ! -d "$TO/system" ]; then
		[ -d "$TO" ] && [ -z "$(ls -A "$TO")" ] || fail "$TO is neither empty nor a repository"
	fi
	[ ! -e "$TO/system/vault.pub" ] || cmp -s "$TO/system/vault.pub" "$DATA/keys/vault.pub" ||
		fail "$TO is the repository of another system (its vault's key is another one)"
	[ -z "$(backup_other_owner)" ] || [ -n "$take_over" ] ||
		fail "$TO is written by the system at $(backup_other_owner); two that write would spoil it (is that one gone for good? --take-over)"
	mkdir -p "$TO" || fail "cannot make $TO"
	[ -z "$IS_ROOT" ] || is_reachable "$TO" || fail "the database's account cannot reach $TO"
	backup_folder postgres 700 "$TO/pg"
	backup_folder media 700 "$TO/objects"
	install -d -m 755 "$TO/system"
}

# A system is a folder on a machine; a restored one is another.
backup_self() {
	printf '%s on %s' "$DATA" "$(cat /etc/machine-id 2>/dev/null || hostname)"
}

backup_other_owner() {
	local owner
	owner=$(cat "$TO/system/owner" 2>/dev/null) || return 0
	[ "$owner" = "$(backup_self)" ] || printf '%s' "$owner"
}

# The repository is what an earlier --plain, or its lack, made it.
backup_mode() {
	local was
	was=$(sed -n 's/^MODE=//p' "$TO/system/repository" 2>/dev/null) || true
	[ -z "$was" ] || [ -z "$MODE" ] || [ "$was" = "$MODE" ] || fail "the repository at $TO is $was; another folder is needed for a $MODE one"
	MODE=${was:-${MODE:-sealed}}
}

# From here on WAL is archived.
backup_set_up() {
	local passphrase=''
	install -d -m 755 "$DATA/backup"
	backup_folder postgres 700 "$DATA/backup/wal"
	backup_folder postgres 700 "$DATA/backup/lock"
	backup_folder postgres 700 "$DATA/backup/spool"
	backup_folder media 755 "$DATA/backup/objects"
	[ -p "$DATA/backup/objects/want" ] || as_media mkfifo -m 660 "$DATA/backup/objects/want"
	key_make random backup "$(account_of db)"
	key_make random backup.objects "$(account_of media)"
	[ "$MODE" = plain ] || passphrase=$(cat "$DATA/keys/backup")
	pgbackrest_conf "$TO" "$(database_folder "$PRIMARY")" "$(database_port "$PRIMARY")" "$DATA/backup" "$passphrase" |
		write_as_db "$DATA/backup/pgbackrest.conf"
	printf 'MODE=%s\n' "$MODE" | put "$TO/system/repository" 644
	backup_self | put "$TO/system/owner" 644
	backup_rest stanza-create || fail "pgBackRest does not take $TO"
	printf 'TO=%s\nKEEP=%s\nMODE=%s\n' "$TO" "$KEEP" "$MODE" | put "$DATA/backup/settings" 644
	backup_resume
}

# What a restored system must be told, besides what the database holds. None of it is secret.
backup_system() {
	install -m 644 "$DATA/keys/vault.pub" "$TO/system/vault.pub.new" && mv "$TO/system/vault.pub.new" "$TO/system/vault.pub"
	printf 'PORT=%s\nCLOCK=%s\nRELEASE=%s\n' "$PORT" "$CLOCK" "$(basename "$(readlink -f "$DATA/app")")" | put "$TO/system/system.conf" 644
}

# backup_oldest FILTER: the second in which the oldest kept backup (or the newest full one) began; nothing when there is none.
backup_began() {
	backup_rest info --output=json | python3 -c '
import json, sys
backups = [b for s in json.load(sys.stdin) for b in s["backup"]]
full = [b for b in backups if b["type"] == "full"]
chosen = {"oldest": backups[:1], "full": full[-1:]}[sys.argv[1]]
print(*[b["timestamp"]["start"] for b in chosen])' "$1"
}

backup_objects() {
	if [ ! -d "$DATA/objects/objects" ]; then
		say 'attachments: there is no folder of them; a bucket wants a backup of its own'
		return
	fi
	as_media env OBJECTS="$DATA/objects" TO="$TO" HOME_DIR="$DATA/backup" KEY_FILE="$(backup_object_key)" OLDEST="$(backup_began oldest)" \
		"$DATA/backup/bin/copy-objects" --all || fail 'the attachments are not copied'
}

# Loud until it was done, and again when a key came after it.
backup_keys_remind() {
	local exported=$DATA/backup/keys-exported
	[ ! -e "$exported" ] || [ -n "$(find "$DATA/keys" "$DATA/webhook" -type f -newer "$exported" 2>/dev/null)" ] || return 0
	say 'NOT IN IT: the keys. Without them nobody opens a contact again, and a sealed repository stays shut:' >&2
	say '  ./wangli backup keys --to FILE      and keep that file, and its passphrase, somewhere else' >&2
}

backup_make() {
	local to='' type='' full take_over=''
	MODE='' KEEP=''
	while [ $# -gt 0 ]; do
		case $1 in
		--to)
			to=${2:-}
			[ -n "$to" ] || fail '--to wants a folder'
			shift
			;;
		--full) type=full ;;
		--plain) MODE=plain ;;
		--take-over) take_over=yes ;;
		--keep)
			KEEP=${2:-}
			[[ $KEEP =~ ^[1-9][0-9]{0,2}$ ]] || fail '--keep wants how many full backups are kept, 1 to 999'
			shift
			;;
		*) fail "$BACKUP_USAGE" ;;
		esac
		shift
	done
	if [ -n "$to$MODE$KEEP$take_over" ] || [ ! -e "$DATA/backup/settings" ]; then
		local mode=$MODE keep=$KEEP
		[ -n "$to" ] || backup_settings
		backup_place "${to:-$TO}"
		MODE=$mode KEEP=${keep:-${KEEP:-4}}
		backup_mode
		backup_set_up
	else
		backup_settings
		[ -z "$(backup_other_owner)" ] || fail "$TO was taken over by the system at $(backup_other_owner)"
	fi
	full=$(backup_began full)
	[ -n "$full" ] && [ $(($(date +%s) - full)) -lt $((FULL_AFTER_DAYS * 86400)) ] || type=full
	backup_system
	backup_rest "--type=${type:-incr}" backup || fail 'the backup failed; see the lines above'
	backup_objects
	say "backup: $(backup_rest info --output=json | python3 "$ROOT/deploy/script/backup/list.py" --last), in $TO"
	backup_keys_remind
}

# Every byte that a restore may need is read, and what was committed until now is there when this returns.
backup_check() {
	local said damaged
	[ $# -eq 0 ] || fail "$BACKUP_USAGE"
	backup_settings
	backup_rest check || fail 'WAL does not reach the repository; see the lines above'
	said=$(backup_rest --log-level-console=info --verbose verify 2>&1) || fail "pgBackRest cannot verify: $said"
	if ! grep -q 'status: ok' <<<"$said"; then
		grep -E 'INFO: invalid|status: (error|invalid)|Error' <<<"$said" | sed 's/^[0-9: .-]* P[0-9]* *INFO: *//' >&2
		fail "the repository at $TO is damaged (above: where); make a new one with ./wangli backup --full, and look at that disk"
	fi
	damaged=$(backup_objects_damaged) || fail 'the attachments cannot be read'
	[ -z "$damaged" ] || fail "attachments in $TO/objects are damaged or missing: $(tr '\n' ' ' <<<"$damaged")"
	say "backup: readable to the last byte, and complete up to $(date '+%F %T')"
	backup_keys_remind
}

# object_plain KEY_FILE PATH: an attachment's bytes as media keeps them.
object_plain() {
	if [ -n "$1" ]; then
		openssl enc -d -aes-256-ctr -pbkdf2 -iter 1 -pass "file:$1" -in "$2"
	else
		cat "$2"
	fi
}

# The attachments that letters name.
attachments_named() {
	sql_as wl_check -At -c "select distinct encode(stored_sha256, 'hex') from intake.v_attachment"
}

# Those that do not have the bytes that they are named by, and those that letters name and the repository has not.
backup_objects_damaged() {
	local path name key kept named
	key=$(backup_object_key)
	kept=$(find "$TO/objects" -mindepth 3 -type f) && named=$(attachments_named) || return 1
	for path in $kept; do # no name of a digest has a blank, and TO is refused with one
		name=${path##*/}
		[ "$(object_plain "$key" "$path" 2>/dev/null | sha256sum)" = "$name  -" ] || echo "$name"
	done
	[ -d "$DATA/objects/objects" ] || return 0
	for name in $named; do
		[ -e "$TO/objects/${name:0:2}/${name:2:2}/$name" ] || echo "$name (missing)"
	done
}

# read_passphrase FILE [twice]: from a file, or asked for; into the file that PASSPHRASE_FILE names, which is removed at the end.
read_passphrase() {
	local once again
	if [ -n "$1" ]; then
		[ -r "$1" ] || fail "cannot read the passphrase from $1"
		PASSPHRASE_FILE=$1
		return
	fi
	[ -t 0 ] || fail 'no passphrase: --passphrase-file FILE, or a terminal to ask for it'
	read -r -s -p 'passphrase: ' once && echo
	if [ "${2:-}" = twice ]; then
		read -r -s -p 'once more:  ' again && echo
		[ "$once" = "$again" ] || fail 'the two differ'
	fi
	PASSPHRASE_FILE=$WORK/passphrase
	(umask 077 && printf '%s' "$once" >"$PASSPHRASE_FILE")
}

# All of DATA/keys, and what the webhooks were told: their URL, secrets and settings.
backup_keys() (
	local to='' passphrase='' lists=(keys)
	while [ $# -gt 0 ]; do
		case $1 in
		--to) to=${2:-} ;;
		--passphrase-file) passphrase=${2:-} ;;
		*) fail "$BACKUP_USAGE" ;;
		esac
		[ -n "${2:-}" ] || fail "$1 wants a file"
		shift 2
	done
	[ -n "$to" ] || fail "$BACKUP_USAGE"
	to=$(realpath -m -- "$to")
	[ ! -e "$to" ] || fail "$to is there already; a new export wants a new name"
	[ -d "$(dirname "$to")" ] || fail "there is no folder $(dirname "$to")"
	[[ $to != "$DATA"/* ]] || fail "$to lies in the system's own folder: what takes the one takes the other"
	if [ -r "$DATA/backup/settings" ]; then
		backup_settings
		[[ $to != "$TO"/* ]] || fail "$to lies in the repository: whoever has the one must not have the other"
	fi
	WORK=$(mktemp -d "$DATA/keys/.export.XXXXXX") || fail "cannot write to $DATA/keys"
	trap 'rm -rf "$WORK"' EXIT
	read_passphrase "$passphrase" twice
	[ ! -d "$DATA/webhook" ] || lists+=(webhook)
	(umask 077 && tar -C "$DATA" --exclude='keys/.export.*' --exclude='webhook/*/state' -cf "$WORK/tar" "${lists[@]}") || fail 'cannot read the keys'
	touch "$WORK/began"
	"$DATA/app/bin/wangli-keys" seal "$WORK/tar" "$to" "$PASSPHRASE_FILE" || fail 'the keys are not written'
	[ ! -d "$DATA/backup" ] || touch -r "$WORK/began" "$DATA/backup/keys-exported"
	say "keys: in $to, under the passphrase. Keep the two apart from each other and from the repository; without them contacts are lost."
)

cmd_backup() {
	local verb=make
	system_load
	need_program wangli-keys
	case ${1:-} in
	list | check | keys)
		verb=$1
		shift
		;;
	esac
	if [ "$verb" = keys ]; then
		backup_keys "$@" || exit
		return
	fi
	if [ "$verb" != list ]; then
		pg_isready -q -h "$RUN" -U postgres -d postgres || fail 'the database does not run; ./wangli up first'
		[ "$(sql_as postgres -At -c 'show archive_mode')" != off ] || fail 'this database was started by an older release; ./wangli up once'
		require_debian
		packages_ensure backup
		install -d -m 755 "$DATA/backup"
		exec 8>"$DATA/backup/.lock"
		flock -n 8 || fail 'another ./wangli backup is at work'
	fi
	if [ "$verb" = make ]; then
		backup_noted "$@"
	else
		"backup_$verb" "$@"
	fi
}

# backup_make, and what watch shows of it (wangli_watch_backup_…). A subshell of its own settings, as in `step`.
backup_noted() {
	local status
	set +e
	trap - ERR
	(set -e; backup_make "$@")
	status=$?
	set -e
	trap unforeseen ERR
	if [ "$status" = 0 ]; then
		printf 'result=ok\n'
	else
		printf 'result=failed\n'
	fi | put_always "$DATA/backup.status" 644
	return "$status"
}

backup_list() {
	[ $# -eq 0 ] || fail "$BACKUP_USAGE"
	backup_settings
	backup_rest info --output=json | python3 "$ROOT/deploy/script/backup/list.py" ${AS_JSON:+--json}
}

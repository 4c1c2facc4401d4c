# shellcheck shell=bash
# ./wangli webhook: subscribers that get their channel's deliveries by HTTP. One process a subscriber, webhook-NAME under runit, from
#   DATA/webhook/NAME/url secret secret.old old.until key    what it may read alone; key: a copy of DATA/keys/channels/NAME
#   DATA/webhook/NAME/made-key                               its key was made by `webhook add` and goes with it
#   DATA/webhook/NAME/settings                               NAME=value a line, as `--set` said
#   DATA/webhook/NAME/state                                  its own: spool, journal, delivery.log, control

readonly WEBHOOK_SETTINGS='TIMEOUT|RETRY_FIRST|RETRY_MOST|RETRY_AGE|KEEP|PARALLEL|QUEUE|ANSWER_MAX|PORTS|ALLOW_NETS|INSECURE_HTTP|CA_FILE|BOOK_BYTES'

webhook_names() {
	local settings
	for settings in "$DATA"/webhook/*/settings; do
		[ ! -f "$settings" ] || basename "$(dirname "$settings")"
	done
}

# webhook_put NAME FILE: standard input, for the webhook's account alone.
webhook_put() {
	local path=$DATA/webhook/$1/$2
	(umask 077 && cat >"$path.new")
	[ -z "$IS_ROOT" ] || chown "$(account_of webhook):wangli" "$path.new"
	mv "$path.new" "$path"
}

# The environment of webhook-NAME, one NAME=value a line.
webhook_environment() {
	local name=$1 home=$DATA/webhook/$1
	echo "HEALTH_LISTEN=unix:$RUN/webhook-$name.health"
	echo "DOOR_ADDRESS=tcp://127.0.0.1:$((PORT + 1))"
	echo "DOOR_SERVER_KEY_FILE=$DATA/keys/door.pub"
	echo "VAULT_PUBLIC_KEY_FILE=$DATA/keys/vault.pub"
	echo "CHANNEL=$name"
	echo "CHANNEL_KEY_FILE=$home/key"
	echo "STATE_DIR=$home/state"
	echo "WEBHOOK_URL_FILE=$home/url"
	echo "WEBHOOK_SECRET_FILE=$home/secret"
	if [ -f "$home/secret.old" ]; then
		echo "WEBHOOK_OLD_SECRET_FILE=$home/secret.old"
		echo "WEBHOOK_OLD_UNTIL=$(cat "$home/old.until")"
	fi
	cat "$home/settings"
}

webhook_start() {
	local name=$1
	webhook_put "$name" key <"$DATA/keys/channels/$name" || fail "no key for the channel $name"
	if [ ! -e "$DATA/service/webhook-$name/supervise" ]; then
		mkdir -p "$DATA/service/webhook-$name"
		touch "$DATA/service/webhook-$name/down"
	fi
	service_make "webhook-$name"
	service_await "webhook-$name"
	service_start "webhook-$name"
}

webhook_secret() {
	printf 'whsec_%s' "$(head -c 32 /dev/urandom | base64 -w 0 | tr -d '=+/')"
}

webhook_require() {
	[[ ${1:-} =~ ^[a-z][a-z0-9-]{0,31}$ && -f "$DATA/webhook/${1:-}/settings" ]] || fail "no webhook '${1:-}'; see ./wangli webhook list"
}

webhook_ask() {
	exec python3 "$ROOT/deploy/script/webhook.py" "$DATA" "$RUN" "$@" ${AS_JSON:+--json}
}

webhook_add() {
	local name=${1:-} url=${2:-} settings='' home makes_key=''
	[[ $name =~ ^[a-z][a-z0-9-]{0,31}$ && -n $url ]] || fail 'usage: ./wangli webhook add CHANNEL URL [--set NAME=VALUE …]'
	shift 2
	while [ $# -gt 0 ]; do
		[[ $1 = --set && ${2:-} =~ ^($WEBHOOK_SETTINGS)=[[:graph:]]*$ ]] ||
			fail "webhook add: --set wants one of ${WEBHOOK_SETTINGS//|/, } with =VALUE"
		settings+="$2"$'\n'
		shift 2
	done
	home=$DATA/webhook/$name
	[ ! -e "$home" ] || fail "there is a webhook '$name' already"
	supervisor_pid >/dev/null || fail "the system does not run"
	if [ ! -f "$DATA/keys/channels/$name" ]; then
		(cmd_channel add "$name" >&2) || fail "no key for the channel $name"
		makes_key=yes
	fi
	install -d -m 755 "$DATA/webhook"
	if [ -n "$IS_ROOT" ]; then
		install -d -m 750 -o "$(account_of webhook)" -g wangli "$home" "$home/state" "$home/state/control"
	else
		install -d -m 750 "$home" "$home/state" "$home/state/control"
	fi
	printf '%s' "$url" | webhook_put "$name" url
	webhook_secret | webhook_put "$name" secret
	[ -z "$makes_key" ] || echo yes | webhook_put "$name" made-key
	printf '%s' "$settings" | webhook_put "$name" settings
	webhook_start "$name"
	if ! python3 "$ROOT/deploy/script/webhook.py" "$DATA" "$RUN" wait "$name" 15; then
		settings=$(last_words "webhook-$name")
		webhook_stop "$name"
		rm -rf "$home"
		fail "webhook-$name does not start: $settings"
	fi
	echo "webhook-$name runs. Its secret, shown this once:"
	cat "$home/secret"
	echo
}

webhook_stop() {
	sv -w "$STOP_SECONDS" force-shutdown "$DATA/service/webhook-$1" >/dev/null 2>&1 || true
	rm -rf "$DATA/service/webhook-$1"
}

# Two secrets sign until the overlap is over, so that the subscriber may change over at any time in between.
webhook_rotate() {
	local name=$1 overlap=${3:-1d} seconds
	[ $# -eq 1 ] || { [ $# -eq 3 ] && [ "$2" = --overlap ]; } || fail 'usage: ./wangli webhook rotate CHANNEL [--overlap 1d]'
	[[ $overlap =~ ^([1-9][0-9]{0,5})(s|min|h|d)$ ]] || fail '--overlap wants 90s, 30min, 2h or 3d'
	seconds=${BASH_REMATCH[1]}
	case ${BASH_REMATCH[2]} in
	min) seconds=$((seconds * 60)) ;;
	h) seconds=$((seconds * 3600)) ;;
	d) seconds=$((seconds * 86400)) ;;
	esac
	echo $(($(date +%s) + seconds)) | webhook_put "$name" old.until
	webhook_put "$name" secret.old <"$DATA/webhook/$name/secret"
	webhook_secret | webhook_put "$name" secret
	webhook_start "$name"
	echo "webhook-$name signs with both secrets for $overlap. The new one, shown this once:"
	cat "$DATA/webhook/$name/secret"
	echo
}

# Its state, with the dead letters and the delivery log, is kept aside; secrets and URL go, and the key that was made for it.
webhook_remove() {
	local name=$1 aside said='its key goes on'
	aside=$DATA/webhook-removed/$1.$(date +%s)
	webhook_stop "$name"
	if [ -f "$DATA/webhook/$name/made-key" ]; then
		(cmd_channel revoke "$name") >/dev/null || fail "the key of $name is not revoked: is the system up?"
		rm -f "$DATA/keys/channels/$name"
		said='its key is revoked'
	fi
	install -d -m 700 "$DATA/webhook-removed"
	mv "$DATA/webhook/$name/state" "$aside"
	rm -rf "${DATA:?}/webhook/$name"
	echo "webhook-$name is gone, $said; what it kept is in $aside"
}

cmd_webhook() {
	local verb=${1:-}
	[ $# -eq 0 ] || shift
	system_load
	need_program wangli-webhook
	case $verb in
	list) webhook_ask list ;;
	add | remove | rotate)
		system_lock
		[ "$verb" = add ] || webhook_require "${1:-}"
		"webhook_$verb" "$@"
		;;
	test | log | replay)
		webhook_require "${1:-}"
		webhook_ask "$verb" "$@"
		;;
	*) fail 'usage: ./wangli webhook list | add CHANNEL URL [--set NAME=VALUE …] | test|log|replay|rotate|remove CHANNEL' ;;
	esac
}

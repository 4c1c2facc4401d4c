# shellcheck shell=bash
# ./wangli compose init: what docker-compose.yml needs before its first start, .env and the secrets, once and for all.

# Where a value of .env stands: env_value NAME.
env_value() {
	sed -n "s/^$1=//p" "$ROOT/.env" | tail -n 1
}

# env_put NAME VALUE: in place of the line of .env.example, commented or not.
env_put() {
	awk -v name="$1" -v line="$1=$2" '$0 ~ "^#?" name "=" && !done { print line; done = 1; next } { print } END { if (!done) print line }' \
		"$ROOT/.env.new" >"$ROOT/.env.newer"
	mv "$ROOT/.env.newer" "$ROOT/.env.new"
}

secrets_default() {
	if [ -n "$IS_ROOT" ]; then
		echo /etc/wangli/secrets
	else
		echo "${XDG_CONFIG_HOME:-$HOME/.config}/wangli/secrets"
	fi
}

# env_make SECRETS IS_DEMO: once; what the operator wrote there later stays.
env_make() {
	cp "$ROOT/.env.example" "$ROOT/.env.new"
	env_put WANGLI_SECRETS "$1"
	if [ -n "$2" ]; then
		# A demo walks on a simulated clock, where somebody waits for each step.
		env_put WANGLI_CLOCK simulated
		env_put WANGLI_ROAD demo
		env_put GATHER 1ms
		env_put SETTLE 5ms
		env_put SHELF 1ms
	fi
	mv "$ROOT/.env.new" "$ROOT/.env"
	say "settings: $ROOT/.env"
}

compose_init() {
	local secrets='' is_demo='' image
	while [ $# -gt 0 ]; do
		case $1 in
		--demo) is_demo=yes ;;
		--secrets)
			[ -n "${2:-}" ] || fail '--secrets wants a folder'
			secrets=$(realpath -m -- "$2")
			shift
			;;
		*) fail "compose init does not know '$1'" ;;
		esac
		shift
	done
	docker version >/dev/null 2>&1 || fail 'no Docker engine answers (is it running, and may you use it?)'
	if [ -e "$ROOT/.env" ]; then
		[ -z "$is_demo$secrets" ] || fail "$ROOT/.env is there already; change it there, or move it away"
	else
		env_make "${secrets:-$(secrets_default)}" "$is_demo"
	fi
	secrets=$(env_value WANGLI_SECRETS)
	[[ ${secrets:-.} = /* ]] || fail "WANGLI_SECRETS in $ROOT/.env: want the full path of a folder"
	[[ $secrets/ != "$ROOT"/* ]] || fail "WANGLI_SECRETS in $ROOT/.env: secrets lie outside of the project, $ROOT"
	image=wangli/services:$(env_value WANGLI_TAG)
	image=${image%:}
	docker image inspect "$image" >/dev/null 2>&1 ||
		step 'image wangli/services (some minutes the first time)' docker build --target services -t "$image" "$ROOT"
	(umask 077 && mkdir -p "$secrets") || fail "cannot make $secrets"
	docker run --rm --network none --user 0 --read-only --tmpfs /tmp -v "$secrets:/secrets" "$image" wangli-keys-make /secrets ||
		fail "the secrets in $secrets are not complete"
	say "secrets: $secrets; keep a copy of them elsewhere, above all of vault: without it nobody reads contact data again"
	say 'next: docker-compose up -d    (or docker compose up -d)'
}

cmd_compose() {
	[ "${1:-}" = init ] || fail 'usage: ./wangli compose init [--demo] [--secrets DIR]'
	shift
	compose_init "$@"
}

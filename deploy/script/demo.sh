# shellcheck shell=bash
# ./wangli up --demo: the appeals of deploy/demo, played on a system of its own.

readonly DEMO=$ROOT/deploy/demo
readonly DEMO_CHANNELS=(mailbox forum hotline app weibo wechat media mail)

# A system is a demo from its first `up` on, or never: DATA/demo says so.
demo_require() {
	[ ! -e "$DATA/system.conf" ] || [ -d "$DATA/demo" ] ||
		fail "the system at $DATA is no demo, and a demo wants one of its own: --data with another folder"
}

# demo_play [LIMIT]: again, it goes on where it was; when all is played, it changes nothing.
demo_play() {
	local channel limit=()
	[ -z "$1" ] || limit=(--limit "$1")
	need_program wangli-demo
	for channel in "${DEMO_CHANNELS[@]}"; do
		[ -f "$DATA/keys/channels/$channel" ] || (cmd_channel add "$channel" >/dev/null) || fail "no key for the channel $channel"
	done
	(
		door_environment
		export CHANNEL_KEYS=$DATA/keys/channels
		exec "$DATA/app/bin/wangli-demo" "$DEMO/appeals.csv" ${limit[@]+"${limit[@]}"} ${AS_JSON:+--json}
	) || fail 'the demo is not played to its end; run it again and it continues'
}

# What to open, beside the pages.
demo_hints() {
	local month elsewhere=''
	[ "$DATA" = "$(realpath -m "$ROOT/var")" ] || elsewhere=" --data $DATA"
	month=$(sql_as wl_deploy -At -c "select to_char((now() + shift) at time zone 'Asia/Shanghai', 'YYYY-MM') from ref.clock")
	say "          with the live overview, and the look-up by number and code"
	say "  a case  ./wangli case NUMBER$elsewhere"
	say "  month   ./wangli report month $month$elsewhere"
}

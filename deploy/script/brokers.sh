# shellcheck shell=bash
# Several brokers on one machine: bus and, after `./wangli up --buses N`, bus-2 to bus-N. They share one key, because a client knows
# the brokers by one; every client is on all of them (BUS_ADDRESS names them all), so that one may end at any moment.
# BUSES  how many there are; 1 unless told

readonly BUSES_MOST=8

# The brokers beside `bus`, one a line.
brokers_more() {
	local i
	for ((i = 2; i <= BUSES; i++)); do
		echo "bus-$i"
	done
}

# What BUS_ADDRESS says in every process.
bus_address() {
	local broker
	printf 'ipc://%s/bus.sock' "$RUN"
	for broker in $(brokers_more); do
		printf ',ipc://%s/%s.sock' "$RUN" "$broker"
	done
	echo
}

# Like webhooks they are no part of SUPERVISED: a folder that is down, until runit has found it.
broker_start() {
	local broker=$1
	if [ ! -e "$DATA/service/$broker/supervise" ]; then
		mkdir -p "$DATA/service/$broker"
		touch "$DATA/service/$broker/down"
	fi
	service_make "$broker"
	wait_until 15 test -p "$DATA/service/$broker/supervise/ok" || fail "runit does not start $broker"
	wait_until 15 sv status "$DATA/service/$broker" || fail "runit does not answer (service $broker)"
	service_start "$broker"
}

# The folders of all brokers that ever were, one name a line.
brokers_known() {
	local home
	for home in "$DATA"/service/bus-*; do
		[ ! -d "$home" ] || basename "$home"
	done
}

# Those that are not wanted any more end, after everybody has left their addresses out.
brokers_drop() {
	local broker
	for broker in $(brokers_known); do
		! is_member "$broker" $(brokers_more) || continue
		say "ending $broker"
		sv -w "$STOP_SECONDS" force-shutdown "$DATA/service/$broker" >/dev/null 2>&1 || true
		rm -rf "${DATA:?}/service/$broker"
		CHANGED=yes
	done
}

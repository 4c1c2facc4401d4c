# shellcheck shell=bash
# Several processes of one service on one machine: SERVICE and, after `./wangli scale SERVICE=N`, SERVICE-2 to SERVICE-N. They share
# key, role and account; which of them works never matters (law 4). Brokers share one key too, because a client knows them by one, and
# every client is on all of them (BUS_ADDRESS), so that one may end at any moment.
# SCALE  how many there are where it is not one: 'bus=2 dispatch=4'

readonly SCALABLE=(bus intake dispatch reply followup analytics) # the others listen on a port of this machine
readonly REPLICAS_MOST=16 BUSES_MOST=8

# scale_read TEXT…: SERVICE=N each, over what SCALE says.
scale_read() {
	local one service n
	for one; do
		[[ $one =~ ^([a-z]+)=([0-9]{1,2})$ ]] || fail "scale wants SERVICE=N …, not '$one' (one of: ${SCALABLE[*]})"
		service=${BASH_REMATCH[1]} n=$((10#${BASH_REMATCH[2]}))
		is_member "$service" "${SCALABLE[@]}" ||
			fail "$service cannot be scaled on one machine (${SCALABLE[*]} can; edge, media and portal listen on a port: docker-compose scales them behind its proxy)"
		[ "$n" -ge 1 ] && [ "$n" -le "$REPLICAS_MOST" ] || fail "$service=$n: want 1 to $REPLICAS_MOST"
		[ "$service" != bus ] || [ "$n" -le "$BUSES_MOST" ] || fail "bus=$n: want 1 to $BUSES_MOST"
		SCALE=$(printf '%s\n' $SCALE | grep -v "^$service=" || true)
		[ "$n" = 1 ] || SCALE+=" $service=$n"
		SCALE=$(printf '%s\n' $SCALE | sort | tr '\n' ' ')
		SCALE=${SCALE% }
	done
}

# How many processes of a service there are to be.
scale_of() {
	local one
	for one in $SCALE; do
		[ "${one%=*}" != "$1" ] || { echo "${one#*=}" && return; }
	done
	echo 1
}

# The processes beside the first one of each service, or of SERVICE alone, one a line.
replicas_more() {
	local service i
	for service in "${@:-"${SCALABLE[@]}"}"; do
		for ((i = 2; i <= $(scale_of "$service"); i++)); do
			echo "$service-$i"
		done
	done
}

# What BUS_ADDRESS says in every process.
bus_address() {
	local broker
	printf 'ipc://%s/bus.sock' "$RUN"
	for broker in $(replicas_more bus); do
		printf ',ipc://%s/%s.sock' "$RUN" "$broker"
	done
	echo
}

# Like webhooks they are no part of SUPERVISED: a folder that is down, until runit has found it (within 5 s).
replicas_make() {
	local name
	for name; do
		if [ ! -e "$DATA/service/$name/supervise" ]; then
			mkdir -p "$DATA/service/$name"
			touch "$DATA/service/$name/down"
		fi
		service_make "$name"
	done
}

replicas_start() {
	local name
	for name; do
		service_await "$name"
		service_start "$name"
	done
}

# The folders of all replicas that ever were, one name a line.
replicas_known() {
	local home name
	for home in "$DATA"/service/*-*; do
		name=${home##*/}
		[ ! -d "$home" ] || [[ ! $name =~ ^([a-z]+)-[0-9]+$ ]] || ! is_member "${BASH_REMATCH[1]}" "${SCALABLE[@]}" || echo "$name"
	done
}

# Those that are not wanted any more end, after everybody has left their addresses out.
replicas_drop() {
	local name
	for name in $(replicas_known); do
		! is_member "$name" $(replicas_more) || continue
		say "ending $name"
		sv -w "$STOP_SECONDS" force-shutdown "$DATA/service/$name" >/dev/null 2>&1 || true
		rm -rf "${DATA:?}/service/$name"
		CHANGED=yes
	done
}

scale_show() {
	local service
	for service in "${SCALABLE[@]}"; do
		if [ -n "$AS_JSON" ]; then
			printf '"%s": %s, ' "$service" "$(scale_of "$service")"
		else
			printf '%-10s %s\n' "$service" "$(scale_of "$service")"
		fi
	done
}

cmd_scale() {
	local before service
	system_load
	before=$SCALE
	scale_read "$@"
	if [ $# -eq 0 ]; then
		if [ -n "$AS_JSON" ]; then
			printf '{%s}\n' "$(scale_show | sed 's/, $//')"
		else
			scale_show
		fi
		return
	fi
	system_lock
	system_conf_put
	if ! supervisor_pid >/dev/null; then
		say "from the next ./wangli up on: ${SCALE:-one of each}"
		return
	fi
	CHANGED=
	# shellcheck disable=SC2046 # one word a process
	replicas_make $(replicas_more)
	# shellcheck disable=SC2046
	replicas_start $(replicas_more)
	# Everybody is told of the brokers that there are.
	if [ "$(SCALE=$before scale_of bus)" != "$(scale_of bus)" ]; then
		for service in "${SERVICES[@]}"; do
			service_make "$service"
			service_start "$service"
		done
	fi
	replicas_drop
	up_wait
	[ -n "$CHANGED" ] && say "Wangli runs with ${SCALE:-one of each}." || say 'nothing changed'
}

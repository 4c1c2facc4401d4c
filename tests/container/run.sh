#!/usr/bin/env bash
# The promise of the first page, tried in a clean container: a minimal Debian 12 with nothing but git, a clone under /root, then
# `./wangli up --demo`, what it shows, again, `status`, `test`, `down`; prints how long each took. Run as root: ./wangli test container [LABEL…].
#   - Starts a Docker daemon of its own (own socket and folder) when none answers, and ends it afterwards.
#   - WANGLI_LOOK_SECONDS: how long to stay, after the demo has been played, for somebody to look at the pages.
#   - The base is made by mmdebstrap from the machine's own package sources. Packages are reached in the container as this
#     machine reaches them: its network, its sources, its proxy settings and NODE_EXTRA_CA_CERTS; given at run time, kept nowhere.
#   - What the working tree holds beyond HEAD is not in it.
#   - CAP_SYS_PTRACE: `status --rest` reads the PSS of processes of other accounts.
# Exit code 77: this machine cannot run containers.
set -euo pipefail

ROOT=$(cd "$(dirname "$0")/../.." && pwd)
readonly IMAGE=debian:bookworm-slim
work=$(mktemp -d /var/tmp/wangli-container.XXXXXX)
container=wangli-check-$$
daemon=

skip() {
	echo "SKIP: $1"
	exit 77
}

# shellcheck disable=SC2317 # called by the trap
finish() {
	docker rm -f "$container" >/dev/null 2>&1 || true
	if [ -n "$daemon" ]; then
		kill "$daemon" 2>/dev/null || true
		wait "$daemon" 2>/dev/null || true
	fi
	awk -v folder="$work/" 'index($2, folder) == 1 { print $2 }' /proc/mounts | sort -r | xargs -r umount -l
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

# timed NAME COMMAND…: shows the output and how long it took.
timed() {
	local name=$1 begin=$SECONDS status=0
	shift
	echo "--- $name"
	"$@" || status=$?
	times+=("$name: $((SECONDS - begin)) s$([ "$status" = 0 ] || echo ", exit code $status")")
	[ "$status" = 0 ] || failed=yes
}

inside() {
	docker exec -w /root "$container" "$@"
}

start_daemon() {
	docker info >/dev/null 2>&1 && return 0
	export DOCKER_HOST=unix://$work/docker.sock
	dockerd -H "$DOCKER_HOST" --data-root "$work/docker" --exec-root "$work/exec" --pidfile "$work/docker.pid" \
		--bridge none --iptables=false >"$work/dockerd.log" 2>&1 &
	daemon=$!
	for _ in $(seq 1 200); do
		docker info >/dev/null 2>&1 && return 0
		kill -0 "$daemon" 2>/dev/null || break
		sleep 0.1
	done
	skip "no Docker daemon can run here: $(tail -n 1 "$work/dockerd.log")"
}

# How this machine's apt reaches its packages: proxy and checks, nothing that is secret is asked for.
host_apt_settings() {
	apt-config dump | grep -E '^Acquire::((http|https)::Proxy|Check-)' || true
}

host_sources() {
	grep -lE '^(URIs:|deb ).*debian' /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
		xargs -r grep -lE 'bookworm( |$)' || true
}

make_base() {
	local sources
	docker image inspect "$IMAGE" >/dev/null 2>&1 && return 0
	mapfile -t sources < <(host_sources)
	host_apt_settings >"$work/apt.conf"
	mmdebstrap --quiet --variant=minbase --aptopt="$work/apt.conf" bookworm "$work/base.tar" "${sources[@]}" &&
		docker import "$work/base.tar" "$IMAGE" >/dev/null && rm -f "$work/base.tar"
}

start_container() {
	local proxy ca=()
	proxy=$(env | grep -iE '^(http|https|no)_proxy=' | cut -d= -f1 | sed 's/^/--env=/') || true
	[ -z "${NODE_EXTRA_CA_CERTS:-}" ] ||
		ca=(-v "$NODE_EXTRA_CA_CERTS:/etc/extra-ca.pem:ro" --env NODE_EXTRA_CA_CERTS=/etc/extra-ca.pem)
	host_apt_settings >"$work/apt.conf"
	git clone -q --bare "$ROOT" "$work/wangli.git"
	# shellcheck disable=SC2086 # one word an option
	docker run -d --init --name "$container" --network host --cap-add SYS_PTRACE --shm-size 1g $proxy "${ca[@]}" \
		-v "$work/wangli.git:/src/wangli.git:ro" -v "$work/apt.conf:/etc/apt/apt.conf.d/90machine:ro" \
		"$IMAGE" sleep infinity >/dev/null
}

[ "$(id -u)" = 0 ] || skip 'only root can run containers here'
for tool in docker dockerd mmdebstrap; do
	command -v "$tool" >/dev/null || skip "$tool is not installed"
done
times=() failed=
start_daemon
timed 'base image' make_base
timed 'container' start_container
timed 'git' inside sh -c 'apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends git >/dev/null 2>&1'
timed 'clone' inside git clone -q /src/wangli.git /root/wangli
timed 'up --demo' inside wangli/wangli up --demo
timed 'what it shows' inside python3 wangli/tests/container/shows.py
[ -z "${WANGLI_LOOK_SECONDS:-}" ] || sleep "$WANGLI_LOOK_SECONDS"
timed 'up again' inside sh -c 'wangli/wangli up --demo | tee /tmp/again && grep -q "nothing changed" /tmp/again'
timed 'status' inside wangli/wangli status
timed 'at rest' inside wangli/wangli status --rest 20
timed 'test' inside wangli/wangli test "$@"
timed 'down' inside wangli/wangli down
timed 'nothing is left' inside sh -c '! ps -eo args 2>/dev/null | grep -E "[/]wangli-|[r]unsv|[p]ostgres" && ! grep -lsa wangli- /proc/[0-9]*/comm'
echo '--- times'
printf '%s\n' "${times[@]}"
[ -z "$failed" ]

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

root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d /var/tmp/wangli-container.XXXXXX)
container=wangli-check-$$
# shellcheck source=tests/lib/docker.sh
. "$root/tests/lib/docker.sh"

# shellcheck disable=SC2317 # called by the trap
finish() {
	docker rm -f "$container" >/dev/null 2>&1 || true
	daemon_end
}
trap finish EXIT
trap 'exit 130' INT TERM

inside() {
	docker exec -w /root "$container" "$@"
}

start_container() {
	local proxy ca=()
	proxy=$(env | grep -iE '^(http|https|no)_proxy=' | cut -d= -f1 | sed 's/^/--env=/') || true
	[ -z "${NODE_EXTRA_CA_CERTS:-}" ] ||
		ca=(-v "$NODE_EXTRA_CA_CERTS:/etc/extra-ca.pem:ro" --env NODE_EXTRA_CA_CERTS=/etc/extra-ca.pem)
	host_apt_settings >"$work/apt.conf"
	git clone -q --bare "$root" "$work/wangli.git"
	# shellcheck disable=SC2086 # one word an option
	docker run -d --init --name "$container" --network host --cap-add SYS_PTRACE --shm-size 1g $proxy "${ca[@]}" \
		-v "$work/wangli.git:/src/wangli.git:ro" -v "$work/apt.conf:/etc/apt/apt.conf.d/90machine:ro" \
		"$BASE_IMAGE" sleep infinity >/dev/null
}

docker_require git
daemon_start --bridge none --iptables=false
timed 'base image' base_make
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
times_show

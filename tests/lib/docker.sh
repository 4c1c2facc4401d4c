# shellcheck shell=bash
# What the tests with containers share: a Docker daemon where none answers, the base image, a measured step. They set `work`, a folder
# of their own. Exit code 77: this machine cannot run containers.

readonly BASE_IMAGE=debian:bookworm-slim
: "${work:?a folder of its own}"
daemon='' times=() failed=

skip() {
	echo "SKIP: $1"
	exit 77
}

docker_require() {
	local tool
	[ "$(id -u)" = 0 ] || skip 'only root can run containers here'
	for tool in docker dockerd mmdebstrap "$@"; do
		command -v "$tool" >/dev/null || skip "$tool is not installed"
	done
}

# timed NAME COMMAND…: shows the output and how long it took.
timed() {
	local name=$1 begin=$SECONDS status=0
	shift
	echo "--- $name"
	"$@" || status=$?
	times+=("$name: $((SECONDS - begin)) s$([ "$status" = 0 ] || echo ", exit code $status")")
	[ "$status" = 0 ] || failed=yes
}

times_show() {
	echo '--- times'
	printf '%s\n' "${times[@]}"
	[ -z "$failed" ]
}

# daemon_start OPTIONS: with a socket and a folder of its own, when none answers.
daemon_start() {
	docker info >/dev/null 2>&1 && return 0
	export DOCKER_HOST=unix://$work/docker.sock
	dockerd -H "$DOCKER_HOST" --data-root "$work/docker" --exec-root "$work/exec" --pidfile "$work/docker.pid" \
		"$@" >"$work/dockerd.log" 2>&1 &
	daemon=$!
	for _ in $(seq 1 200); do
		docker info >/dev/null 2>&1 && return 0
		kill -0 "$daemon" 2>/dev/null || break
		sleep 0.1
	done
	skip "no Docker daemon can run here: $(tail -n 1 "$work/dockerd.log")"
}

# Ends the daemon that was started here, and takes the folder away.
daemon_end() {
	if [ -n "$daemon" ]; then
		kill "$daemon" 2>/dev/null || true
		wait "$daemon" 2>/dev/null || true
	fi
	awk -v folder="$work/" 'index($2, folder) == 1 { print $2 }' /proc/mounts | sort -r | xargs -r umount -l
	rm -rf "$work"
}

# How this machine's apt reaches its packages: proxy and checks, nothing that is secret is asked for.
host_apt_settings() {
	apt-config dump | grep -E '^Acquire::((http|https)::Proxy|Check-)' || true
}

host_sources() {
	grep -lE '^(URIs:|deb ).*debian' /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
		xargs -r grep -lE 'bookworm( |$)' || true
}

# The base image, where it is not there: a minimal Debian 12 from the machine's own package sources. No registry is asked.
base_make() {
	local sources
	docker image inspect "$BASE_IMAGE" >/dev/null 2>&1 && return 0
	mapfile -t sources < <(host_sources)
	host_apt_settings >"$work/apt.conf"
	mmdebstrap --quiet --variant=minbase --aptopt="$work/apt.conf" bookworm "$work/base.tar" "${sources[@]}" &&
		docker import "$work/base.tar" "$BASE_IMAGE" >/dev/null && rm -f "$work/base.tar"
}

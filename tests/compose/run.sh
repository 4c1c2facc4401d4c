#!/usr/bin/env bash
# docker-compose.yml, tried from a clean clone of HEAD on a Docker engine that has only the imported base: build, up, healthy within
# three minutes, the demo, scaled, under load, with kills and new addresses; storm.py says what must hold. ./wangli test compose
#   - Starts a Docker daemon of its own when none answers, and ends it; takes away what it made: containers, networks, volumes, images.
#   - Packages are reached in the builds as this machine reaches them; NODE_EXTRA_CA_CERTS, where it is set, becomes the clone's extra CA.
#   - WANGLI_SEED, WANGLI_KILLS (each container at least, 3), WANGLI_RATE (letters a second, 60), WANGLI_DEMO (appeals, all),
#     WANGLI_LOOK_SECONDS: how long to stay before the end, for somebody to look.
# Exit code 77: this machine cannot run containers.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d /var/tmp/wangli-compose.XXXXXX)
# shellcheck source=tests/lib/docker.sh
. "$root/tests/lib/docker.sh"
export COMPOSE_PROJECT_NAME=wangli-check-$$ WANGLI_TAG=check-$$

if command -v docker-compose >/dev/null; then
	compose=(docker-compose)
else
	compose=(docker compose)
fi

# shellcheck disable=SC2317 # called by the trap
finish() {
	set +e
	docker ps -aq --filter "label=wangli.test=$WANGLI_TAG" | xargs -r docker rm -f >/dev/null 2>&1
	[ ! -e "$work/wangli/.env" ] || (cd "$work/wangli" && "${compose[@]}" down -v --remove-orphans -t 5 >/dev/null 2>&1)
	docker images --format '{{.Repository}}:{{.Tag}}' --filter "reference=wangli/*:$WANGLI_TAG" | xargs -r docker rmi >/dev/null 2>&1
	daemon_end
}
trap finish EXIT
trap 'exit 130' INT TERM

# A clone as an operator has it, with settings of its own.
clone_make() {
	git clone -q "$root" "$work/wangli"
	[ -z "${NODE_EXTRA_CA_CERTS:-}" ] || cp "$NODE_EXTRA_CA_CERTS" "$work/wangli/deploy/extra-ca/machine.crt"
}

init() {
	(cd "$work/wangli" && ./wangli compose init --demo --secrets "$work/secrets")
	local port
	port=$(python3 -c 'import sys; sys.path.insert(0, sys.argv[1]); import system; print(system.free_port())' "$root/tests/lib")
	cat >>"$work/wangli/.env" <<-END
		HTTP_PORT=$port
		DOOR_PORT=$((port + 1))
		OBJECTS_PORT=$((port + 2))
		PAGES_URL=http://127.0.0.1:$port
		DOOR_TOLD=tcp://127.0.0.1:$((port + 1))
		OBJECTS_URL=http://127.0.0.1:$((port + 2))
	END
}

build() {
	(cd "$work/wangli" && "${compose[@]}" build) >"$work/build.log" 2>&1 || { tail -n 40 "$work/build.log" && return 1; }
}

# Each next one needs the one before.
must() {
	timed "$@"
	[ -z "$failed" ] || { times_show; exit 1; }
}

docker_require git iptables "${compose[0]}"
daemon_start --log-level warn
must 'base image' base_make
must 'clone' clone_make
must 'compose init (builds the services)' init
must 'build' build
timed 'storm' python3 "$root/tests/compose/storm.py" "$work/wangli" "$work" "${compose[@]}"
[ -z "${WANGLI_LOOK_SECONDS:-}" ] || sleep "$WANGLI_LOOK_SECONDS"
times_show

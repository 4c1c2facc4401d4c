#!/usr/bin/env bash
# A throw-away PostgreSQL for tests: tests/with_postgres.sh COMMAND… makes a cluster with all roles, schemas, migrations and the
# city's reference data, runs the command and always takes the cluster away again. Any OS user may be any role in it.
# The command finds WANGLI_ROOT (the project) and WANGLI_TEST_PG, the head of a connection string: "$WANGLI_TEST_PG user=wl_reply".
# WANGLI_TEST_ROAD names one of deploy/roads, or people for the city's own (auto unless told).
# WANGLI_TEST_PG_SETTINGS may add settings, one "-c name=value" after the other. With WANGLI_TEST_PG set already it only runs the command.
set -euo pipefail

WANGLI_ROOT=$(cd "$(dirname "$0")/.." && pwd)
export WANGLI_ROOT
[ $# -gt 0 ] || { echo "usage: $0 COMMAND…" >&2; exit 2; }
[ -z "${WANGLI_TEST_PG:-}" ] || exec "$@"

bin=/usr/lib/postgresql/15/bin
[ -x "$bin/initdb" ] || { echo "$0: PostgreSQL 15 is not installed" >&2; exit 77; }
export PATH="$bin:$PATH"
folder=$(mktemp -d /tmp/wl-pg.XXXXXX)
as_server=()
if [ "$(id -u)" = 0 ]; then
	# PostgreSQL refuses to run as root; nobody exists everywhere and owns nothing.
	chown nobody "$folder"
	as_server=(setpriv --reuid nobody --regid nogroup --clear-groups --)
fi
chmod 755 "$folder"

server() {
	(cd "$folder" && HOME=$folder exec "${as_server[@]}" "$@" 9>&-)
}

# CTest ends a test that takes too long with SIGKILL, and then no trap runs. This guard is nobody's child, sees descriptor 9
# close when the script is gone, and takes away what is left.
mkfifo "$folder/alive"
# shellcheck disable=SC2016 # expanded by the guard's own shell
(setsid bash -c '
	read -r _ <"$1/alive"
	[ ! -f "$1/data/postmaster.pid" ] || kill -QUIT "$(head -n 1 "$1/data/postmaster.pid")"
	rm -rf "$1"' guard "$folder" >/dev/null 2>&1 </dev/null &)
exec 9>"$folder/alive"

# shellcheck disable=SC2317 # called by the trap
finish() {
	if [ -f "$folder/data/postmaster.pid" ]; then
		server pg_ctl -D "$folder/data" -m immediate -w stop >/dev/null 2>&1 || true
	fi
	rm -rf "$folder"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

fail() {
	echo "with_postgres.sh: $1" >&2
	[ ! -s "$folder/log" ] || tail -n 20 "$folder/log" >&2
	exit 1
}

server initdb -D "$folder/data" -U postgres -E UTF8 --locale=C.UTF-8 -A trust -N -k >"$folder/initdb.log" 2>&1 ||
	{ cat "$folder/initdb.log" >&2; fail "initdb failed"; }
# fsync off would be refused by the services, and what tests prove about commits would be worth nothing.
cat >>"$folder/data/postgresql.conf" <<-END
	listen_addresses = ''
	unix_socket_directories = '$folder'
	shared_buffers = 64MB
	max_connections = 60
	max_wal_size = 1GB
	idle_in_transaction_session_timeout = 10s
	jit = off
	lc_messages = 'C'
	timezone = 'UTC'
END
read -r -a more <<<"${WANGLI_TEST_PG_SETTINGS:-}"
server pg_ctl -D "$folder/data" -l "$folder/log" -o "${more[*]}" -w start >/dev/null || fail "PostgreSQL does not start"
psql -X -q -d "host=$folder user=postgres dbname=postgres" -c 'create database wangli' || fail "no database"
export WANGLI_TEST_PG="host=$folder dbname=wangli"
"$WANGLI_ROOT/tools/migrate/wangli-migrate" --root "$WANGLI_ROOT" "$WANGLI_TEST_PG" >/dev/null || fail "migrations failed"
road=(--road "$WANGLI_ROOT/deploy/roads/${WANGLI_TEST_ROAD:-auto}.csv")
[ "${WANGLI_TEST_ROAD:-auto}" != people ] || road=()
"$WANGLI_ROOT/tools/ref/wangli-ref" import --conninfo "$WANGLI_TEST_PG" ${road[@]+"${road[@]}"} \
	"$WANGLI_ROOT/deploy/cities/chengdu" >/dev/null || fail "reference data failed"
psql -X -q -d "$WANGLI_TEST_PG user=wl_deploy" \
	-c "insert into ref.clock (is_simulated) values (${WANGLI_TEST_CLOCK:-true}) on conflict do nothing" || fail "no clock"

status=0
"$@" 9>&- || status=$?
exit "$status"

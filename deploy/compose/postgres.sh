#!/bin/bash
# The database of docker-compose.yml: a cluster in the volume, made at the first start, tuned by the container's memory on each.
# Reached over the inner network only, under TLS, by password (SCRAM); without one by this container's own account over the socket.
# Settings of the operator's own: in the volume's postgresql.conf, below the line that includes wangli.conf; they win.
set -eEuo pipefail

ROOT=/usr/local/lib/wangli
readonly ROOT
# shellcheck source=deploy/script/base.sh
. "$ROOT/deploy/script/base.sh"
# shellcheck source=deploy/script/database.sh
. "$ROOT/deploy/script/database.sh"

readonly LOGIN_FILE=${PG_SUPERUSER_FILE:?PG_SUPERUSER_FILE is not set}
# As database.sh wants to see them; nobody is root here.
readonly PG_DATA=/var/lib/postgresql/15 IS_ROOT=

# What this container may use, in MB: its own limit, under either kind of control groups, or the machine's memory.
memory_mb() {
	local limit machine
	machine=$(awk '/^MemTotal/ { print int($2 / 1024) }' /proc/meminfo)
	limit=$(cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null | head -n 1 || true)
	if [[ $limit =~ ^[0-9]{1,18}$ ]] && [ $((limit / 1048576)) -lt "$machine" ]; then
		echo $((limit / 1048576))
	else
		echo "$machine"
	fi
}

# A quarter for shared buffers, as nothing else runs here.
conf() {
	local mb
	mb=$(memory_mb)
	postgres_settings
	cat <<-END
		listen_addresses = '*'
		unix_socket_directories = '/run/postgresql'
		hba_file = '$PG_DATA/wangli_hba.conf'
		password_encryption = scram-sha-256
		ssl = on
		ssl_cert_file = 'wangli.crt'
		ssl_key_file = 'wangli.key'
		ssl_min_protocol_version = 'TLSv1.2'
		shared_buffers = $((mb / 4))MB
		effective_cache_size = $((mb * 5 / 8))MB
		maintenance_work_mem = $((mb / 16))MB
		max_connections = ${PG_MAX_CONNECTIONS:-200}
		max_wal_size = ${PG_MAX_WAL_SIZE:-2GB}
	END
}

cluster_new() {
	local password
	password=$(sed -n 's/.* password=//p' "$LOGIN_FILE")
	[ -n "$password" ] || fail "no password in $LOGIN_FILE"
	printf '%s\n' "$password" >/tmp/password
	cluster_make --auth-local=peer --auth-host=scram-sha-256 --pwfile=/tmp/password >&2
	rm /tmp/password
}

# A certificate of its own: the password exchange binds itself to it (channel binding), so no authority is needed.
certificate_new() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj /CN=wangli-postgres \
		-keyout "$PG_DATA/wangli.key" -out "$PG_DATA/wangli.crt" 2>/dev/null
	chmod 600 "$PG_DATA/wangli.key"
}

umask 077
[ -d "$PG_DATA" ] || cluster_new
[ -s "$PG_DATA/wangli.crt" ] || certificate_new
conf >"$PG_DATA/wangli.conf"
printf 'local all postgres peer\nhostssl all all all scram-sha-256\n' >"$PG_DATA/wangli_hba.conf"
cluster_check
exec postgres -D "$PG_DATA"

# shellcheck shell=bash
# The system's own PostgreSQL: a cluster in DATA/pg that speaks on a unix socket only and knows people by their OS account.

readonly UNSAFE_OFF=(fsync full_page_writes synchronous_commit) # what PostgreSQL must not be without

# conninfo [DATABASE]. With a standby both servers: whoever connects takes the one that takes writes.
conninfo() {
	if [ -n "${STANDBY_DIR:-}" ]; then
		printf 'host=%s,%s port=5432,5433 target_session_attrs=read-write dbname=%s' "$RUN" "$RUN" "${1:-wangli}"
	else
		printf 'host=%s dbname=%s' "$RUN" "${1:-wangli}"
	fi
}

# psql as a role of the system: sql_as wl_deploy -c …
sql_as() {
	local role=$1
	shift
	PGCONNECT_TIMEOUT=5 psql -X -q -v ON_ERROR_STOP=1 -d "$(conninfo) user=$role" "$@"
}

# Runs a program of PostgreSQL under the account that may.
as_db() {
	if [ -n "$IS_ROOT" ]; then
		setpriv --reuid wangli-db --regid wangli --clear-groups -- "$@"
	else
		"$@"
	fi
}

# A sixteenth of the memory, 128 MB to 2 GB: modest, as other things run here too.
shared_buffers() {
	awk '/^MemTotal/ { mb = int($2 / 1024 / 16); if (mb > 2048) mb = 2048; if (mb < 128) mb = 128; print mb "MB" }' /proc/meminfo
}

# What every cluster of ours runs with, wherever it stands.
postgres_settings() {
	cat <<-'END'
		fsync = on
		synchronous_commit = on
		full_page_writes = on
		idle_in_transaction_session_timeout = 10s
		jit = off
		random_page_cost = 1.1
		timezone = 'Asia/Shanghai'
		log_timezone = 'UTC'
		lc_messages = 'C'
		logging_collector = off
		log_line_prefix = '%m [%p] %q%u@%d '
		log_checkpoints = off
		# Nothing is kept until ./wangli backup says where, in a file of its own; only archive_mode needs a restart.
		archive_mode = on
		archive_command = '/bin/true'
		include_if_exists = 'wangli_archive.conf'
	END
}

# postgres_conf SERVER FOLDER
postgres_conf() {
	cat <<-END
		# Written by ./wangli up. Settings of your own: in postgresql.conf below the line that includes this file.
		listen_addresses = ''
		$([ "$1" = postgres ] || echo "port = $(database_port "$1")")
		unix_socket_directories = '$RUN'
		unix_socket_permissions = 0777
		hba_file = '$2/wangli_hba.conf'
		ident_file = '$2/wangli_ident.conf'
		shared_buffers = $(shared_buffers)
		max_connections = 100
		max_wal_size = 4GB
	END
	postgres_settings
}

# Who may be whom: root, the database's account and the caller anybody; a service's account its own role.
postgres_ident() {
	local user role service
	for user in $(printf '%s\n' "$(id -un)" "$(account_of db)" | sort -u); do
		for role in postgres "${LOGIN_ROLES[@]}"; do
			printf 'wangli\t%s\t%s\n' "$user" "$role"
		done
	done
	[ -n "$IS_ROOT" ] || return 0
	for service in "${SCHEMAS[@]}" watch; do
		printf 'wangli\twangli-%s\twl_%s\n' "$service" "$service"
	done
}

# write_as_db FILE: standard input becomes the file, under the database's account.
write_as_db() {
	cat >"$1.new"
	[ -z "$IS_ROOT" ] || chown wangli-db:wangli "$1.new"
	chmod 600 "$1.new"
	replace_durably "$1"
}

# cluster_make OPTIONS: initdb's, who may log in how.
cluster_make() {
	rm -rf "$PG_DATA.new"
	if [ -n "$IS_ROOT" ]; then
		install -d -m 700 -o wangli-db -g wangli "$PG_DATA.new"
	else
		install -d -m 700 "$PG_DATA.new"
	fi
	(cd / && as_db "$PG_BIN/initdb" -D "$PG_DATA.new" -U postgres -E UTF8 --locale=C.UTF-8 --data-checksums "$@")
	printf "\n# Wangli's settings; whatever follows wins over them.\ninclude 'wangli.conf'\n" >>"$PG_DATA.new/postgresql.conf"
	mv -T "$PG_DATA.new" "$PG_DATA"
}

# cluster_files SERVER: the files that are ours in its folder.
cluster_files() {
	local folder
	folder=$(database_folder "$1")
	postgres_conf "$1" "$folder" | sed '/^$/d' | write_as_db "$folder/wangli.conf"
	postgres_ident | write_as_db "$folder/wangli_ident.conf"
	printf 'local %s peer map=wangli\n' 'all all' ${STANDBY_DIR:+'replication postgres'} | write_as_db "$folder/wangli_hba.conf"
}

# With a standby nothing is made anew: what is missing is a loss, and a person must know.
cluster_ensure() {
	local server
	PG_DATA=$(database_folder "$PRIMARY")
	if [ -z "$STANDBY_DIR" ]; then
		[ -d "$PG_DATA" ] || step 'database: new cluster' cluster_make -A peer
		cluster_files postgres
		return
	fi
	for server in postgres postgres2; do
		is_fenced "$server" || [ -d "$(database_folder "$server")" ] || fail "the folder of $server, $(database_folder "$server"), is gone"
		is_fenced "$server" || cluster_files "$server"
	done
}

# What the files say, whether it runs or not; `postgres -C` does not start anything.
cluster_check() {
	local name value
	for name in "${UNSAFE_OFF[@]}"; do
		value=$(cd / && as_db "$PG_BIN/postgres" -D "$PG_DATA" -C "$name" 2>&1 | tail -n 1) || fail "the settings in $PG_DATA/postgresql.conf are wrong: $value"
		case $name=$value in
		*=off | synchronous_commit=local) fail "$name=$value in $PG_DATA: nothing would be safe there; take that setting out" ;;
		esac
	done
}

database_ensure() {
	local exists server
	server="$(conninfo postgres) user=postgres"
	exists=$(psql -X -At -d "$server" -c "select 1 from pg_database where datname = 'wangli'") || fail 'the database does not answer'
	[ -n "$exists" ] || psql -X -q -d "$server" -c 'create database wangli' || fail 'cannot create the database'
	PGOPTIONS='-c client_min_messages=warning' "$DATA/app/bin/wangli-migrate" "$(conninfo)" || fail 'the migrations failed'
}

# The clock's kind is settled once, at the first up.
clock_ensure() {
	local wanted=false is_simulated
	[ "$CLOCK" != simulated ] || wanted=true
	sql_as wl_deploy -c "insert into ref.clock (is_simulated) values ($wanted) on conflict do nothing"
	is_simulated=$(sql_as wl_deploy -At -c 'select is_simulated::text from ref.clock')
	[ "$is_simulated" = "$wanted" ] || fail "this system was made with is_simulated=$is_simulated; its clock cannot be changed"
}

# Loaded once; later changes are the operator's (./wangli ref import).
reference_ensure() {
	local road=()
	[ "$(sql_as wl_deploy -At -c 'select n from ref.version')" = 0 ] || return 0
	[ "$ROAD" = people ] || road=(--road "$ROOT/deploy/roads/$ROAD.csv")
	"$DATA/app/bin/wangli-ref" import --conninfo "$(conninfo)" ${road[@]+"${road[@]}"} "$CITY" || fail 'the reference data were refused'
}

# The city's articles, put once the services run: by the operator, as later ones are. A system that walks alone (--road auto, for
# tests) answers nothing by itself.
kb_is_wanted() {
	[ "$(sql_as wl_deploy -At -c "select exists (select from ref.road where step = 'answer' and taken_by = 'system')
		and exists (select from ref.road where step = 'accept' and taken_by = 'people')
		and not exists (select from reply.v_kb_article)")" = t ]
}

kb_ensure() {
	kb_is_wanted || return 0
	(cmd_kb import "$CITY/kb.csv") || say 'the knowledge base is not whole; mend the rows named above and put them by ./wangli kb import' >&2
}

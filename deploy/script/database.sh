# shellcheck shell=bash
# The system's own PostgreSQL: a cluster in DATA/pg that speaks on a unix socket only and knows people by their OS account.

readonly UNSAFE_OFF=(fsync full_page_writes synchronous_commit) # what PostgreSQL must not be without

conninfo() {
	printf 'host=%s dbname=wangli' "$RUN"
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

postgres_conf() {
	cat <<-END
		# Written by ./wangli up. Settings of your own: in postgresql.conf below the line that includes this file.
		listen_addresses = ''
		unix_socket_directories = '$RUN'
		unix_socket_permissions = 0777
		hba_file = '$PG_DATA/wangli_hba.conf'
		ident_file = '$PG_DATA/wangli_ident.conf'
		shared_buffers = $(shared_buffers)
		max_connections = 100
		max_wal_size = 4GB
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

# Who may be whom: root, the database's account and the caller anybody; a service's account its own role.
postgres_ident() {
	local user role service
	for user in $(printf '%s\n' "$(id -un)" "$(account_of db)" | sort -u); do
		for role in postgres "${LOGIN_ROLES[@]}"; do
			printf 'wangli\t%s\t%s\n' "$user" "$role"
		done
	done
	[ -n "$IS_ROOT" ] || return 0
	for service in "${SCHEMAS[@]}"; do
		printf 'wangli\twangli-%s\twl_%s\n' "$service" "$service"
	done
}

# write_as_db FILE: standard input becomes the file, under the database's account.
write_as_db() {
	cat >"$1.new"
	[ -z "$IS_ROOT" ] || chown wangli-db:wangli "$1.new"
	chmod 600 "$1.new"
	mv "$1.new" "$1"
}

cluster_make() {
	rm -rf "$PG_DATA.new"
	if [ -n "$IS_ROOT" ]; then
		install -d -m 700 -o wangli-db -g wangli "$PG_DATA.new"
	else
		install -d -m 700 "$PG_DATA.new"
	fi
	(cd / && as_db "$PG_BIN/initdb" -D "$PG_DATA.new" -U postgres -E UTF8 --locale=C.UTF-8 --data-checksums -A peer)
	printf "\n# Wangli's settings; whatever follows wins over them.\ninclude 'wangli.conf'\n" >>"$PG_DATA.new/postgresql.conf"
	mv -T "$PG_DATA.new" "$PG_DATA"
}

cluster_ensure() {
	PG_DATA=$DATA/pg
	[ -d "$PG_DATA" ] || step 'database: new cluster' cluster_make
	postgres_conf | write_as_db "$PG_DATA/wangli.conf"
	postgres_ident | write_as_db "$PG_DATA/wangli_ident.conf"
	printf 'local all all peer map=wangli\n' | write_as_db "$PG_DATA/wangli_hba.conf"
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
	local exists
	exists=$(psql -X -At -d "host=$RUN user=postgres dbname=postgres" -c "select 1 from pg_database where datname = 'wangli'") ||
		fail 'the database does not answer'
	[ -n "$exists" ] || psql -X -q -d "host=$RUN user=postgres dbname=postgres" -c 'create database wangli' || fail 'cannot create the database'
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
kb_ensure() {
	local wanted
	wanted=$(sql_as wl_deploy -At -c "select exists (select from ref.road where step = 'answer' and taken_by = 'system')
		and exists (select from ref.road where step = 'accept' and taken_by = 'people')
		and not exists (select from reply.v_kb_article)")
	[ "$wanted" = t ] || return 0
	(cmd_kb import "$CITY/kb.csv") || say 'the knowledge base is not whole; mend the rows named above and put them by ./wangli kb import' >&2
}

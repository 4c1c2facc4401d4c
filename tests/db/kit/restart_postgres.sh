#!/usr/bin/env bash
# Stops the test's PostgreSQL as a crash would (immediate) and starts it again: restart_postgres.sh
set -euo pipefail

folder=${WANGLI_TEST_PG#host=}
folder=${folder%% *}
as_server=()
[ "$(id -u)" != 0 ] || as_server=(setpriv --reuid nobody --regid nogroup --clear-groups --)
cd "$folder"
HOME=$folder exec "${as_server[@]}" /usr/lib/postgresql/15/bin/pg_ctl \
	-D "$folder/data" -l "$folder/log" -m immediate -w restart >/dev/null

#!/usr/bin/env bash
# Makes the toy's schema in the test's database, as wangli-migrate would, and runs the command: with_toy.sh COMMAND…
# To be called by tests/with_postgres.sh; the login role is wl_toy.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
conninfo="${WANGLI_TEST_PG:?} user=postgres"
psql -X -q -v ON_ERROR_STOP=1 -d "$conninfo" <<-END
	create role wl_toy login;
	create schema toy;
	grant connect on database wangli to wl_toy;
	grant usage on schema toy, ref to wl_toy;
	grant select on ref.clock, ref.version, ref.holiday to wl_toy;
	alter role wl_toy set search_path = toy;
	set search_path = toy;
	create table migration (source text, number int4, is_breaking boolean);
	grant select on migration to wl_toy;
	insert into migration values ('kit', 8, false), ('toy', 2, false);
	\\set login wl_toy
	\\set producer dispatch
	\\i $WANGLI_ROOT/common/kit/sql/migrations/0001_kit.sql
	\\i $WANGLI_ROOT/common/kit/sql/migrations/0002_one_marker.sql
	\\set producer dispatch
	\\i $WANGLI_ROOT/common/kit/sql/migrations/0003_batch_marker.sql
	\\i $WANGLI_ROOT/common/kit/sql/migrations/0004_churn.sql
	\\i $WANGLI_ROOT/common/kit/sql/migrations/0005_due.sql
	\\i $WANGLI_ROOT/common/kit/sql/migrations/0006_rows.sql
	\\set producer dispatch
	\\i $WANGLI_ROOT/common/kit/sql/migrations/0007_parked.sql
	\\i $WANGLI_ROOT/common/kit/sql/migrations/0008_partitions.sql
	set search_path = toy;
	\\i $here/toy/sql/migrations/0001_toy.sql
	\\i $here/toy/sql/migrations/0002_rows.sql
END
exec "$@"

#!/usr/bin/env bash
# The rights that the migrations give, against law 8 and against matrix.txt, where every change is seen by a reader.
# Run by tests/with_postgres.sh. --update writes matrix.txt anew.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
failures=0
planted=0

sql() {
	psql -X -q -v ON_ERROR_STOP=1 -d "$WANGLI_TEST_PG user=postgres" "$@"
}

fail() {
	echo "rights: $1" >&2
	failures=$((failures + 1))
}

# planted STATEMENT WORDS: with this change the laws speak, and of this. Nothing of it stays.
planted() {
	local said
	planted=$((planted + 1))
	said=$(sql -c begin -c "$1" -f "$here/laws.sql" -c rollback) || said="nothing, PostgreSQL refused it"
	[[ $said == *"$2"* ]] || fail "after '$1' the laws should say '$2', but say '${said:-nothing}'"
}

if [ "${1:-}" = --update ]; then
	sql -f "$here/matrix.sql" >"$here/matrix.txt"
	exit 0
fi

breaches=$(sql -f "$here/laws.sql")
[ -z "$breaches" ] || fail "law 8 is broken:"$'\n'"$breaches"
sql -f "$here/matrix.sql" | diff -u "$here/matrix.txt" - >&2 ||
	fail "not as in matrix.txt; when the change is meant: tests/with_postgres.sh tests/db/rights/test_rights.sh --update"

planted 'grant select on reply.case_file to wl_intake' 'intake may read reply.case_file'
planted 'grant select (state) on reply.case_file to wl_intake' 'intake may read reply.case_file'
planted 'grant insert on intake.case_file to wl_deploy' 'deploy may write intake.case_file'
planted 'grant update (state) on reply.case_file to wl_check' 'check may write reply.case_file'
planted 'grant delete on ref.org to wl_reply' 'reply may write ref.org'
planted 'grant truncate on reply.case_file to wl_reply' 'reply may truncate'
planted 'grant wl_reply_owner to wl_intake' 'wl_intake is a member of wl_reply_owner'
planted 'grant pg_read_all_stats to wl_reply' 'wl_reply is a member of pg_read_all_stats'
planted 'grant pg_read_all_data to wl_watch' 'wl_watch is a member of pg_read_all_data'
planted 'grant select on analytics.case_file to wl_watch' 'watch may read analytics.case_file'
planted 'alter role wl_reply createrole' 'wl_reply has powers beyond its grants'
planted 'alter role wl_reply_owner login' 'wl_reply_owner owns tables and may log in'
planted 'grant create on schema reply to wl_reply' 'wl_reply may create in schema reply'
planted 'grant temporary on database wangli to wl_reply' 'wl_reply may create temporary tables'
planted 'grant create on database wangli to wl_deploy' 'wl_deploy may create schemas'
planted 'create table reply.stray (n int4)' 'reply.stray does not belong to wl_reply_owner'
planted 'create function reply.stray() returns int4 language sql as $$ select 1 $$' 'everybody may execute reply.stray'
planted 'create function reply.stray() returns int4 language sql security definer as $$ select 1 $$' \
	'reply.stray acts as its owner without a search_path'
planted 'create function reply.stray() returns trigger language plpgsql as $$ begin return new; end $$;
	create trigger stray before insert on reply.case_file execute function reply.stray()' 'reply.case_file has the trigger stray'
planted 'create table reply.part (n int4) partition by list (n);
	create table reply.part_1 partition of reply.part for values in (1);
	grant select on reply.part_1 to wl_reply' 'reply may use the partition reply.part_1'

[ "$failures" -eq 0 ] || exit 1
echo "rights: $(($(wc -l <"$here/matrix.txt") - 1)) objects, $planted planted breaches seen"

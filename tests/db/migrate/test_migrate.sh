#!/usr/bin/env bash
# wangli-migrate and wangli-ref on a real database: again changes nothing, a new file is applied once, and what is refused leaves
# nothing behind. Run by tests/with_postgres.sh.
set -euo pipefail

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
for part in common/kit/sql services/{intake,dispatch,reply,followup,analytics}/sql deploy/ref deploy/cities tools/migrate; do
	mkdir -p "$root/$(dirname "$part")"
	cp -r "$WANGLI_ROOT/$part" "$root/$part"
done
readonly reply=$root/services/reply/sql/migrations
failed=0

migrate() {
	"$WANGLI_ROOT/tools/migrate/wangli-migrate" --root "$root" "$WANGLI_TEST_PG" 2>&1
}

value() {
	psql -X -At -v ON_ERROR_STOP=1 -d "$WANGLI_TEST_PG user=postgres" -c "$1"
}

# expect WHAT WANTED GOT
expect() {
	[ "$2" = "$3" ] && return 0
	printf '%s: want %s, got %s\n' "$1" "$2" "$3"
	failed=1
}

# expect_refusal WHAT PART-OF-THE-SENTENCE
expect_refusal() {
	local said status=0
	said=$(migrate) || status=$?
	expect "$1, exit code" 1 "$([ "$status" = 0 ] && echo 0 || echo 1)"
	[[ $said == *"$2"* ]] || expect "$1, sentence" "$2" "$said"
}

last=$(find "$reply" -name '*.sql' | wc -l)
next=$(printf %04d $((last + 1)))
after=$(printf %04d $((last + 2)))

expect 'again changes nothing' '' "$(migrate)"

echo 'create table toy (n int4 primary key); grant select on toy to :"login";' >"$reply/${next}_toy.sql"
expect 'a new file is applied' "applied reply.reply ${next}_toy" "$(migrate)"
expect 'and only once' '' "$(migrate)"
expect 'under the owner, for the login role alone' 'wl_reply_owner true false' \
	"$(value "select tableowner || ' ' || has_table_privilege('wl_reply', 'reply.toy', 'select')::text || ' ' ||
		has_table_privilege('wl_intake', 'reply.toy', 'select')::text from pg_tables where schemaname = 'reply' and tablename = 'toy'")"

echo '-- a remark' >>"$reply/${next}_toy.sql"
expect_refusal 'a file that changed' 'changed after it was applied'
sed -i '$d' "$reply/${next}_toy.sql"
expect 'as before it is accepted' '' "$(migrate)"

printf 'create table half (n int4);\ncreate table toy (n int4);\n' >"$reply/${after}_half.sql"
expect_refusal 'a file that fails' "${after}_half.sql:2"
expect 'leaves nothing of itself' '' "$(value "select 1 from pg_tables where tablename = 'half'")"
rm "$reply/${after}_half.sql"

echo 'select 1;' >"$reply/$(printf %04d $((last + 3)))_hole.sql"
expect_refusal 'a hole in the numbers' "want number $after"
rm "$reply/$(printf %04d $((last + 3)))_hole.sql"

echo 'select 1;' >"$reply/toy.sql"
expect_refusal 'a name without a number' 'want NNNN_what.sql'
rm "$reply/toy.sql"

mv "$reply/${next}_toy.sql" "$root/kept"
expect 'a newer database is accepted' '' "$(migrate)"
printf -- '-- breaking\ncreate table broken (n int4);\n' >"$reply/${after}_broken.sql"
mv "$root/kept" "$reply/${next}_toy.sql"
# Somebody serves: a session that ends when its input does.
mkfifo "$root/serving"
PGUSER=wl_dispatch psql -X -q -At -d "$WANGLI_TEST_PG user=wl_dispatch" <"$root/serving" >"$root/served" &
exec 7>"$root/serving"
echo "select 'here';" >&7
until [ -s "$root/served" ]; do :; done
expect_refusal 'a breaking file while a service runs' 'dispatch still run as an older release'
expect 'which changes nothing' '' "$(value "select 1 from pg_tables where tablename = 'broken'")"
exec 7>&-
wait $!
until [ -z "$(value "select 1 from pg_stat_activity where usename = 'wl_dispatch'")" ]; do :; done
expect 'a breaking file is applied' "applied reply.reply ${after}_broken" "$(migrate)"
rm "$reply/${after}_broken.sql"
expect_refusal 'a database that a newer breaking file has seen' 'marked breaking'

# Reference data: the version counts up only when something changed, and a bad row loads nothing.
load() {
	"$WANGLI_ROOT/tools/ref/wangli-ref" import --conninfo "$WANGLI_TEST_PG" "$root/deploy/cities/chengdu" 2>&1
}
load >/dev/null # with_postgres.sh loaded the road of tests; this is the city's
version=$(value 'select n from ref.version')
load >/dev/null
expect 'the same data, the same version' "$version" "$(value 'select n from ref.version')"
echo '2031-02-03,off,测试' >>"$root/deploy/cities/chengdu/holidays.csv"
load >/dev/null
expect 'a new row, a new version' "$((version + 1)) 1" \
	"$(value "select n || ' ' || (select count(*) from ref.holiday where day = '2031-02-03') from ref.version")"
sed -i '$d' "$root/deploy/cities/chengdu/holidays.csv"
echo '2031-02-30,off,测试' >>"$root/deploy/cities/chengdu/holidays.csv"
! load >/dev/null || expect 'a bad row' refused loaded
expect 'a bad row loads nothing' "$((version + 1)) 1" \
	"$(value "select n || ' ' || (select count(*) from ref.holiday where day = '2031-02-03') from ref.version")"
exit "$failed"

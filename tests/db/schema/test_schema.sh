#!/usr/bin/env bash
# What all migrations together make of each schema, compared with its schema.sql, so that a reader sees the tables of today in
# one file. Rights are the business of tests/db/rights. Run by tests/with_postgres.sh; update.sh writes the files anew.
set -euo pipefail

failures=0

# Version numbers and the random key of newer dumps say nothing about the schema.
dump() {
	local text
	text=$(pg_dump -d "$WANGLI_TEST_PG user=postgres" --schema-only --no-owner --no-privileges --schema="$1" |
		grep -Ev '^(--.*|\\(un)?restrict .*|SET .*|SELECT pg_catalog\.set_config.*)$' | cat -s)
	printf -- '-- What the migrations make of schema %s; written by tests/db/schema/update.sh.\n%s\n' "$1" "$text"
}

for schema in intake dispatch reply followup analytics portal ref; do
	file="$WANGLI_ROOT/services/$schema/sql/schema.sql"
	[ "$schema" != ref ] || file="$WANGLI_ROOT/deploy/ref/schema.sql"
	if [ "${1:-}" = --update ]; then
		dump "$schema" >"$file"
	elif ! dump "$schema" | diff -u "$file" - >&2; then
		echo "schema: $file is not what the migrations make; when they are right: tests/db/schema/update.sh" >&2
		failures=$((failures + 1))
	fi
done
[ "$failures" -eq 0 ] || exit 1

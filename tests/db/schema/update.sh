#!/usr/bin/env bash
# Writes services/*/sql/schema.sql and deploy/ref/schema.sql anew from the migrations.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
exec "$here/../../with_postgres.sh" "$here/test_schema.sh" --update

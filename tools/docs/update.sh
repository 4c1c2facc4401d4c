#!/usr/bin/env bash
# Prints docs/messages.md, docs/states.md, docs/metrics.md and docs/asyncapi.yaml anew from the tables in the code.
set -euo pipefail
exec python3 "$(dirname "${BASH_SOURCE[0]}")/print_docs.py" --write

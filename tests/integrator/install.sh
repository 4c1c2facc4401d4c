#!/usr/bin/env bash
# install.sh FOLDER: the npm packages of these tests by their lock file, and beside them the sample as an integrator would copy it. npm asks
# the registry that the machine is set up with, and trusts what NODE_EXTRA_CA_CERTS or its own cafile names; scripts of packages do not run.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
folder=$1
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
	echo 'SKIP: Node.js or npm is not installed (deploy/packages/pages.list)'
	exit 77
fi

# What is tested is what the sample's own lock file names.
python3 - "$here/package-lock.json" "$root/sdk/node/package-lock.json" <<'PYTHON'
import json
import sys

ours, samples = (json.load(open(path, encoding="utf-8"))["packages"] for path in sys.argv[1:])
wrong = [name for name, one in samples.items() if name and ours.get(name, {}).get("integrity") != one["integrity"]]
sys.exit(f"tests/integrator and sdk/node lock different packages: {', '.join(wrong)}" if wrong else 0)
PYTHON

mkdir -p "$folder"
exec 8>"$folder/.lock"
flock 8
cp "$here"/package.json "$here"/package-lock.json "$here"/.npmrc "$folder"
lock=$(cat "$here"/package-lock.json "$here"/.npmrc | sha256sum | cut -c1-16)
if [ "$(cat "$folder/.installed" 2>/dev/null)" != "$lock" ]; then
	rm -f "$folder/.installed"
	(cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund)
	echo "$lock" >"$folder/.installed"
fi
rm -rf "$folder/sdk-node" "$folder/tests"
mkdir -p "$folder/sdk-node/proto" "$folder/tests"
cp "$root"/sdk/node/*.mjs "$folder/sdk-node"
cp "$root"/proto/door.proto "$root"/proto/envelope.proto "$folder/sdk-node/proto"
cp "$here"/*.mjs "$folder/tests"

#!/usr/bin/env bash
# Rules, configurations and the unit tests of every alert, by Prometheus' and Alertmanager's own tools.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
cd "$here/../../deploy/monitoring"
for tool in promtool amtool; do
	if ! command -v "$tool" >/dev/null; then
		echo "SKIP: no $tool here (./wangli test monitoring installs it)"
		exit 77
	fi
done
promtool check rules rules/*.yml
for config in prometheus.*.yml; do
	promtool check config "$config"
done
amtool check-config alertmanager.sample.yml
(cd tests && promtool test rules ./*.test.yml)
# A rule that never fires must be seen by its test.
broken=$(mktemp -d)
trap 'rm -rf "$broken"' EXIT
cp -r rules tests "$broken"
sed -i 's/ > 900$/ > 90000/; s/> 900'\''/> 90000'\''/' "$broken/rules/letters.rules.yml"
if (cd "$broken/tests" && promtool test rules letters.test.yml) >"$broken/said" 2>&1; then
	echo 'a rule was broken and its test did not see it' >&2
	exit 1
fi
grep -q BacklogStuck "$broken/said"
echo 'the planted fault was seen'

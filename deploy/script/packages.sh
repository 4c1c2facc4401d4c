# shellcheck shell=bash
# Debian's packages: only what is missing, without questions, without what is merely recommended, and without Debian starting
# servers of its own. What is put in its way for that is taken away again.

readonly POLICY=/usr/sbin/policy-rc.d
readonly NO_CLUSTER=/etc/postgresql-common/createcluster.d/wangli.conf

require_debian() {
	local ID='' VERSION_ID=''
	# shellcheck source=/dev/null
	[ ! -r /etc/os-release ] || . /etc/os-release
	[ "$ID $VERSION_ID" = 'debian 12' ] || fail "this is ${ID:-an unknown system} ${VERSION_ID}; Wangli runs on Debian 12"
}

# The lists' packages that are not installed, one a line.
packages_missing() {
	local wanted there
	wanted=$(for list in "$@"; do grep -v '^#' "$ROOT/deploy/packages/$list.list"; done | sort -u)
	# dpkg-query complains of names that it never heard of; they are missing like the others.
	# shellcheck disable=SC2016,SC2086 # dpkg's own placeholders; one word a package
	there=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' $wanted 2>/dev/null |
		awk '$2 == "installed" { print $1 }' | sort -u) || true
	comm -23 <(printf '%s\n' "$wanted") <(printf '%s\n' "$there")
}

# packages_install NAME…: in a subshell, so that the trap is its own.
packages_install() (
	export DEBIAN_FRONTEND=noninteractive
	if [ -e "$POLICY" ]; then
		mv "$POLICY" "$POLICY.wangli"
	fi
	printf '#!/bin/sh\n# Put here by ./wangli for the time of an installation.\nexit 101\n' >"$POLICY"
	chmod 755 "$POLICY"
	mkdir -p "$(dirname "$NO_CLUSTER")"
	echo 'create_main_cluster = false' >"$NO_CLUSTER"
	trap 'rm -f "$POLICY" "$NO_CLUSTER"; [ ! -e "$POLICY.wangli" ] || mv "$POLICY.wangli" "$POLICY"' EXIT
	apt-get update
	apt-get install --yes --no-install-recommends -o Dpkg::Options::=--force-confold "$@"
)

# Makes sure of the packages of some lists: packages_ensure run build.
packages_ensure() {
	local missing=()
	mapfile -t missing < <(packages_missing "$@")
	[ ${#missing[@]} -gt 0 ] || return 0
	[ -n "$IS_ROOT" ] || fail "packages are missing and only root can install them: ${missing[*]}"
	[ -w /var/lib/dpkg ] || fail "no right to install packages: /var/lib/dpkg is read-only"
	step "packages: installing ${#missing[@]}" packages_install "${missing[@]}"
}

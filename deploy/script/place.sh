# shellcheck shell=bash
# Where a system lives and as whom: accounts, the data folder, the folder for sockets.

# What grows in DATA; less free space than this is a disk that is full before long.
readonly FREE_KIB_LEAST=$((1024 * 1024))

accounts_make() {
	local name
	[ -n "$IS_ROOT" ] || return 0
	getent group wangli >/dev/null || groupadd --system wangli || fail 'no right to make the group wangli'
	for name in db webhook "${SERVICES[@]}"; do
		getent passwd "wangli-$name" >/dev/null ||
			useradd --system --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin --gid wangli "wangli-$name" ||
			fail "no right to make the account wangli-$name"
	done
}

# Whether the accounts can walk to the nearest part of a path that exists.
is_reachable() {
	local path=$1
	while [ ! -e "$path" ]; do
		path=$(dirname "$path")
	done
	setpriv --reuid wangli-db --regid wangli --clear-groups -- test -x "$path"
}

# DATA itself; a link to /var/lib where the accounts cannot reach it, as in a clone under /root.
data_make() {
	local elsewhere=/var/lib/wangli/$SYSTEM_ID
	if [ -n "$IS_ROOT" ] && ! is_reachable "$(realpath -m "$DATA")"; then
		[ ! -d "$DATA" ] || rmdir "$DATA" 2>/dev/null || fail "the accounts of the services cannot reach $DATA, and it is not empty"
		mkdir -p "$elsewhere" "$(dirname "$DATA")" || fail "cannot make $elsewhere"
		ln -sfn "$elsewhere" "$DATA"
		say "data: $DATA is a link to $elsewhere, which the services can reach"
	fi
	mkdir -p "$DATA" 2>/dev/null || fail "cannot make $DATA"
	[ -w "$DATA" ] || fail "cannot write to $DATA"
	# From here on by its real name: the accounts cannot follow a link that lies where they cannot go.
	DATA=$(realpath "$DATA")
	chmod 755 "$DATA"
}

disk_check() {
	local path=$1 free
	while [ ! -e "$path" ]; do
		path=$(dirname "$path")
	done
	free=$(df -Pk "$path" | awk 'NR == 2 { print $4 }')
	[ "$free" -ge "$FREE_KIB_LEAST" ] || fail "the disk of $1 is full: $((free / 1024)) MiB free, at least $((FREE_KIB_LEAST / 1024)) wanted"
}

# Where attachments are kept: media's alone.
objects_make() {
	install -d -m 700 "$DATA/objects"
	[ -z "$IS_ROOT" ] || chown "$(account_of media):wangli" "$DATA/objects"
}

# The sockets' folder: every service makes sockets in it, nobody removes another's.
run_make() {
	if [ -n "$IS_ROOT" ]; then
		install -d -m 755 /run/wangli && install -d -m 1770 -o root -g wangli "$RUN"
	else
		install -d -m 700 "$RUN"
	fi || fail "cannot make $RUN"
}

# Whether somebody listens on a TCP port of this machine; reads the kernel's table, so that no tool is needed.
is_port_taken() {
	cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
		awk -v port="$(printf '%04X' "$1")" '$4 == "0A" && $2 ~ (":" port "$") { found = 1 } END { exit !found }'
}

ports_check() {
	local port
	for port in "$1" $(($1 + 1)) $(($1 + 2)) $(($1 + 3)); do
		! is_port_taken "$port" || fail "port $port is taken (a system needs $1 to $(($1 + 3))); choose another with --port"
	done
}

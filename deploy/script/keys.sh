# shellcheck shell=bash
# The keys of a system, under DATA/keys: each secret readable by the one account that uses it (law 13), the public halves by all.
#   bus.key bus.pub       the broker's          door.key door.pub    the door's, for integrators
#   SERVICE.key           each service's on the bus, with peers/SERVICE.pub for the broker; operator and peers/cli.pub: ours
#   vault vault.pub       opens contact data: intake alone; the public half is for every integrator
#   querycode             makes the citizens' query codes: intake alone
#   objects.key           authenticates rights and tickets of attachments: media; objects.intake.key: the same for intake
#   portal.secret         signs the portal's cookies: portal alone
#   channels/NAME         integrators' keys that this machine uses itself; NAME.old: the one before `channel rotate`

# key_make KIND FILE ACCOUNT
key_make() {
	"$DATA/app/bin/wangli-keys" "$1" "$DATA/keys/$2" || fail "cannot make the key $2"
	[ -z "$IS_ROOT" ] || chown "$3:wangli" "$DATA/keys/$2"
	chmod 600 "$DATA/keys/$2"
}

# key_publish VERB FILE PUBLIC
key_publish() {
	local text
	text=$("$DATA/app/bin/wangli-keys" "$1" "$DATA/keys/$2") || fail "the key $2 is damaged"
	[ "$(cat "$DATA/keys/$3" 2>/dev/null)" = "$text" ] && return 0
	printf '%s\n' "$text" >"$DATA/keys/$3.new"
	chmod 644 "$DATA/keys/$3.new"
	replace_durably "$DATA/keys/$3"
}

# key_copy FROM TO ACCOUNT: what a power cut left of an earlier copy is made anew; one that was restored has its owner to get.
key_copy() {
	if ! cmp -s "$DATA/keys/$1" "$DATA/keys/$2"; then
		(umask 077 && cp "$DATA/keys/$1" "$DATA/keys/$2.new")
		replace_durably "$DATA/keys/$2"
	fi
	[ -z "$IS_ROOT" ] || chown "$3:wangli" "$DATA/keys/$2"
}

keys_make() {
	local service
	install -d -m 755 "$DATA/keys" "$DATA/keys/peers"
	install -d -m 700 "$DATA/keys/channels"
	key_make bus bus.key "$(account_of bus)"
	key_publish pub bus.key bus.pub
	key_make bus door.key "$(account_of edge)"
	key_publish pub door.key door.pub
	for service in edge media "${SCHEMAS[@]}"; do
		key_make bus "$service.key" "$(account_of "$service")"
		key_publish pub "$service.key" "peers/$service.pub"
	done
	key_make bus operator "$(id -un)"
	key_publish pub operator peers/cli.pub
	key_make vault vault "$(account_of intake)"
	key_publish vault-pub vault vault.pub
	key_make random querycode "$(account_of intake)"
	key_make random objects.key "$(account_of media)"
	# The same for intake, which reads tickets; each has a file of its own, so that nobody else can read either.
	key_copy objects.key objects.intake.key "$(account_of intake)"
	key_make random portal.secret "$(account_of portal)"
}

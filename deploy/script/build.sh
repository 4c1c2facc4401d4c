# shellcheck shell=bash
# The release build and its installation: DATA/app is a link to DATA/apps/<digest of the sources>, so that nothing is built
# that is there already and a running program is never written over. Tests install another preset by WANGLI_PRESET.

readonly PRESET=${WANGLI_PRESET:-release}

source_digest() {
	(
		cd "$ROOT" || exit
		echo "$PRESET"
		find CMakeLists.txt CMakePresets.json cmake common proto sdk services tools deploy/cities deploy/ref \
			-type f -not -name '*.pyc' -not -name '*.md' -print0 |
			LC_ALL=C sort -z | xargs -0 sha256sum
	) | sha256sum | cut -c1-16
}

# build_preset PRESET: one at a time, as two systems may come up side by side.
build_preset() {
	cd "$ROOT" || return
	mkdir -p "build/$1"
	exec 8>"build/$1/.lock"
	flock 8
	cmake --preset "$1"
	cmake --build --preset "$1"
	exec 8>&-
}

install_preset() {
	local target=$1 strip=--strip
	[ "$PRESET" = release ] || strip=
	rm -rf "$target.new"
	cmake --install "$ROOT/build/$PRESET" --prefix "$target.new" $strip
	chmod -R go+rX "$target.new"
	mv -T "$target.new" "$target"
	ln -sfn "$target" "$DATA/app"
}

# Builds and installs when the sources changed; what older builds left goes once nothing runs from it.
app_ensure() {
	local digest target
	digest=$(source_digest)
	target=$DATA/apps/$digest
	[ -d "$target" ] && [ "$(readlink -f "$DATA/app")" = "$target" ] && return 0
	mkdir -p "$DATA/apps"
	if [ ! -d "$target" ]; then
		step 'build (some minutes the first time)' build_preset "$PRESET"
		step 'install' install_preset "$target"
	fi
	ln -sfn "$target" "$DATA/app"
}

app_prune() {
	local keep old
	keep=$(readlink -f "$DATA/app")
	for old in "$DATA"/apps/*; do
		[ "$(readlink -f "$old")" = "$keep" ] || rm -rf "$old"
	done
}

# shellcheck shell=bash
# The release build and its installation: DATA/app is a link to DATA/apps/<digest of the sources>, so that nothing is built
# that is there already and a running program is never written over.

source_digest() {
	(
		cd "$ROOT"
		find CMakeLists.txt CMakePresets.json cmake common proto sdk services tools deploy/cities deploy/ref \
			-type f -not -name '*.pyc' -not -name README.md -print0 |
			LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c1-16
	)
}

build_release() {
	cd "$ROOT"
	cmake --preset release
	cmake --build --preset release
}

install_release() {
	local target=$1
	rm -rf "$target.new"
	cmake --install "$ROOT/build/release" --prefix "$target.new" --strip
	chmod -R go+rX "$target.new"
	mv -T "$target.new" "$target"
	ln -sfn "$target" "$DATA/app"
}

# Builds and installs when the sources changed; what older builds left goes once nothing runs from it.
app_ensure() {
	local digest target
	digest=$(source_digest)
	target=$(realpath -m "$DATA")/apps/$digest
	[ -d "$target" ] && [ "$(readlink -f "$DATA/app")" = "$target" ] && return 0
	mkdir -p "$DATA/apps"
	if [ ! -d "$target" ]; then
		step 'build (some minutes the first time)' build_release
		step 'install' install_release "$target"
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

# shellcheck shell=bash
# The release build and its installation: DATA/app is a link to DATA/apps/<digest of the sources>, so that nothing is built
# that is there already and a running program is never written over. Tests install another preset by WANGLI_PRESET.

readonly PRESET=${WANGLI_PRESET:-release}

source_digest() {
	(
		cd "$ROOT" || exit
		echo "$PRESET"
		find CMakeLists.txt CMakePresets.json cmake common proto sdk services tools deploy/cities deploy/ref web \
			\( -name node_modules -o -name dist \) -prune -o -type f -not -name '*.pyc' -not -name '*.md' -print0 |
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

# The pages, built beside their sources: build/web. npm asks the registry that the machine is set up with, and trusts what
# NODE_EXTRA_CA_CERTS or npm's own cafile names; scripts of packages do not run.
build_pages() {
	local lock
	cd "$ROOT" || return
	mkdir -p build/web
	exec 8>build/web/.lock
	flock 8
	find build/web -mindepth 1 -maxdepth 1 -not -name node_modules -not -name '.lock' -not -name '.installed' -exec rm -rf {} +
	(cd web && tar -c --exclude=./node_modules --exclude=./dist .) | tar -x -C build/web
	cd build/web || return
	lock=$(cat package-lock.json .npmrc | sha256sum | cut -c1-16)
	if [ "$(cat .installed 2>/dev/null)" != "$lock" ]; then
		rm -f .installed
		npm ci --ignore-scripts --no-audit --no-fund
		echo "$lock" >.installed
	fi
	npm run build
	exec 8>&-
}

# Any Node.js from 18 on will do; a machine without one gets Debian's.
node_ensure() {
	command -v node >/dev/null && command -v npm >/dev/null || packages_ensure pages
	node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 18 ? 0 : 1)' ||
		fail "Node.js $(node --version) is too old to build the pages; 18 or newer is wanted"
}

install_preset() {
	local target=$1 strip=--strip
	[ "$PRESET" = release ] || strip=
	rm -rf "$target.new"
	cmake --install "$ROOT/build/$PRESET" --prefix "$target.new" $strip
	cp -r "$ROOT/build/web/dist" "$target.new/share/wangli/web"
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
		node_ensure
		step 'build (some minutes the first time)' build_preset "$PRESET"
		step 'pages' build_pages
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

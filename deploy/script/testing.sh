# shellcheck shell=bash
# ./wangli test: configure, build, run, and close with CTest's summary.

# Fuzzers want clang, so they are a build of their own: five seconds each, or with --long ten minutes.
test_fuzz() {
	packages_ensure build test ci
	step 'clang build (some minutes the first time)' build_preset clang
	set -- --test-dir "$ROOT/build/clang" --output-on-failure --no-tests=error --label-regex '^fuzz$' "$@"
	exec nice -n 19 ctest --parallel 2 "$@"
}

cmd_test() {
	local labels=() long='' pattern=''
	case ${1:-} in
	container | compose)
		packages_ensure "$1"
		exec "$ROOT/tests/$1/run.sh" "${@:2}"
		;;
	esac
	while [ $# -gt 0 ]; do
		case $1 in
		--long) long=yes ;;
		-*) fail "test does not know '$1'" ;;
		*) labels+=("$1") ;;
		esac
		shift
	done
	# Tests that take long carry the label, or look at the variable and do more.
	[ -z "$long" ] || export WANGLI_LONG=1
	if [ "${labels[*]-}" = fuzz ]; then
		test_fuzz
	fi
	packages_ensure build test
	node_ensure # of the pages that a system under test is built with, and of the integrator in Node.js
	# A browser is large, and so is Prometheus: they are installed when their tests are named; otherwise a named skip.
	! is_member web ${labels[@]+"${labels[@]}"} || packages_ensure web
	! is_member monitoring ${labels[@]+"${labels[@]}"} || packages_ensure monitoring
	step 'test build (some minutes the first time)' build_preset dev
	set -- --test-dir "$ROOT/build/dev" --output-on-failure --parallel "$(nproc)" --no-tests=error
	if [ ${#labels[@]} -gt 0 ]; then
		pattern=$(IFS='|' && echo "${labels[*]}")
		set -- "$@" --label-regex "^($pattern)\$"
	fi
	[ -n "$long" ] || set -- "$@" --label-exclude '^long$'
	exec ctest "$@"
}

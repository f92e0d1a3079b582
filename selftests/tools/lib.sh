# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by the tests of the tools, after tools/lib.sh.
# shellcheck source=selftests/ktap.sh
. "$(dirname "${BASH_SOURCE[0]}")/../ktap.sh"
work=$temporary
collect

check() { run_test "$1" expect "${@:2}"; } # NAME STATUS EXTENDED-REGEX-FOR-THE-OUTPUT COMMAND...
expect() {
	local expected=$1 pattern=$2 status=0
	shift 2
	"$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
	if ((status == expected)) && { [[ ! $pattern ]] || grep -qE -- "$pattern" "$work/out" "$work/err"; }; then return; fi
	echo "status $status"
	tail -n 5 "$work/out" "$work/err"
	return 1
}

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by the tests that run on the host, after tools/lib.sh: the kernel's helpers that write KTAP, and what they lack. Makes
# $temporary, a folder that is removed at the end.
# shellcheck disable=SC2154 # tools/lib.sh has it
helpers=$("$checkout/tools/kernel" harness)/tools/testing/selftests/kselftest/ktap_helpers.sh
# shellcheck source=/dev/null
. "$helpers"
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT

plan() { ktap_print_header; ktap_set_plan "$1"; } # NUMBER OF TESTS

# Before tests that nobody has counted: hold their results back until report, which is the last command.
collect() { exec {ktap_stdout}>&1 >"$temporary/results"; }
report() {
	exec >&"$ktap_stdout"
	plan $((KTAP_TESTNO - 1))
	cat "$temporary/results"
	ktap_finished
}

# Run a command as a test, and print its output if it fails.
run_test() { # NAME COMMAND...
	if "${@:2}" >"$temporary/said" 2>&1; then
		ktap_test_pass "$1"
	else
		sed 's/^/# /' "$temporary/said"
		ktap_test_fail "$1"
	fi
}
# The result of a test that passes if nothing is wrong.
result() { run_test "$1" is_empty "$2"; } # NAME WHAT-IS-WRONG
is_empty() { echo "$1"; [[ ! $1 ]]; }

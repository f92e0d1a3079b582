# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by the tests of the tools, after tools/lib.sh. Makes $work, a folder that is removed at the end.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

plan=0 results=
check() { # NAME STATUS EXTENDED-REGEX-FOR-THE-OUTPUT COMMAND...
	local name=$1 expected=$2 pattern=$3 status=0 verdict=ok
	shift 3
	: $((plan += 1))
	"$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
	if ((status != expected)) || { [[ $pattern ]] && ! grep -qE -- "$pattern" "$work/out" "$work/err"; }; then
		verdict='not ok'
	fi
	[[ $verdict == ok ]] || results+=$(sed 's/^/# /' <<<"status $status, $(tail -n 5 "$work/out" "$work/err")")$'\n'
	results+="$verdict $plan $name"$'\n'
}
report() { # the last command of a test
	printf 'KTAP version 1\n1..%s\n%s' "$plan" "$results"
	[[ $results != *'not ok'* ]]
}

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by the tests of the Rust side: where there is none, they are skipped.
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

why_not=$("$checkout/tools/kernel" rust 2>&1 >/dev/null)
if [[ $why_not ]]; then
	printf '%s\n' "KTAP version 1" "1..1" "ok 1 rust # SKIP $why_not"
	exit
fi

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034 # used by the scripts that source this file
# Sourced by the tests that run in a VM: on the stock kernel or, with --on KERNEL, on that kernel of tools/debug-kernel.
. "$(dirname "${BASH_SOURCE[0]}")/../tools/lib.sh"
out=$checkout/build/$("$checkout/tools/kernel" release) # folder of the test programs
modules=$out
vm=("$checkout/tools/vm")
kmake=("$checkout/tools/kmake")
stock=y on=
memory=1024 # of the VM, in MiB
if [[ ${1-} == --on ]]; then
	if [[ $("$checkout/tools/kernel" rust 2>/dev/null) != yes ]]; then
		printf '%s\n' "KTAP version 1" "1..1" "ok 1 debug # SKIP the debug kernel is of a series that has Rust"
		exit
	fi
	on=$2
	kernel=$("$checkout/tools/debug-kernel" "$on")
	modules=$kernel/mm/vmremap
	# It is eight times as slow as the stock kernel.
	scale=$((8 * ${VMREMAP_TIMEOUT_SCALE:-1}))
	vm=(env "VMREMAP_TIMEOUT_SCALE=$scale" "${vm[@]}" --kernel "$kernel/vmlinux")
	[[ $on != kmsan ]] || memory=3072 # of which it takes two thirds for itself
	vm+=(--mem "$memory")
	kmake+=(ON="$on")
	stock=
	shift 2
fi

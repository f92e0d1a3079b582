# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by the tests of vmremap in a kernel tree.

cross=() config=allnoconfig

# Compile only these targets, with the arguments of make in 'cross', and in a kernel that is configured by the target 'config'. UML
# and the debug kernel show that a whole kernel links.
compile() { # TREE OUT ARCH TARGETS SETTING...
	local tree=$1 out=$2 arch=$3 targets setting
	read -ra targets <<<"$4"
	shift 4
	mkdir -p "$out"
	printf 'CONFIG_%s\n' "$@" >"$out.settings"
	tools/enter make -C "$tree" O="$out" ARCH="$arch" "${cross[@]}" KCONFIG_ALLCONFIG="$out.settings" -s "$config"
	for setting; do
		[[ $setting == *=n ]] || grep -qx "CONFIG_$setting" "$out/.config" || { echo "no $setting"; return 1; }
	done
	tools/enter make -C "$tree" O="$out" ARCH="$arch" "${cross[@]}" KCFLAGS=-Werror -s -j"$(nproc)" "${targets[@]}"
}

# Run the functions as tests.
run_tests() { # FUNCTION...
	local test
	plan $#
	for test; do run_test "$test" "$test"; done
	ktap_finished
}

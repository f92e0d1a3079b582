# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154
# Sourced by 'run --all': what the robots that read the kernel's mailing lists check, and what the patched kernels do.

# As modules of the stock kernel, whose costs are printed.
converted_users_do_what_they_did() {
	in_tree checkout --quiet users || return
	in_tree diff --name-only d..users -- '*.c' >"$work/converted"
	CONVERTED="$work/converted" TREE="$tree" PORT=selftests/series/converted selftests/callers/run videobuf2 alsa rdma \
		>"$work/users" || { cat "$work/users"; return 1; }
	grep instructions "$work/users" >&3
}
# Build UML, and run the KUnit suite of the first fix on it. Prints its verdict.
suite_of_the_fix() {
	if ! compile "$tree" "$own/uml" um linux 64BIT=y PRINTK=y KUNIT=y KUNIT_DEFAULT_ENABLED=y KUNIT_AUTORUN_ENABLED=y \
		REMAP_VMALLOC_KUNIT_TEST=y >"$work/uml" 2>&1; then
		grep -q 'mm/vmalloc\.c:.*error: ' "$work/uml" && echo "does not compile"
		return
	fi
	tools/enter timeout $((60 * ${VMREMAP_TIMEOUT_SCALE:-1})) "$own/uml/linux" mem=128M console=tty kunit_shutdown=halt \
		</dev/null >"$work/uml" 2>&1 || return
	sed -nE 's/^((not )?ok) 1 remap_vmalloc$/\1/p' "$work/uml"
}
# Without any one of the lines of code that the first fix adds to mm/vmalloc.c, its suite fails, or the file does not compile. The
# verdicts are printed.
each_line_of_the_first_fix_is_tested() {
	local number verdict text lines=0
	in_tree checkout --quiet kernel~1 && cp "$tree/mm/vmalloc.c" "$work/vmalloc.c" || return
	verdict=$(suite_of_the_fix)
	[[ $verdict == ok ]] || { echo "the whole fix: $verdict"; cat "$work/uml"; return 1; }
	while read -r number; do
		text=$(sed -n "${number}s/^[[:space:]]*//p" "$work/vmalloc.c")
		[[ $text != [*]* && $text != /[*]* ]] || continue
		sed "${number}d" "$work/vmalloc.c" >"$work/without" && cp --remove-destination "$work/without" "$tree/mm/vmalloc.c"
		verdict=$(suite_of_the_fix)
		in_tree checkout --quiet --force kernel~1
		echo "# without '$text': $verdict" >&3
		[[ $verdict == "not ok" || $verdict == "does not compile" ]] || { cat "$work/uml"; return 1; }
		: $((lines += 1))
	done < <(in_tree diff -U0 kernel~2 kernel~1 -- mm/vmalloc.c | sed -nE 's/^@@ .*\+([0-9]+)(,([0-9]+))? @@.*/\1 \3/p' |
		while read -r first count; do seq "$first" $((first + ${count:-1} - 1)); done)
	((lines))
}
each_patch_builds() {
	local commit cross=(W=1)
	for commit in $(in_tree rev-list --reverse kernel..e -- mm samples include); do
		in_tree checkout --quiet "$commit" && build c x86_64 64BIT=y TRANSPARENT_HUGEPAGE=y || return
	done
}
each_patch_of_the_crate_kernel_builds() {
	local commit
	for commit in $(in_tree rev-list --reverse b..c); do
		in_tree checkout --quiet "$commit" && compile "$tree" "$own/rust" x86_64 mm/vmremap/ 64BIT=y RUST=y || return
	done
}
without_rdma() { tr ' ' '\n' | grep -v /infiniband/ | tr '\n' ' '; }
# Series A, then the drivers with what they need of the other series.
series_a_and_the_users_build() { # OUT ARCH SETTING...
	local drivers
	in_tree checkout --quiet a && build "$1" "$2" "${users[@]}" "${@:3}" || return
	drivers=$(objects_of d..users)
	[[ $* == *RDMA* ]] || drivers=$(without_rdma <<<"$drivers")
	in_tree checkout --quiet users && build "$1" "$2" "${users[@]}" "${@:3}"
}
clang_warns_of_nothing() {
	local cross=(W=1 LLVM=1)
	series_a_and_the_users_build clang x86_64 64BIT=y TRANSPARENT_HUGEPAGE=y "${rdma[@]}"
}
sparse_is_content() {
	local cross=(C=2 CHECK="$checkout/tools/sparse")
	series_a_and_the_users_build users x86_64 64BIT=y TRANSPARENT_HUGEPAGE=y "${rdma[@]}"
}
# The kernel's own rules, but for those that need a compiler of OCaml. Some would take minutes if they read the headers, too.
coccicheck_is_content() {
	local folder
	in_tree checkout --quiet e &&
		(cd "$tree" && grep -rlE '^virtual\s+report' scripts/coccinelle | xargs grep -L ocaml) >"$work/rules" || return
	for folder in mm/vmremap samples/vmremap; do
		MODE=report J=1 SPFLAGS=--no-includes srctree=. srcroot=$folder tools/enter env -C "$tree" \
			xargs -a "$work/rules" -P "$(nproc)" -I{} env COCCI={} scripts/coccicheck >"$work/cocci" 2>&1 || { cat "$work/cocci"; return 1; }
		! grep -E "^$folder/.*:[0-9]+" "$work/cocci" || return
	done
}
# With all that a kernel can have, except Rust, which would have to be compiled first.
builds_with_everything() { # ARCH SETTING...
	local drivers config=allmodconfig
	in_tree checkout --quiet users && drivers=$(objects_of d..users) &&
		compile "$tree" "$own/$1-all" "$1" "mm/vmremap/ samples/vmremap/ $drivers" RUST=n "${@:2}"
}
builds_with_everything_for_x86_64() {
	local cross=(W=1)
	builds_with_everything x86_64 64BIT=y VMREMAP=y
}
# With Debian's cross compilers, with what is asked for and with all that the kernel has. Pages have 64 KiB on powerpc, too, which is
# big-endian like s390.
builds_for() { # ARCH TRIPLET SETTING...
	local -x ARCH=$1
	local cross=(W=1 CROSS_COMPILE="$2-" CC="$2-gcc-14")
	series_a_and_the_users_build "$1" "$1" "${rdma[@]}" TRANSPARENT_HUGEPAGE=y "${@:3}" &&
		builds_with_everything "$1" VMREMAP=y "${@:3}"
}
builds_for_arm64() { builds_for arm64 aarch64-linux-gnu ARM64_64K_PAGES=y; }
builds_for_powerpc() { builds_for powerpc powerpc64le-linux-gnu PPC64=y PPC_PSERIES=y CPU_BIG_ENDIAN=y PPC_64K_PAGES=y; }
builds_for_riscv() { builds_for riscv riscv64-linux-gnu 64BIT=y; }
builds_for_s390() { builds_for s390 s390x-linux-gnu; }
builds_for_i386() {
	local cross=(W=1)
	series_a_and_the_users_build i386 i386 64BIT=n HIGHMEM4G=y SMP=y TRANSPARENT_HUGEPAGE=n && builds_with_everything i386 VMREMAP=y
}
# Such CPUs have no areas.
the_users_build_for_arm() {
	local -x ARCH=arm64
	local cross=(W=1 CROSS_COMPILE=arm-linux-gnueabihf-)
	in_tree checkout --quiet users && build_users arm arm "$(objects_of d..users | without_rdma)" MMU=y VMREMAP=n &&
		builds_with_everything arm VMREMAP=n
}
# b4 asks get_maintainer.pl for the recipients of series A, and writes its mails. From these, git makes the same tree.
b4_writes_the_mails() {
	local mails=$work/mails
	write_mails() {
		TOOLROOT=$(tools/toolroot deb) tools/enter env -C "$tree" HOME="$work" GIT_CONFIG_COUNT=3 \
			GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0="$tree" GIT_CONFIG_KEY_1=sendemail.smtpserver \
			GIT_CONFIG_VALUE_1=localhost GIT_CONFIG_KEY_2=user.email GIT_CONFIG_VALUE_2="$GIT_COMMITTER_EMAIL" "$@"
	}
	awk '/^Subject: / { sub(/^Subject: \[[^]]*\] /, ""); print; next } /^$/ { body = 1 } /^[^ ]* \([0-9]+\):$/ { exit } body' \
		"$patches/a/0000-cover-letter.patch" >"$work/cover"
	in_tree checkout --quiet -B series-a a && write_mails b4 prep --enroll kernel &&
		write_mails env EDITOR="cp $work/cover" b4 prep --edit-cover && write_mails b4 prep --auto-to-cc >"$work/recipients" 2>&1 &&
		write_mails b4 send --no-sign --output-dir "$mails" || return
	grep -F 'linux-mm@kvack.org' "$work/recipients" && in_tree checkout --quiet --detach kernel &&
		in_tree am --quiet "$mails"/000[1-9]-*.eml && in_tree diff --exit-code a
}
# With the kernel's own extensions and settings. Warnings of other pages are ignored.
documentation_builds() {
	mkdir -p "$own/docs" && in_tree checkout --quiet a &&
		tools/enter make -C "$tree" O="$own/docs" htmldocs SPHINXDIRS=mm >"$work/docs" 2>&1 &&
		! grep -E '/mm/vmremap.*(WARNING|ERROR)' "$work/docs" && ls "$own/docs/Documentation/output/mm/vmremap.html"
}

# Load the reproducer, and expect a report.
the_stock_kernel_crashes() {
	local status=0
	tools/kmake M=selftests/series/reproducer MO=build/reproducer >"$work/log" 2>&1 || { cat "$work/log"; return 1; }
	tools/vm --copy build/reproducer/remap_middle.ko -- insmod /remap_middle.ko >"$work/log" 2>&1 || status=$?
	cat "$work/log"
	((status == 120)) && grep -q 'RIP: .*validate_page_before_insert' "$work/log"
}
kbuild() { tools/enter make -C "$tree" O="$own/boot" ARCH=x86_64 -s -j"$(nproc)" "$@"; }
series_a_is_built() {
	local setting
	mkdir -p "$own/boot" "$work/reproducer" && in_tree checkout --quiet a &&
		cat tools/{debug.config,vanilla.config,series/config} >"$own/boot/asked" &&
		kbuild KCONFIG_ALLCONFIG="$own/boot/asked" allnoconfig >"$work/log" 2>&1 || return
	while read -r setting; do
		grep -qx "$setting" "$own/boot/.config" || { echo "no $setting"; return 1; }
	done < <(grep '=[ym]$' tools/series/config)
	kbuild vmlinux modules &&
		kbuild M="$checkout/selftests/series/reproducer" MO="$work/reproducer" modules &&
		tools/enter gcc -O2 -Wall -Werror -static -I"$tree/tools/testing/selftests" -o "$work/vmremap" \
			"$tree/tools/testing/selftests/mm/vmremap.c"
}
series_a_boots() {
	tools/vm --timeout 900 --kernel "$own/boot/vmlinux" \
		--append "kunit.autorun=1 kunit.timeout=$((300 * ${VMREMAP_TIMEOUT_SCALE:-1}))" \
		--module "$own/boot/samples/vmremap/vmremap_sample.ko" --copy "$work/reproducer/remap_middle.ko" --copy "$work/vmremap" -- \
		sh -c 'insmod /remap_middle.ko; /vmremap; echo "selftest: $?"; dmesg' | sed 's/^\[ *[0-9.]*\] //' >"$work/boot" || {
		tail -n 60 "$work/boot"
		return 1
	}
}
# The suites of the first fix and of series A.
kunit_passes_in() { # LOG
	local suites suite
	mapfile -t suites < <(sed -n 's/.*\.name = "\(vmremap-[a-z_]*\)",/\1/p' "$tree"/mm/vmremap/tests/*.c)
	((${#suites[@]})) || return
	for suite in remap_vmalloc "${suites[@]}"; do
		grep -qE "^ok [0-9]+ $suite\$" "$1" || { grep -E "^ *not ok|^ok .*$suite" "$1"; return 1; }
	done
}
kunit_passes_in_it() { kunit_passes_in "$work/boot"; }
the_selftest_of_series_a_passes() { grep -m 1 -x 'selftest: 0' "$work/boot" || { head -n 40 "$work/boot"; return 1; }; }
the_reproducer_is_refused() { grep -x 'remap_middle: mmap: -22' "$work/boot"; }

# Run the KUnit suites of series A in QEMU, with the kernel's own tool. The kernel has only the features that are asked for: with
# the default ones, building and booting it takes much longer.
kunit_passes_on() { # ARCH CROSS-COMPILER SETTING...
	local -x ARCH=$1
	local out=$own/kunit-$1 cross=(CROSS_COMPILE="$2-" CC="$2-gcc-14") arguments setting
	kunit() { tools/enter env -C "$tree" ./tools/testing/kunit/kunit.py "$@"; }
	arguments=(--arch="$1" --build_dir="$out" --kunitconfig=mm/vmremap/tests "${cross[@]/#/--make_options=}")
	for setting in REMAP_VMALLOC_KUNIT_TEST=y KUNIT_AUTORUN_ENABLED=y PRINTK=y BUG=y TTY=y PROC_FS=y SYSFS=y FUTEX=y \
		TRANSPARENT_HUGEPAGE=y "${@:3}"; do
		arguments+=(--kconfig_add="CONFIG_$setting")
	done
	in_tree checkout --quiet a && kunit config "${arguments[@]}" &&
		tools/enter make -C "$tree" O="$out" ARCH="$1" "${cross[@]}" KCONFIG_ALLCONFIG="$out/last_used_kunitconfig" -s allnoconfig || return
	kunit run "${arguments[@]}" --jobs="$(nproc)" --timeout=$((600 * ${VMREMAP_TIMEOUT_SCALE:-1})) >"$work/kunit" ||
		{ cat "$work/kunit"; return 1; }
	sed -n "s/^.*Testing complete/# $1/p" "$work/kunit" >&3
	kunit_passes_in "$out/test.log"
}
kunit_passes_on_arm64() { kunit_passes_on arm64 aarch64-linux-gnu ARM64_64K_PAGES=y; }
kunit_passes_on_powerpc() { kunit_passes_on powerpc powerpc64le-linux-gnu PPC_PSERIES=y PPC_64K_PAGES=y; }
kunit_passes_on_riscv() { kunit_passes_on riscv riscv64-linux-gnu 64BIT=y; }
kunit_passes_on_s390() {
	kunit_passes_on s390 s390x-linux-gnu SCHED_TOPOLOGY=y SCLP_TTY=y SCLP_VT220_TTY=y SCLP_VT220_CONSOLE=y SCLP_CONSOLE=y
}
# The BIOS that kunit.py gives QEMU describes the interrupts by ACPI only.
kunit_passes_on_x86_64() { kunit_passes_on x86_64 x86_64-linux-gnu 64BIT=y PCI=y ACPI=y; }

tests+=(coccicheck_is_content sparse_is_content clang_warns_of_nothing documentation_builds b4_writes_the_mails
	each_line_of_the_first_fix_is_tested converted_users_do_what_they_did each_patch_builds each_patch_of_the_crate_kernel_builds
	builds_with_everything_for_x86_64 builds_for_i386 builds_for_arm64 builds_for_powerpc builds_for_riscv builds_for_s390
	the_users_build_for_arm the_stock_kernel_crashes series_a_is_built series_a_boots kunit_passes_in_it
	the_selftest_of_series_a_passes the_reproducer_is_refused kunit_passes_on_arm64 kunit_passes_on_powerpc kunit_passes_on_riscv
	kunit_passes_on_s390 kunit_passes_on_x86_64)

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by the check of what our modules import.

# shellcheck disable=SC2154 # tools/lib.sh has it
list=$checkout/selftests/exports/upstream # lines: 'linux SERIES VERSION', or a symbol and the series that export it
symbols() { awk '!/^(#|linux |$)/ { print $1 }' "$list"; }
all_series() { awk '$1 == "linux" { print $2 }' "$list"; }
listed() { # SERIES: the symbols that it exports
	awk -v series="$1" '!/^(#|linux )/ { for (i = 2; i <= NF; i++) if ($i == series) print $1 }' "$list" | sort
}

# The modules for the unpatched source of a series.
build() { # SERIES
	export KERNEL_SERIES=$1 FLAVOUR=headers
	tools/kernel prepare
	phase "exports-$1" 30 tools/kmake
}

# What a module imports from the kernel. The crate kernel exports all that it has (rust/exports.c), and what it has is no
# distribution's: the debug kernel, built from the unpatched source, links with it.
imports() { # RELEASE'S FOLDER, MODULE
	tools/enter nm -u "$2" | awk 'NF == 2 { print $2 }' | sed -E 's/^__(SC[TK]__(tp_func_)?|tracepoint_|traceiter_)//' |
		grep -vE '^(_R|rust_helper_)' | sort -u | comm -23 - <(cut -f 2 "$1/Module.symvers" | sort)
}
modules() { sed -E "s|\.k?o$|.ko|; s|^\./||; /^\//!s|^|$1/|" "$1/modules.order"; } # RELEASE'S FOLDER

# Which of the names on stdin are among those of scan, in which '*' ends a beginning.
among() { # SCAN'S OUTPUT
	awk 'NR == FNR { if (sub(/\*$/, "")) begins[$0]; else name[$0]; next }
		$0 in name { print; next }
		{ for (begin in begins) if (index($0, begin) == 1) { print; next } }' "$1" -
}

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by the scripts in this folder, and by tools/lib.sh.
set -euo pipefail

# --help: print the comment at the head of the tool.
if [[ ${1-} == --help ]]; then
	sed -n '/^#!/d; /^# SPDX/d; /^#/!q; s/^# \{0,1\}//p' "$0"
	exit
fi

checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
# shellcheck disable=SC2034 # used by scripts that source this file
core_parts=(Kbuild c debugfs dma-buf rust bindings) # the source of vmremap.ko, vmremap_debugfs.ko and vmremap_dma_buf.ko, without compat
# shellcheck disable=SC2034
module_parts=("${core_parts[@]}" samples selftests/module selftests/vmremap_test.h) # the source of all modules

say() { printf '%s\n' "$*" >&2; }
die() { say "${program:-${0##*/}}: $*"; exit 1; }

# The release of the kernel whose headers, or prepared build tree, are in a folder.
release_of() { # KDIR
	local file=$1/include/config/kernel.release running
	running=$(uname -r)
	if [[ -r $file ]]; then
		cat "$file"
	elif [[ -e $1/Makefile && -e $1/Kconfig ]]; then
		die "the kernel source in KDIR=$1 is not prepared: run 'make -C $1 modules_prepare'"
	elif [[ $1 == "/lib/modules/$running/build" ]]; then
		die "no headers of the running kernel: install $(headers_package "$running") or set KDIR=DIR; 'make demo' needs none"
	else
		die "KDIR=$1 holds no kernel headers: name a folder such as /lib/modules/RELEASE/build"
	fi
}
# The package of this distribution that has the headers of a kernel.
headers_package() { # RELEASE
	local ID='' ID_LIKE='' packaged=/usr/lib/modules/$1/pkgbase
	# shellcheck disable=SC1091 # the distribution's
	[[ ! -r /etc/os-release ]] || . /etc/os-release
	case " $ID $ID_LIKE " in
	*' debian '* | *' ubuntu '*) echo "linux-headers-$1" ;;
	*' fedora '* | *' rhel '*) echo "kernel-devel-$1" ;;
	*suse*) echo "kernel-${1##*-}-devel" ;;
	*' arch '*) if [[ -r $packaged ]]; then echo "$(<"$packaged")-headers"; else echo linux-headers; fi ;;
	*) echo "the headers of Linux $1" ;;
	esac
}

# The kernel's build takes names of folders apart at spaces and colons.
buildable() { # FOLDER
	[[ ! $1 =~ [[:space:]:] ]] || die "the kernel's build cannot use a folder with a space or a colon in its name: rename $1"
}

# The version of modules, packages and documentation: the newest entry of CHANGELOG.md.
version() { sed -n '/^## /{s///p;q}' "$checkout/CHANGELOG.md"; }

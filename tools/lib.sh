# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Shared by the tools, which source this file.
# shellcheck source=out-of-tree/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../out-of-tree/lib.sh"

home=~ # bash asks the password file when HOME is unset
cache=${XDG_CACHE_HOME:-$home/.cache}/vmremap
# shellcheck disable=SC2034 # used by scripts that source this file
default_series=7.3
logs=$checkout/build/log

# Target architecture: kernel name, Debian name, and the make arguments for cross builds.
arch=${ARCH:-$(uname -m | sed s/aarch64/arm64/)}
case $arch in
x86_64) debian_arch=amd64 triplet=x86_64-linux-gnu ;;
arm64) debian_arch=arm64 triplet=aarch64-linux-gnu ;;
powerpc) debian_arch=ppc64el triplet=powerpc64le-linux-gnu ;;
riscv) debian_arch=riscv64 triplet=riscv64-linux-gnu ;;
s390) debian_arch=s390x triplet=s390x-linux-gnu ;;
*) die "ARCH is x86_64, arm64, powerpc, riscv or s390, not '$arch'" ;;
esac
# shellcheck disable=SC2034 # the tools that build use it
kernel_make=(ARCH="$arch" CROSS_COMPILE="$triplet-" CROSS_COMPILE_COMPAT=arm-linux-gnueabihf-)

# The suffix of the selected kernel's release.
suffix() {
	case ${FLAVOUR:-generic}-$arch in
	generic-powerpc) echo powerpc64le ;;
	64k-powerpc) echo powerpc64le-64k ;;
	generic-*) echo "$debian_arch" ;;
	cloud-* | rt-*) echo "$FLAVOUR-$debian_arch" ;;
	16k-arm64) echo arm64-16k ;;
	headers-*) echo "headers-$debian_arch" ;;
	vanilla-x86_64) echo vanilla ;;
	*) die "FLAVOUR is generic, cloud, rt, headers, on arm64 16k, on powerpc 64k, or on x86_64 vanilla: there is no $FLAVOUR for $arch" ;;
	esac
}

hash_of() { sha256sum "$@" | sha256sum | cut -c1-12; }

# Cache key for the toolchain in use.
tools_key() {
	if [[ -n ${TOOLROOT-unset} ]]; then
		cd "$checkout/tools" && hash_of packages "packages-$arch" toolroot
	elif [[ -e /etc/vmremap-toolroot ]]; then
		cat /etc/vmremap-toolroot
	else
		{ gcc -v; rustc -vV; bindgen --version; } 2>&1 | hash_of -
	fi
}

# The address of the Debian archive, as this host's apt knows it.
mirror() {
	local found=${DEBIAN_MIRROR:-}
	# shellcheck disable=SC2016 # the fields are apt's, not the shell's
	[[ $found ]] || found=$(apt-get indextargets --format '$(ORIGIN) $(LABEL) $(REPO_URI)' \
		'Created-By: Packages' | awk '$1 == "Debian" && $2 == "Debian" && !n++ { print $3 }')
	[[ $found ]] || die "apt knows no Debian archive here: run 'apt-get update', or set DEBIAN_MIRROR=ADDRESS"
	echo "$found"
}

# The suites of the archive that have a series.
suites() { if [[ $1 == 6.1 ]]; then echo bookworm; else printf '%s\n' trixie trixie-backports; fi; } # SERIES

# Child processes inherit the lock, so a new run waits for any that an interrupted run has left behind.
lock() {
	if ! mkdir -p "$cache" 2>/dev/null || [[ ! -w $cache ]]; then
		die "cannot write to $cache: set XDG_CACHE_HOME to a folder that you can write to"
	fi
	exec {lock_fd}>"$cache/$1.lock"
	flock -n "$lock_fd" || {
		local start
		start=$(tenths)
		say "$1: waiting for another run to end"
		flock "$lock_fd"
		spent waiting $(($(tenths) - start))
	}
}

# Where the time of a phase of the tests went: 'make test-all TIMES=1' prints the sums. Times are in tenths of a second.
tenths() { echo $((${EPOCHREALTIME/[.,]/} / 100000)); }
spent() { echo "$@" >>"${VMREMAP_TIMES:-/dev/null}"; } # build|boot|emulation|waiting TIME

free_mib() { df -Pm "$cache" | awk 'NR == 2 { print $4 }'; }

# Before a step that fills the cache.
needs=''
need_space() { # GIB
	needs="$1 GiB are needed below $cache"
	local free=$(($(free_mib) / 1024))
	((free >= $1)) || die "$needs, $free GiB are free: free some, or set XDG_CACHE_HOME"
}

# What the user can do about a failure, according to its log.
advice() { # LOG
	if grep -m 1 'GiB are needed below' "$1"; then
		:
	elif grep -qiE 'no space left|enough free space' "$1" || { [[ -d $cache ]] && (($(free_mib) < 32)); }; then
		echo "the disk is full: ${needs:+$needs, }free some space ('make cache' lists what is there)"
	elif grep -qiE 'could not (resolve|connect)|temporary failure|unreachable|timed out|unable to connect' "$1"; then
		echo "the Debian archive cannot be reached: check the network, or set DEBIAN_MIRROR=ADDRESS"
	elif grep -qiE 'permission denied|not permitted|are you root' "$1"; then
		echo "not permitted: run as root or as a user with sudo"
	else
		grep -m 1 -E '(^|[^-W])(error|fatal error|ERROR): |: (No such|not found)' "$1" || tail -n 1 "$1"
	fi
}

# phase NAME SECONDS COMMAND...: run a long step with its output in build/log/NAME.log, and with V=1 also on stderr. Never call
# it in a condition, because errexit would have no effect then.
phase() {
	local name=$1 expected=$2 log=$logs/$1.log start status
	start=$(tenths)
	shift 2
	mkdir -p "$logs" || die "cannot write to $logs"
	say "$name: started, takes about $expected s"
	set +e
	(set -e; unset VMREMAP_TIMES; "$@") 2>&1 </dev/null | if [[ ${V-} == 1 ]]; then tee "$log" >&2; else cat >"$log"; fi
	status=${PIPESTATUS[0]}
	set -e
	start=$(($(tenths) - start))
	spent build $start
	((status == 0)) || die "$name failed after $((start / 10)) s: $(advice "$log") (log: $log)"
	say "$name: done in $((start / 10)) s"
}

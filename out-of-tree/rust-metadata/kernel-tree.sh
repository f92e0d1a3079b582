# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced: a build tree of a kernel that somebody else has built, from its source and its config.

# configure_tree SOURCE BUILD CONFIG RELEASE [MAKE ARGUMENT...]: with the kernel's own compiler, by the name that its config
# gives. Sets tree_make, by which to build there, and tree_cc.
configure_tree() {
	local source=$1 build=$2 config=$3 release=$4
	shift 4
	tree_cc=$(sed -n 's/^CONFIG_CC_VERSION_TEXT="\([^ ]*\) .*/\1/p' "$config")
	mkdir -p "$build"
	cp "$config" "$build/.config"
	tree_make=(make -C "$source" O="$build" "$@" CC="$tree_cc" -j"$(nproc)")
	tree_make+=(LOCALVERSION="${release#"$("${tree_make[@]}" -s kernelversion)"}")
	"${tree_make[@]}" olddefconfig
}

# prepare_tree BUILD RELEASE TARGET...
prepare_tree() {
	local build=$1 release=$2
	shift 2
	"${tree_make[@]}" "$@"
	[[ $(<"$build/include/config/kernel.release") == "$release" ]] ||
		{ echo "error: the build names itself $(<"$build/include/config/kernel.release"), not $release" >&2; return 1; }
}

# tree_differs CONFIG BUILD: print what the kernel has set otherwise than its tree. Rust symbol hashes depend on compiler,
# bindgen and config: any difference would make modules that cannot link or, worse, that do. What signs modules plays no
# part; Debian strips it and the build salt from the config that it ships. Nor does what is not set: there are more such
# options where there are more tools.
tree_differs() {
	local stripped='CONFIG_(BUILD_SALT|MODULE_SIG_(ALL|KEY.*)|OPENSSL_SUPPORTS_ML_DSA|SYSTEM_TRUSTED_KEYS)'
	settings() { grep '^CONFIG_' "$1" | grep -vE "\<$stripped\>" | sort; }
	comm -3 <(settings "$1") <(settings "$2/.config") | tr -d '\t' | paste -sd ';'
}

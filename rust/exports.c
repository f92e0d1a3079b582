// SPDX-License-Identifier: GPL-2.0
/*
 * Exports the functions of the crate vmremap to modules that use it, in the
 * way in which the kernel exports those of its own crates.
 */
#include <linux/export.h>

#define EXPORT_SYMBOL_RUST_GPL(sym) extern int sym; EXPORT_SYMBOL_GPL(sym)

#include "exports_generated.h"

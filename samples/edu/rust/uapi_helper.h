/* SPDX-License-Identifier: GPL-2.0 */
/* What bindgen reads; it takes no value from a macro that computes with sizeof. */
#include "../vmremap_edu.h"

static const __u32 RUST_CONST_HELPER_VMREMAP_EDU_START = VMREMAP_EDU_START;
static const __u32 RUST_CONST_HELPER_VMREMAP_EDU_WAIT = VMREMAP_EDU_WAIT;
static const __u32 RUST_CONST_HELPER_VMREMAP_EDU_IMPORT = VMREMAP_EDU_IMPORT;

/* SPDX-License-Identifier: GPL-2.0 */
/* bindgen reads this file. It cannot evaluate macros with sizeof, hence the constants. */
#include "../vmremap_edu.h"

static const __u32 RUST_CONST_HELPER_VMREMAP_EDU_START = VMREMAP_EDU_START;
static const __u32 RUST_CONST_HELPER_VMREMAP_EDU_WAIT = VMREMAP_EDU_WAIT;
static const __u32 RUST_CONST_HELPER_VMREMAP_EDU_IMPORT = VMREMAP_EDU_IMPORT;

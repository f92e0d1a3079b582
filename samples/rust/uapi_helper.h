/* SPDX-License-Identifier: GPL-2.0 */
/* bindgen reads this file. It cannot evaluate macros with sizeof, hence the constants. */
#include "../vmremap_sample.h"

static const __u32 RUST_CONST_HELPER_VMREMAP_SAMPLE_FILL = VMREMAP_SAMPLE_FILL;
static const __u32 RUST_CONST_HELPER_VMREMAP_SAMPLE_SUM = VMREMAP_SAMPLE_SUM;
static const __u32 RUST_CONST_HELPER_VMREMAP_SAMPLE_VERIFY = VMREMAP_SAMPLE_VERIFY;
static const __u32 RUST_CONST_HELPER_VMREMAP_SAMPLE_REVOKE = VMREMAP_SAMPLE_REVOKE;
static const __u32 RUST_CONST_HELPER_VMREMAP_SAMPLE_ECHO = VMREMAP_SAMPLE_ECHO;

/* SPDX-License-Identifier: GPL-2.0 */
/* bindgen reads this file. It cannot evaluate macros with sizeof, hence the constants. */
#include "../../vmremap_test.h"
#include "../../../c/vmremap.h"

static const __u32 RUST_CONST_HELPER_VMREMAP_TEST_ALLOC = VMREMAP_TEST_ALLOC;
static const __u32 RUST_CONST_HELPER_VMREMAP_TEST_PUT_AREA = VMREMAP_TEST_PUT_AREA;
static const __u32 RUST_CONST_HELPER_VMREMAP_TEST_REVOKE = VMREMAP_TEST_REVOKE;
static const __u32 RUST_CONST_HELPER_VMREMAP_TEST_DMA_BUF_EXPORT = VMREMAP_TEST_DMA_BUF_EXPORT;

// SPDX-License-Identifier: GPL-2.0
/*
 * Assertions about the ABI, on which the Rust side relies. assert.rs makes the same assertions for
 * the Rust compiler: keep the two files alike.
 */
#include <linux/build_bug.h>
#include <linux/errno.h>

#include "../c/vmremap.h"

static_assert(sizeof(struct vmremap_area *) == 8 || sizeof(struct vmremap_area *) == 4);
static_assert(sizeof(unsigned long) == sizeof(struct vmremap_area *));
static_assert(sizeof(size_t) == sizeof(unsigned long));
static_assert(sizeof(unsigned int) == 4 && __alignof__(unsigned int) == 4);

static_assert(VMREMAP_RDONLY == 0x1);
static_assert(VMREMAP_DONTCOPY == 0x2);
static_assert(VMREMAP_ACCOUNT == 0x4);
static_assert(VMREMAP_POPULATE == 0x8);
static_assert(VMREMAP_REVOCABLE == 0x10);
static_assert(VMREMAP_DMA32 == 0x20);
static_assert(VMREMAP_FLAGS == 0x3f);

static_assert(EPERM == 1);
static_assert(EINTR == 4);
static_assert(ENOMEM == 12);
static_assert(EACCES == 13);
static_assert(EFAULT == 14);
static_assert(EBUSY == 16);
static_assert(ENODEV == 19);
static_assert(EINVAL == 22);
static_assert(ERANGE == 34);
static_assert(ENODATA == 61);
static_assert(EOVERFLOW == 75);
static_assert(EOPNOTSUPP == 95);
static_assert(EADDRNOTAVAIL == 99);

// SPDX-License-Identifier: GPL-2.0

//! Assertions about the ABI, for the Rust compiler. `assert.c` makes the same assertions for the C
//! compiler: keep the two files alike.

use super::*;
use kernel::{
    bindings,
    prelude::*, //
};

static_assert!(size_of::<*mut vmremap_area>() == 8 || size_of::<*mut vmremap_area>() == 4);
static_assert!(size_of::<c_ulong>() == size_of::<*mut vmremap_area>());
static_assert!(size_of::<usize>() == size_of::<c_ulong>());
static_assert!(size_of::<c_uint>() == 4 && align_of::<c_uint>() == 4);

static_assert!(VMREMAP_RDONLY == 0x1);
static_assert!(VMREMAP_DONTCOPY == 0x2);
static_assert!(VMREMAP_ACCOUNT == 0x4);
static_assert!(VMREMAP_POPULATE == 0x8);
static_assert!(VMREMAP_REVOCABLE == 0x10);
static_assert!(VMREMAP_DMA32 == 0x20);
static_assert!(VMREMAP_FLAGS == 0x3f);

static_assert!(bindings::EPERM == 1);
static_assert!(bindings::EINTR == 4);
static_assert!(bindings::ENOMEM == 12);
static_assert!(bindings::EACCES == 13);
static_assert!(bindings::EFAULT == 14);
static_assert!(bindings::EBUSY == 16);
static_assert!(bindings::ENODEV == 19);
static_assert!(bindings::EINVAL == 22);
static_assert!(bindings::ERANGE == 34);
static_assert!(bindings::ENODATA == 61);
static_assert!(bindings::EOVERFLOW == 75);
static_assert!(bindings::EOPNOTSUPP == 95);
static_assert!(bindings::EADDRNOTAVAIL == 99);

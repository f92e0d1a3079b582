// SPDX-License-Identifier: GPL-2.0

//! What test modules and programs agree on, from `selftests/vmremap_test.h` and `c/vmremap.h`.

#![forbid(unsafe_code)]
#![allow(dead_code, missing_docs, non_camel_case_types, unreachable_pub)]

use kernel::{
    ffi,
    prelude::*, //
};
use pin_init::MaybeZeroable;

include!(env!("VMREMAP_TEST_UAPI"));

// SPDX-License-Identifier: GPL-2.0

//! Raw bindings to the C ABI, private to this crate.
//!
//! C headers: `c/vmremap.h`, `dma-buf/vmremap_dma_buf.h`. `bindgen` reads them at build time.
//! `assert.rs` and `assert.c` assert that both compilers see the same values and layouts, and
//! `signatures.rs` asserts the prototypes of the C functions.

// `bindgen` generates this code, which therefore need not follow the kernel's style.
#![allow(
    clippy::all,
    dead_code,
    improper_ctypes,
    missing_docs,
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    unreachable_pub
)]

mod assert;
mod signatures;

// The kernel's own types, so that a pointer to one is the same type here and in `kernel`.
use kernel::{
    bindings::{
        dma_buf,
        file,
        gfp_t,
        sg_table,
        vm_area_desc,
        vm_area_struct, //
    },
    ffi, //
};

use pin_init::MaybeZeroable;

include!(env!("VMREMAP_BINDINGS"));

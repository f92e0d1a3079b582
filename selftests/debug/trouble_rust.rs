// SPDX-License-Identifier: GPL-2.0

//! Makes a mistake that only Rust's own checks find.

#![forbid(unsafe_code)]

use core::hint::black_box;
use kernel::prelude::*;

module! {
    type: Trouble,
    name: "trouble_rust",
    authors: ["vmremap"],
    description: "vmremap: a mistake that the debug kernel finds in Rust",
    license: "GPL",
}

struct Trouble;

impl kernel::Module for Trouble {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        black_box(black_box(1u32) - black_box(2));
        Ok(Self)
    }
}

// SPDX-License-Identifier: GPL-2.0

//! *Two fields*: `.0.1` is one token, and goes through the `DerefMut` of the first field's type.

use core::ops::{
    Deref,
    DerefMut, //
};
use kernel::{
    prelude::*,
    ptr::project, //
};

struct Inner(u64);

struct Outer(Inner);

impl Deref for Inner {
    type Target = (u8, u64);

    fn deref(&self) -> &(u8, u64) {
        &(0, 0)
    }
}

impl DerefMut for Inner {
    fn deref_mut(&mut self) -> &mut (u8, u64) {
        match KBox::new((0, 0), GFP_KERNEL) {
            Ok(elsewhere) => KBox::leak(elsewhere),
            Err(_) => loop {},
        }
    }
}

fn escaped(outer: *mut Outer) -> *mut u64 {
    project!(mut outer, .0.1) //~ E0308
}

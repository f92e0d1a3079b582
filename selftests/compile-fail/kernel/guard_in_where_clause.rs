// SPDX-License-Identifier: GPL-2.0

//! *Chosen guard*: a where clause selects one of the two implementations that are the guard against
//! `Deref`.

use core::ops::{
    Deref,
    DerefMut, //
};
use kernel::{
    prelude::*,
    ptr::{
        project,
        projection::ProjectField, //
    },
};

struct Outer<T>(T);

struct Inner {
    elsewhere: u64,
}

impl<T> Deref for Outer<T> {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &Inner { elsewhere: 0 }
    }
}

impl<T> DerefMut for Outer<T> {
    fn deref_mut(&mut self) -> &mut Inner {
        match KBox::new(Inner { elsewhere: 0 }, GFP_KERNEL) {
            Ok(elsewhere) => KBox::leak(elsewhere),
            Err(_) => loop {},
        }
    }
}

fn escaped<T>(outer: *mut Outer<T>) -> *mut u64
where
    Outer<T>: ProjectField<false>,
{
    project!(mut outer, .elsewhere) //~ E0283 E0284
}

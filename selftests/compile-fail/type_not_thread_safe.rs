// SPDX-License-Identifier: GPL-2.0

//! `AnyThread`: an area goes to another thread only where what it is made of may.

use core::marker::PhantomData;
use kernel::prelude::*;
use vmremap::Area;

#[repr(C)]
#[derive(FromBytes, IntoBytes)]
struct OneThread(u32, PhantomData<*mut u8>);

fn other_thread<T: Send + Sync>() {}

fn share() {
    other_thread::<Area<u32>>();
    other_thread::<Area<OneThread>>(); //~ E0277
}

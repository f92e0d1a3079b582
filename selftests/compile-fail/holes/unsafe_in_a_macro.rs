// SPDX-License-Identifier: GPL-2.0

//! *Unsafe in a macro*: two macros of `kernel` take the word from the driver.

use core::pin::Pin;
use kernel::{
    device::{
        Bound,
        BoundInternal,
        Core,
        CoreInternal,
        Normal, //
    },
    prelude::*,
    sync::global_lock, //
};

global_lock! {
    unsafe(uninit) static COUNTER: Mutex<u32> = 0; //~ found
}

fn count() -> u32 {
    let mut counter = COUNTER.lock();
    *counter += 1;
    *counter
}

trait Of {
    type Value;
}

impl Of for Bound {
    type Value = &'static u64;
}

impl Of for BoundInternal {
    type Value = u64;
}

impl Of for Normal {
    type Value = u64;
}

impl Of for Core<'_> {
    type Value = u64;
}

impl Of for CoreInternal<'_> {
    type Value = u64;
}

struct Mine<Context: Of>(Context::Value);

kernel::impl_device_context_deref!(unsafe { Mine }); //~ found

fn at(address: u64) -> u64 {
    let mine = Mine::<Core<'_>>(address);
    let other: &Mine<Bound> = &mine;

    *other.0
}

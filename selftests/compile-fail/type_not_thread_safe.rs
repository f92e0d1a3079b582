// SPDX-License-Identifier: GPL-2.0

//! `AnyThread`: an area goes to another thread only where what it is made of may.

use core::{
    cell::Cell,
    marker::PhantomData, //
};
use kernel::{
    prelude::*,
    sync::MutexGuard, //
};
use vmremap::Area;

#[repr(C)]
#[derive(FromBytes, IntoBytes)]
struct OneThread(u32, PhantomData<*mut u8>);

// What may be sent, but not shared; and the other way round.
type NotSync = Cell<u32>;
type NotSend = MutexGuard<'static, u32>;

fn other_thread<T: Send + Sync>() {}
fn sent<T: Send>() {}
fn shared<T: Sync>() {}

fn share() {
    other_thread::<Area<u32>>();
    other_thread::<Area<OneThread>>(); //~ E0277
    sent::<NotSync>();
    sent::<Area<NotSync>>(); //~ E0277
    sent::<Area<NotSend>>(); //~ E0277
    shared::<NotSend>();
    shared::<Area<NotSync>>(); //~ E0277
    shared::<Area<NotSend>>(); //~ E0277
}

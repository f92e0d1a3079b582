// SPDX-License-Identifier: GPL-2.0

//! A program can write any bytes: each must be a value of the type, and none may be an address.

use kernel::{
    io::IoBase,
    prelude::*,
    sync::atomic::Acquire, //
};
use vmremap::{
    Area,
    Flags, //
};

#[repr(u8)]
#[derive(IntoBytes)]
enum State {
    Off,
    On,
}

#[repr(C)]
#[derive(FromBytes, IntoBytes)] //~ E0277
struct WithBool {
    flag: bool,
}

fn share() -> Result {
    Area::<bool>::zeroed(Flags::NONE)?; //~ E0599
    Area::<char>::zeroed(Flags::NONE)?; //~ E0599
    Area::<State>::zeroed(Flags::NONE)?; //~ E0599
    Area::<*const u8>::zeroed(Flags::NONE)?; //~ E0599
    Area::<&'static u8>::zeroed(Flags::NONE)?; //~ E0599
    Area::<core::num::NonZero<u32>>::zeroed_slice(4, Flags::NONE)?; //~ E0599
    Area::<KVec<u8>>::zeroed(Flags::NONE)?; //~ E0599
    Ok(())
}

fn atomic(area: &Area<[u8; 8]>) {
    area.as_view().load(Acquire); //~ E0599
}

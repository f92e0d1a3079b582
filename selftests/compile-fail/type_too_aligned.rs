// SPDX-License-Identifier: GPL-2.0

//! `AddrAligned` `PointerAligned`: an area is aligned to pages, and to no more.

use kernel::prelude::*;
use vmremap::{
    Area,
    Flags, //
};

#[repr(C, align(8192))]
#[derive(FromBytes, IntoBytes)]
struct TwoPages([u8; 8192]);

pub fn share() -> Result<Area<TwoPages>> {
    Area::zeroed(Flags::NONE) //~ E0080
}

// SPDX-License-Identifier: GPL-2.0

//! `ZeroedBeforeShare`: a type with padding would show what was in memory before.

use kernel::prelude::*;
use vmremap::{
    Area,
    Flags, //
};

#[repr(C)]
#[derive(FromBytes, IntoBytes)] //~ E0277
struct Padded {
    short: u8,
    long: u32,
}

#[repr(C)]
#[derive(FromBytes)]
struct NoIntoBytes {
    short: u8,
    long: u32,
}

fn share() -> Result {
    Area::<NoIntoBytes>::zeroed(Flags::NONE)?; //~ E0599
    Ok(())
}

// SPDX-License-Identifier: GPL-2.0

//! *Borrowed name*: a derive takes the driver's word that a type has no padding.

use kernel::{
    io::IoBase,
    prelude::*, //
};
use vmremap::{
    Area,
    Flags, //
};

extern crate self as mine; //~ found
pub use ::zerocopy::*;

#[macro_export]
macro_rules! struct_padding {
    ($($of:tt)*) => {
        0
    };
}

#[repr(C)]
#[derive(kernel::prelude::FromBytes, kernel::prelude::IntoBytes)]
#[zerocopy(crate = "mine")] //~ found
struct Padded {
    short: u8,
    long: u32,
}

fn show() -> Result {
    Area::<Padded>::zeroed(Flags::NONE)?.as_view();
    Ok(())
}

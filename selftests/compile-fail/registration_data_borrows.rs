// SPDX-License-Identifier: GPL-2.0

//! `RegistrationEnds`: what a registration has borrows nothing, for one that is forgotten has it for ever.

use kernel::{
    fs::File,
    prelude::*, //
};
use vmremap::{
    MiscArgs,
    MiscDevice, //
};

struct Device<'a>(&'a u64);

// There is no `module!` here, which would make the type that this attribute names.
#[vtable] //~ E0412
impl<'a> MiscDevice for Device<'a> {
    type Ptr = KBox<u64>;
    type RegistrationData = &'a u64; //~ E0477

    fn open(_: MiscArgs<'_, Self>) -> Result<KBox<u64>> {
        Err(ENODEV)
    }
}

// SPDX-License-Identifier: GPL-2.0

//! `RegistrationEnds`: what a registration has borrows nothing, for one that is forgotten has it for ever.

use kernel::{
    fs::File,
    miscdevice::{
        MiscDevice,
        MiscDeviceRegistration, //
    },
    prelude::*,
    sync::poll::PollTable, //
};
use vmremap::SharedDevice;

struct Device<'a>(&'a u64);

// There is no `module!` here, which would make the type that this attribute names.
#[vtable] //~ E0412
impl<'a> MiscDevice for Device<'a> {
    type Ptr = KBox<u64>;

    fn open(_: &File, _: &MiscDeviceRegistration<Self>) -> Result<KBox<u64>> {
        Err(ENODEV)
    }
}

impl<'a> SharedDevice for Device<'a> {
    type Shared = &'a u64; //~ E0477

    fn poll(_: &u64, _: &File, _: &PollTable<'_>) -> u32 {
        0
    }
}

// SPDX-License-Identifier: GPL-2.0

//! `FileOpen`: `open` and `release` get no file: it has no private data yet, or is about to be freed.

use kernel::{
    fs::File,
    prelude::*, //
};
use vmremap::{
    MiscArgs,
    MiscDevice, //
};

module! {
    type: Module,
    name: "file_of_open_or_release",
    authors: ["vmremap"],
    description: "does not compile",
    license: "GPL",
}

struct Module;

impl kernel::Module for Module {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        Ok(Self)
    }
}

struct Device;

#[vtable]
impl MiscDevice for Device {
    type Ptr = KBox<Self>;
    type RegistrationData = ();

    fn open(
        _: &File, //~ E0050
        _: MiscArgs<'_, Self>,
    ) -> Result<KBox<Self>> {
        Err(ENODEV)
    }

    fn release(_: KBox<Self>, _: &File) {} //~ E0050
}

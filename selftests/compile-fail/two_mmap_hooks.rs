// SPDX-License-Identifier: GPL-2.0

//! `OpsMatch`: a device has one mmap hook, because the kernel calls neither of two.

use kernel::{
    fs::File,
    miscdevice::MiscDeviceOptions,
    prelude::*, //
};
use vmremap::{
    Mapping,
    MiscArgs,
    MiscDevice,
    MiscDeviceRegistration, //
};

module! {
    type: Module,
    name: "two_mmap_hooks",
    authors: ["vmremap"],
    description: "does not compile",
    license: "GPL",
}

#[pin_data]
struct Module {
    #[pin]
    device: MiscDeviceRegistration<Device>,
}

impl kernel::InPlaceModule for Module {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        let options = MiscDeviceOptions { name: c"two" };

        try_pin_init!(Self { //~ E0080
            device <- MiscDeviceRegistration::register(options, ()),
        })
    }
}

struct Device;

#[vtable]
impl MiscDevice for Device {
    type Ptr = KBox<Self>;
    type RegistrationData = ();

    fn open(_: MiscArgs<'_, Self>) -> Result<KBox<Self>> {
        Err(ENODEV)
    }

    fn mmap(_: &Self, _: &File, _: &Mapping<'_>) -> Result {
        Err(ENODEV)
    }

    fn mmap_prepare(_: &Self, _: &File, _: &Mapping<'_>) -> Result {
        Err(ENODEV)
    }
}

// SPDX-License-Identifier: GPL-2.0

//! `OpsMatch`: a device with `poll` has the condition variable that this waits on.

use kernel::{
    fs::File,
    miscdevice::MiscDeviceOptions,
    prelude::*, //
};
use vmremap::{
    MiscArgs,
    MiscDevice,
    MiscDeviceRegistration,
    PollEvents, //
};

module! {
    type: Module,
    name: "poll_without_condvar",
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
        let options = MiscDeviceOptions { name: c"poll" };

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

    fn poll(_: &Self, _: &File) -> PollEvents {
        PollEvents::NONE
    }
}

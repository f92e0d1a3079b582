// SPDX-License-Identifier: GPL-2.0

//! `/dev/starter`: each open file has 64 KiB of memory, which the driver shares with programs.
//! `ioctl()` returns the byte at the offset in its argument.

#![forbid(unsafe_code)]

use kernel::{
    fs::File,
    io::{
        io_read,
        io_write, //
    },
    miscdevice::MiscDeviceOptions,
    prelude::*, //
};
use vmremap::{
    Area,
    Flags,
    Mapping,
    MiscArgs,
    MiscDevice,
    MiscDeviceRegistration, //
};

module! {
    type: StarterModule,
    name: "starter",
    authors: ["You"],
    description: "Memory that programs share with a driver",
    license: "GPL",
}

#[pin_data]
struct StarterModule {
    #[pin]
    device: MiscDeviceRegistration<Starter>,
}

impl kernel::InPlaceModule for StarterModule {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        let options = MiscDeviceOptions { name: c"starter" };

        try_pin_init!(Self {
            device <- MiscDeviceRegistration::register(options, ()),
        })
    }
}

struct Starter {
    bytes: Area<[u8]>,
}

#[vtable]
impl MiscDevice for Starter {
    type Ptr = KBox<Self>;
    type RegistrationData = ();

    fn open(_: MiscArgs<'_, Self>) -> Result<KBox<Self>> {
        let bytes = Area::<u8>::zeroed_slice(64 << 10, Flags::NONE)?;
        io_write!(&bytes, [try: 0], 42);
        Ok(KBox::new(Self { bytes }, GFP_KERNEL)?)
    }

    fn mmap(me: &Self, _file: &File, mapping: &Mapping<'_>) -> Result {
        me.bytes.mmap(mapping, mapping.page_offset())
    }

    // A program can write at any time, so read each byte only once.
    fn ioctl(me: &Self, _file: &File, _cmd: u32, place: usize) -> Result<isize> {
        let byte: u8 = io_read!(&me.bytes, [try: place]);
        Ok(byte.into())
    }
}

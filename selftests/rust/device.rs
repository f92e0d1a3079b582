// SPDX-License-Identifier: GPL-2.0

//! `/dev/vmremap-rust-test`, whose `mmap` is that of `kunit/callback.rs`, and
//! `/dev/vmremap-rust-test-prepare`, whose `mmap_prepare` is.

use crate::callback;
use kernel::{
    fs::File,
    prelude::*,
    uaccess::UserSlice, //
};
use vmremap::{
    Area,
    Flags,
    Mapping,
    MiscArgs,
    MiscDevice, //
};

pub(crate) struct Device;

#[vtable]
impl MiscDevice for Device {
    type Ptr = KBox<Self>;
    type RegistrationData = ();

    fn open(_args: MiscArgs<'_, Self>) -> Result<KBox<Self>> {
        Ok(KBox::new(Self, GFP_KERNEL)?)
    }

    fn mmap(_me: &Self, _file: &File, mapping: &Mapping<'_>) -> Result {
        callback::mmap(mapping)
    }

    // Has `cmd` bytes at `arg` go into an area, and from there to as many that follow them.
    fn ioctl(_me: &Self, _file: &File, cmd: u32, arg: usize) -> Result<isize> {
        const OFFSET: usize = 5;
        let len = cmd as usize;
        let area = Area::<u8>::zeroed_slice(OFFSET + len, Flags::NONE)?;
        let from = UserSlice::new(UserPtr::from_addr(arg), len);
        let to = UserSlice::new(UserPtr::from_addr(arg + len), len);

        area.bytes()
            .copy_from_user(OFFSET, len, &mut from.reader())?;
        area.bytes().copy_to_user(OFFSET, len, &mut to.writer())?;
        Ok(0)
    }
}

pub(crate) struct Prepared;

#[vtable]
impl MiscDevice for Prepared {
    type Ptr = KBox<Self>;
    type RegistrationData = ();

    fn open(_args: MiscArgs<'_, Self>) -> Result<KBox<Self>> {
        Ok(KBox::new(Self, GFP_KERNEL)?)
    }

    fn mmap_prepare(_me: &Self, _file: &File, mapping: &Mapping<'_>) -> Result {
        callback::mmap(mapping)
    }
}

// SPDX-License-Identifier: GPL-2.0

//! `/dev/vmremap-rust-test`, whose `mmap` is that of `kunit/callback.rs`.

use crate::callback;
use kernel::{
    fs::File,
    miscdevice::{
        MiscDevice,
        MiscDeviceRegistration, //
    },
    mm::virt::VmaNew,
    prelude::*, //
};

pub(crate) struct Device;

#[vtable]
impl MiscDevice for Device {
    type Ptr = KBox<Self>;

    fn open(_file: &File, _misc: &MiscDeviceRegistration<Self>) -> Result<KBox<Self>> {
        Ok(KBox::new(Self, GFP_KERNEL)?)
    }

    fn mmap(_me: &Self, _file: &File, vma: &VmaNew) -> Result {
        callback::mmap(vma)
    }
}

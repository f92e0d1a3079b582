// SPDX-License-Identifier: GPL-2.0

//! `OpsMatch`: a device is registered by the crate whose trait it has, with the data of its own type.

use kernel::{
    fs::File,
    miscdevice::{
        self,
        MiscDeviceOptions, //
    },
    prelude::*, //
};
use vmremap::{
    Mapping,
    MiscArgs,
    MiscDevice,
    MiscDeviceRegistration, //
};

const OPTIONS: MiscDeviceOptions = MiscDeviceOptions { name: c"device" };

struct Ours;

// There is no `module!` here, which would make the type that this attribute names.
#[vtable] //~ E0412
impl MiscDevice for Ours {
    type Ptr = KBox<u64>;
    type RegistrationData = u64;

    fn open(args: MiscArgs<'_, Self>) -> Result<KBox<u64>> {
        Ok(KBox::new(*args.data, GFP_KERNEL)?)
    }
}

struct Kernels;

#[vtable] //~ E0412
impl miscdevice::MiscDevice for Kernels {
    type Ptr = KBox<u64>;

    fn open(_: &File, _: &miscdevice::MiscDeviceRegistration<Self>) -> Result<KBox<u64>> {
        Err(ENODEV)
    }
}

fn ours_by_the_kernels() {
    let _ = miscdevice::MiscDeviceRegistration::<Ours>::register(OPTIONS); //~ E0599
}

fn kernels_by_ours() {
    let _ = MiscDeviceRegistration::<Kernels>::register(OPTIONS, 0); //~ E0277 E0599
}

fn with_other_data() {
    let _ = MiscDeviceRegistration::<Ours>::register(OPTIONS, "other"); //~ E0277
}

fn by_an_adapter() {
    type Adapter = vmremap::miscdevice::fops::Adapter<Ours>; //~ E0603

    let _ = miscdevice::MiscDeviceRegistration::<Adapter>::register(OPTIONS);
}

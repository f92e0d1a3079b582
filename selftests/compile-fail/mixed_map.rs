// SPDX-License-Identifier: GPL-2.0

//! `VmaUntouched`: a driver cannot make a mixed map of what it maps an area into, neither before nor after.

use kernel::{
    fs::File,
    miscdevice,
    mm::virt::VmaNew,
    prelude::*, //
};
use vmremap::{
    Area,
    Mapping,
    MiscArgs,
    MiscDevice, //
};

fn mapped_first(area: &Area<[u8]>, mapping: &Mapping<'_>) -> Result {
    area.mmap(mapping, mapping.page_offset())?;
    mapping.set_mixedmap(); //~ E0599
    Ok(())
}

fn of_another_registration(area: &Area<[u8]>, vma: &VmaNew) -> Result {
    area.mmap(vma, 0)?; //~ E0308
    vma.set_mixedmap();
    Ok(())
}

fn converted(area: &Area<[u8]>, vma: &VmaNew) -> Result {
    area.mmap(&Mapping::from_vma(vma), 0)?; //~ E0133
    vma.set_mixedmap();
    Ok(())
}

struct Device(Area<[u8]>);

// There is no `module!` here, which would make the type that this attribute names.
#[vtable] //~ E0412
impl MiscDevice for Device {
    type Ptr = KBox<Self>;
    type RegistrationData = ();

    fn open(_: MiscArgs<'_, Self>) -> Result<KBox<Self>> {
        Err(ENODEV)
    }

    fn mmap(
        me: &Self,
        _: &File,
        vma: &VmaNew, //~ E0053
    ) -> Result {
        me.0.mmap(vma, 0) //~ E0308
    }
}

// SPDX-License-Identifier: GPL-2.0

//! `RegistrationEnds` `AreaOutlives` `DeviceBorrowed`: what a callback borrows, no other thread and nothing that stays gets.

use kernel::{
    device::{
        Bound,
        Device, //
    },
    prelude::*,
    workqueue, //
};
use vmremap::{
    Area,
    Frozen,
    Mapping,
    MiscArgs,
    MiscDevice, //
};

fn arguments_in_another_thread<T: MiscDevice + 'static>(args: MiscArgs<'_, T>) -> Result {
    workqueue::system().try_spawn(GFP_KERNEL, move || drop(args.data))?; //~ E0521
    Ok(())
}

fn view_in_another_thread(area: &Area<[u8]>) -> Result {
    let view = area.bytes();
    workqueue::system().try_spawn(GFP_KERNEL, move || drop(view))?; //~ E0277
    Ok(())
}

fn guard_in_another_thread(area: &mut Area<[u8]>) -> Result {
    let guard: Frozen<'_, [u8]> = area.freeze()?; //~ E0521
    workqueue::system().try_spawn(GFP_KERNEL, move || drop(guard))?;
    Ok(())
}

fn mapping_in_another_thread(area: Area<[u8]>, mapping: &Mapping<'_>) -> Result {
    workqueue::system().try_spawn(GFP_KERNEL, move || drop(area.mmap(mapping, 0)))?; //~ E0277
    Ok(())
}

fn device_in_another_thread(dev: &Device<Bound>) -> Result {
    workqueue::system().try_spawn(GFP_KERNEL, move || drop(dev.name()))?; //~ E0521
    Ok(())
}

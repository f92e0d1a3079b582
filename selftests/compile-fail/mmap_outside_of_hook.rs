// SPDX-License-Identifier: GPL-2.0

//! `VmaInit`: only what an mmap hook is given can be mapped into.

use kernel::{
    bindings,
    mm::{
        virt::{
            VmaNew,
            VmaRef, //
        },
        MmWithUser, //
    },
    prelude::*, //
};
use vmremap::{
    Area,
    Mapping, //
};

fn of_a_live_process(area: &Area<[u8]>, mm: &MmWithUser) -> Result {
    let guard = mm.mmap_read_lock();
    let vma = guard.vma_lookup(0x1000).ok_or(EINVAL)?;
    area.mmap(vma, 0) //~ E0308
}

fn of_none(area: &Area<[u8]>) -> Result {
    area.mmap(0) //~ E0061
}

fn of_a_raw_vma(area: &Area<[u8]>, vma: *mut bindings::vm_area_struct) -> Result {
    area.mmap(&Mapping::from_vma(VmaNew::from_raw(vma)), 0) //~ E0133
}

fn of_a_raw_description(area: &Area<[u8]>, desc: *mut bindings::vm_area_desc) -> Result {
    area.mmap(&Mapping::from_desc(desc), 0) //~ E0133
}

fn promoted(vma: &VmaRef) -> &VmaNew {
    vma //~ E0308
}

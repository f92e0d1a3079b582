// SPDX-License-Identifier: GPL-2.0

//! `PagesOutlive`: a driver has no page of an area, which it could map where nobody looks for it.

use kernel::{
    device::{
        Bound,
        Device, //
    },
    dma::DataDirection,
    mm::virt::VmaMixedMap,
    page::AsPageIter,
    prelude::*,
    scatterlist::SGTable, //
};
use vmremap::{
    Area,
    DmaArea, //
};

fn mapped_by_another_vma(vma: &VmaMixedMap, area: &mut Area<[u8]>) -> Result {
    let page = area.page_iter().next().ok_or(EINVAL)?; //~ E0599

    vma.vm_insert_page(0, &page)
}

fn of_memory_of_a_device(vma: &VmaMixedMap, area: &mut DmaArea<[u8]>) -> Result {
    let page = area.page_iter().next().ok_or(EINVAL)?; //~ E0599

    vma.vm_insert_page(0, &page)
}

fn listed_by_a_table(dev: &Device<Bound>, area: Area<[u8]>) {
    let _ = SGTable::new(dev, area, DataDirection::ToDevice, GFP_KERNEL); //~ E0277
}

// SPDX-License-Identifier: GPL-2.0

//! `VmaInit`: a VMA that is being set up is known to its `mmap` callback only, and in its thread.

use kernel::{
    mm::virt::VmaNew,
    prelude::*, //
};
use vmremap::{
    Area,
    VmaDesc, //
};

struct Driver<'a> {
    area: Area<[u8]>,
    kept: Option<&'a VmaNew>,
}

fn mmap<'a>(driver: &mut Driver<'a>, vma: &VmaNew) -> Result {
    driver.kept = Some(vma); //~ E0621
    driver.area.mmap(vma, 0)
}

fn mmap_in_another_thread(vma: &VmaNew) {
    fn send<T: Send>(_: T) {}
    send(vma); //~ E0277
}

struct Other<'a>(Option<&'a VmaDesc>);

fn mmap_prepare<'a>(driver: &mut Other<'a>, desc: &VmaDesc) {
    driver.0 = Some(desc); //~ E0621
}

fn mmap_prepare_in_another_thread(desc: &VmaDesc, owned: VmaDesc) {
    fn send<T: Send>(_: T) {}
    send(desc); //~ E0277
    send(owned); //~ E0277
}

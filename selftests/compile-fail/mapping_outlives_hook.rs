// SPDX-License-Identifier: GPL-2.0

//! `VmaInit`: a mapping that is being made is known to its mmap hook only, and in its thread.

use kernel::prelude::*;
use vmremap::{
    Area,
    Mapping, //
};

struct Driver<'a, 'b> {
    area: Area<[u8]>,
    kept: Option<&'a Mapping<'b>>,
}

fn mmap<'a, 'b>(driver: &mut Driver<'a, 'b>, mapping: &Mapping<'b>) -> Result {
    driver.kept = Some(mapping); //~ E0621
    driver.area.mmap(mapping, 0)
}

fn copied(mapping: &Mapping<'_>) {
    fn is_copy<T: Copy>(_: T) {}
    is_copy(*mapping); //~ E0277
}

fn in_another_thread(mapping: &Mapping<'_>, owned: Mapping<'_>) {
    fn send<T: Send>(_: T) {}
    send(mapping); //~ E0277
    send(owned); //~ E0277
}

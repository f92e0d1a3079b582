// SPDX-License-Identifier: GPL-2.0

//! `SoleReference` `NoSharedRef`: a weak handle maps, and gives neither an area nor its bytes.

use kernel::{
    io::io_read,
    prelude::*, //
};
use vmremap::{
    Area,
    Flags,
    Mapping,
    WeakArea, //
};

fn upgraded(weak: &WeakArea) -> Option<Area<[u8]>> {
    weak.upgrade() //~ E0599
}

fn converted(weak: WeakArea) -> Area<[u8]> {
    weak.into() //~ E0277
}

fn viewed(weak: &WeakArea) -> u8 {
    io_read!(weak, [try: 0]) //~ E0277 E0599
}

fn by_its_bytes(weak: &WeakArea) -> Result {
    weak.bytes().write_at(0, &[1]) //~ E0599
}

fn frozen(weak: &mut WeakArea) -> bool {
    weak.freeze().is_ok() //~ E0599
}

fn taken_back(weak: &WeakArea) -> Result {
    weak.revoke() //~ E0599
}

fn made_up() -> WeakArea {
    WeakArea::default() //~ E0599
}

fn mapped_outside_of_a_hook(weak: &WeakArea) -> Result {
    weak.mmap(0) //~ E0061
}

fn made_while_frozen(mapping: &Mapping<'_>) -> Result {
    let mut area = Area::<u32>::zeroed_slice(4, Flags::REVOCABLE)?;
    let mut frozen = area.freeze()?;
    area.downgrade().mmap(mapping, 0)?; //~ E0502
    frozen.fill(1);
    Ok(())
}

// SPDX-License-Identifier: GPL-2.0

//! `AreaOutlives`: a view of an area's memory does not outlive the area.

use kernel::{
    io::{
        io_read,
        IoBase, //
    },
    prelude::*, //
};
use vmremap::{
    Area,
    Flags,
    SharedMem, //
};

fn dropped_before_use() -> Result<u8> {
    let area = Area::<u8>::zeroed_slice(1, Flags::NONE)?;
    let view = area.bytes();
    drop(area); //~ E0505
    Ok(io_read!(view, [try: 0]))
}

fn returned(area: Area<[u8]>) -> SharedMem<'static, [u8]> {
    area.bytes() //~ E0515
}

fn out_of_scope() -> Result<u64> {
    let field;
    {
        let area = Area::<u64>::zeroed(Flags::NONE)?;
        field = area.as_view(); //~ E0597
    }
    Ok(field.load(kernel::sync::atomic::Acquire))
}

struct Kept<'a> {
    view: SharedMem<'a, [u8]>,
}

fn moved_away<'a>(area: &'a Area<[u8]>, kept: &mut Kept<'a>, new: Area<[u8]>) {
    kept.view = area.bytes();
    kept.view = new.bytes(); //~ E0597
}

fn used_after_drop(area: Area<[u8]>) -> usize {
    drop(area);
    area.size() //~ E0382
}

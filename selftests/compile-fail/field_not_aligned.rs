// SPDX-License-Identifier: GPL-2.0

//! `PointerAligned`: a view is aligned for its type, and a field that is not has none.

use kernel::{
    io::{
        io_project,
        io_read,
        io_write, //
    },
    prelude::*, //
};
use vmremap::{
    Area,
    SharedMem, //
};

#[repr(C, packed)]
#[derive(FromBytes, IntoBytes)]
struct Packed {
    byte: u8,
    word: u32,
}

fn view(area: &Area<Packed>) -> SharedMem<'_, u32> {
    io_project!(area, .word) //~ E0793
}

fn read(area: &Area<Packed>) -> u32 {
    io_read!(area, .word) //~ E0793
}

fn written(area: &Area<Packed>) {
    io_write!(area, .word, 1); //~ E0793
}

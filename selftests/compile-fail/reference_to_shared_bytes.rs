// SPDX-License-Identifier: GPL-2.0

//! `NoSharedRef`: there is no reference to bytes that a program can write.

use vmremap::Area;

fn by_coercion(area: &Area<[u8]>) -> &[u8] {
    area //~ E0308
}

fn by_deref(area: &Area<u32>) -> &u32 {
    &**area //~ E0614
}

fn by_index(area: &Area<[u8]>) -> &u8 {
    &area[0] //~ E0608
}

fn by_as_ref(area: &mut Area<[u8]>) -> &mut [u8] {
    area.as_mut() //~ E0599
}

fn by_a_view(area: &Area<[u8]>) -> &[u8] {
    let bytes = area.bytes().as_ptr();
    &*bytes //~ E0133
}

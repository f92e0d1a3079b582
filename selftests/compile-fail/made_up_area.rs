// SPDX-License-Identifier: GPL-2.0

//! `AreaOutlives`: an `Area` comes with a reference on an area, and can be had in no other way.

use core::ptr::NonNull;
use vmremap::Area;

fn make_up() -> Area<u32> {
    Area {
        raw: NonNull::dangling(),    //~ E0451
        memory: NonNull::dangling(), //~ E0451
    }
}

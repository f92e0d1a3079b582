// SPDX-License-Identifier: GPL-2.0

//! `ReferenceHeld` `NoUserAccess` `VmaInit`: an `Area` and a `WeakArea` come from an area, a `Frozen` from a frozen one, a
//! `Mapping` from what a hook was given, and none of them can be had in another way.

use core::ptr::NonNull;
use vmremap::{
    Area,
    Frozen,
    Mapping,
    WeakArea, //
};

fn make_up() -> Area<u32> {
    Area {
        handle: panic!(),            //~ E0451
        memory: NonNull::dangling(), //~ E0451
    }
}

fn make_up_weak() -> WeakArea {
    WeakArea { shared: panic!() } //~ E0451
}

fn make_up_frozen(area: &mut Area<u32>) -> Frozen<'_, u32> {
    Frozen { area } //~ E0451
}

fn make_up_mapping<'a>(mapping: Mapping<'a>) -> Mapping<'a> {
    Mapping {
        page_offset: 0, //~ E0451
        ..mapping       //~ E0451
    }
}

// SPDX-License-Identifier: GPL-2.0

//! `AbiLayout`: the C side is for the crate alone, whose types are checked against it.

use vmremap::{
    Flags,
    PollEvents, //
};

fn call_c() {
    vmremap::bindings::vmremap_area_alloc(4096, 0); //~ E0603 E0133
}

fn make_up_a_flag() -> Flags {
    Flags(0x8000_0000) //~ E0423
}

fn make_up_events() -> PollEvents {
    PollEvents(!0) //~ E0423
}

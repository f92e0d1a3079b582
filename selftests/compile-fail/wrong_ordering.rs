// SPDX-License-Identifier: GPL-2.0

//! A load acquires and a store releases; the reverse means nothing.

use kernel::{
    io::IoBase,
    sync::atomic::{
        Acquire,
        Release, //
    }, //
};
use vmremap::Area;

fn reversed(area: &Area<u32>) {
    let field = area.as_view();
    field.load(Release); //~ E0277
    field.store(1, Acquire); //~ E0277
}

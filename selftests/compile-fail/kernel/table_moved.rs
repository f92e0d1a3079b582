// SPDX-License-Identifier: GPL-2.0

//! *Moved table*: the DMA mapping of an `SGTable` points to the table, which must stay in its box.

use core::mem;
use kernel::{
    device::{
        Bound,
        Device, //
    },
    dma::DataDirection,
    prelude::*,
    scatterlist::{
        Owned,
        SGTable, //
    },
};

type Table = SGTable<Owned<VVec<u8>>>;

fn map(dev: &Device<Bound>, pages: VVec<u8>) -> Result<Pin<KBox<Table>>> {
    let table = SGTable::new(dev, pages, DataDirection::ToDevice, GFP_KERNEL);

    KBox::pin_init(table, GFP_KERNEL)
}

fn moved(table: Pin<KBox<Table>>) -> Table {
    KBox::into_inner(Pin::into_inner(table)) //~ E0277
}

fn swapped(mut one: Pin<KBox<Table>>, mut other: Pin<KBox<Table>>) {
    mem::swap(one.as_mut().get_mut(), other.as_mut().get_mut()); //~ E0277
}

// SPDX-License-Identifier: GPL-2.0

//! `ImportStays`: the table of a dma-buf is lent only while the dma-buf is mapped.

use kernel::{
    dma::DataDirection,
    prelude::*,
    scatterlist::SGTable, //
};
use vmremap::{
    DmaBuf,
    DmaBufImporter, //
};

fn stored<'a>(
    importer: &DmaBufImporter,
    dma_buf: &DmaBuf,
    kept: &mut Option<&'a SGTable>,
) -> Result {
    importer.map(dma_buf, DataDirection::ToDevice, |table| {
        *kept = Some(table) //~ E0521
    })
}

fn dropped_meanwhile(importer: DmaBufImporter, dma_buf: &DmaBuf) -> Result {
    importer.map(dma_buf, DataDirection::ToDevice, |_| drop(importer)) //~ E0505
}

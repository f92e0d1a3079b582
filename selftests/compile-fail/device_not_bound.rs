// SPDX-License-Identifier: GPL-2.0

//! `DeviceBound`: only of a device that is bound is something made, and what it is made of is not kept.

use kernel::{
    device::{
        Bound,
        Device, //
    },
    dma::DataDirection,
    irq::ThreadedHandler,
    pci,
    prelude::*, //
};
use vmremap::{
    handle_interrupt,
    Area,
    DmaArea, //
};

fn mapped(dev: &Device, area: Area<[u8]>) -> impl PinInit<DmaArea<[u8]>, Error> + '_ {
    DmaArea::new(dev, area, DataDirection::Bidirectional) //~ E0308
}

fn mapped_later(dev: &Device<Bound>, area: Area<[u8]>) -> impl PinInit<DmaArea<[u8]>, Error> {
    DmaArea::new(dev, area, DataDirection::Bidirectional) //~ E0700
}

fn handled<H: ThreadedHandler + Send + 'static>(pdev: &pci::Device, handler: H) -> Result {
    handle_interrupt(pdev, c"handled", handler) //~ E0308
}

fn handled_for_a_while<'a, H: ThreadedHandler + Send + 'a>(
    pdev: &pci::Device<Bound>,
    handler: H,
) -> Result {
    handle_interrupt(pdev, c"handled", handler) //~ E0310
}

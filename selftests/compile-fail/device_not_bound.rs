// SPDX-License-Identifier: GPL-2.0

//! `DeviceBorrowed` `DeviceBound`: something is only made of a device that is bound, and a callback only of the driver's own.

use kernel::{
    device::{
        Bound,
        Core,
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

fn mapped(dev: &Device, area: Area<[u8]>) -> Result<DmaArea<[u8]>> {
    DmaArea::new(dev, area, DataDirection::Bidirectional) //~ E0308
}

fn handled<H: ThreadedHandler + Send + 'static>(pdev: &pci::Device, handler: H) -> Result {
    handle_interrupt(pdev, c"handled", handler) //~ E0308
}

// As the parent of an auxiliary device, which its driver does not unbind.
fn handled_for_another<H: ThreadedHandler + Send + 'static>(
    parent: &pci::Device<Bound>,
    handler: H,
) -> Result {
    handle_interrupt(parent, c"handled", handler) //~ E0308
}

fn handled_for_a_while<'a, H: ThreadedHandler + Send + 'a>(
    pdev: &pci::Device<Core<'_>>,
    handler: H,
) -> Result {
    handle_interrupt(pdev, c"handled", handler) //~ E0310
}

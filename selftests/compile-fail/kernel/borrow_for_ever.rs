// SPDX-License-Identifier: GPL-2.0

//! *Endless borrow*: a device of a bus is borrowed for longer than the device that it is made of.

use kernel::{
    device::{
        Bound,
        Device, //
    },
    pci,
    prelude::*, //
};

fn kept(dev: &Device<Bound>) -> Result<&'static pci::Device<Bound>> {
    <&'static pci::Device<Bound>>::try_from(dev) //~ E0521
}

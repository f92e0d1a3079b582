// SPDX-License-Identifier: GPL-2.0

//! *False table*: the rows of a driver's own table say which address `probe` gets as `&IdInfo`.

use kernel::{
    bindings::pci_device_id,
    device::Core,
    device_id::IdTable,
    pci,
    prelude::*, //
};

#[repr(transparent)]
struct Rows([pci_device_id; 2]);

static ROWS: Rows = Rows([
    pci_device_id {
        vendor: 0x1234,
        device: 0x11e8,
        subvendor: !0,
        subdevice: !0,
        class: 0,
        class_mask: 0,
        driver_data: 8,
        override_only: 0,
    },
    pci_device_id {
        vendor: 0,
        device: 0,
        subvendor: 0,
        subdevice: 0,
        class: 0,
        class_mask: 0,
        driver_data: 0,
        override_only: 0,
    },
]);

#[rustfmt::skip] // It would move the comment into the block.
impl IdTable<pci::DeviceId, u64> for Rows { //~ E0200
    fn as_ptr(&self) -> *const pci_device_id {
        self.0.as_ptr()
    }
}

struct Driver(u64);

impl pci::Driver for Driver {
    type IdInfo = u64;
    type Data<'bound> = Self;
    const ID_TABLE: pci::IdTable<u64> = &ROWS;

    fn probe<'bound>(
        _: &'bound pci::Device<Core<'_>>,
        info: Option<&'bound u64>,
    ) -> impl PinInit<Self, Error> + 'bound {
        info.map(|info| Self(*info)).ok_or(ENODEV)
    }
}

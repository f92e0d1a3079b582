// SPDX-License-Identifier: GPL-2.0

//! vmremap edu sample in Rust: a PCI device copies to and from memory that a program has mapped,
//! and can be unplugged meanwhile. `samples/edu/demo.c` is such a program.
//!
//! `probe` and `unbind` below show setup and teardown in order. [`engine`] drives the device, and
//! [`file`] has the file operations.

#![forbid(unsafe_code)]

mod engine;
mod file;
mod uapi;

use engine::{
    Edu,
    Interrupt, //
};
use file::EduFile;
use kernel::{
    device::Core,
    io::Io,
    miscdevice::MiscDeviceOptions,
    pci,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Full,
            Release, //
        },
        Arc, //
    }, //
};
use vmremap::MiscDeviceRegistration;

/// The driver's data of the device, from `probe` to `unbind`.
#[pin_data]
struct Plugged {
    #[pin]
    registration: MiscDeviceRegistration<EduFile>,
    edu: Arc<Edu>,
    _name: Name,
}

/// The device name. Only one PCI device at a time can have it.
struct Name;

static NAME_TAKEN: Atomic<bool> = Atomic::new(false);

impl Name {
    fn take() -> Result<Self> {
        match NAME_TAKEN.xchg(true, Full) {
            true => Err(ENODEV),
            false => Ok(Self),
        }
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        NAME_TAKEN.store(false, Release);
    }
}

struct EduDriver;

// The kernel crate makes an ID only for vendors that it has a constant for, and has none for this
// vendor. So the table matches all devices of the class, and `probe` refuses other devices.
const UNCLASSIFIED: u32 = 0x00ff00;
const VENDOR: u16 = 0x1234;
const DEVICE: u16 = 0x11e8;

kernel::pci_device_table!(
    PCI_TABLE,
    <EduDriver as pci::Driver>::IdInfo,
    [(pci::DeviceId::from_class(UNCLASSIFIED, 0xffff00), ())]
);

impl pci::Driver for EduDriver {
    type IdInfo = ();
    type Data<'bound> = Plugged;

    const ID_TABLE: pci::IdTable<Self::IdInfo> = &PCI_TABLE;

    fn probe<'bound>(
        pdev: &'bound pci::Device<Core<'_>>,
        _info: Option<&'bound ()>,
    ) -> impl PinInit<Plugged, Error> + 'bound {
        pin_init::pin_init_scope(move || {
            if (pdev.vendor_id().as_raw(), pdev.device_id()) != (VENDOR, DEVICE) {
                return Err(ENODEV);
            }
            let name = Name::take()?;

            pdev.enable_device_mem()?;
            let edu = Edu::new(pdev)?;
            edu.wait_idle()?;
            vmremap::handle_interrupt(pdev, c"vmremap_edu_rust", Interrupt::new(edu.clone()))?;
            pdev.set_master();

            let options = MiscDeviceOptions {
                name: c"vmremap-edu-rust",
            };
            Ok(try_pin_init!(Plugged {
                registration <- MiscDeviceRegistration::register(options, edu.clone()),
                edu,
                _name: name,
            }))
        })
    }

    // The device goes away, perhaps during a copy. First keep calls from starting it, then keep the
    // device from memory, and then programs. After that, the interrupt, the DMA mapping, the
    // registers and the name are dropped.
    fn unbind<'bound>(pdev: &'bound pci::Device<Core<'_>>, plugged: Pin<&Plugged>) {
        const COMMAND: usize = 0x4;
        const BUS_MASTER: u16 = 1 << 2;

        plugged.edu.unplug();
        let config = pdev.config_space();
        config.write16(config.read16(COMMAND) & !BUS_MASTER, COMMAND);
        plugged.edu.take_back();
    }
}

kernel::module_pci_driver! {
    type: EduDriver,
    name: "vmremap_edu_rust",
    authors: ["vmremap"],
    description: "vmremap sample: a PCI function that copies into memory of programs",
    license: "GPL",
    imports_ns: ["DMA_BUF"],
    params: {
        dma_mask: u64 {
            default: 0xfff_ffff,
            description: "the dma_mask that QEMU's edu has (default 28 bits, as in QEMU)",
        },
    },
}

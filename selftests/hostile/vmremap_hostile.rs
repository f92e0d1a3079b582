// SPDX-License-Identifier: GPL-2.0

//! Drivers that are safe code and do to the crate vmremap what they should not, reported in KTAP.
//! The kernel must have nothing to report, neither meanwhile nor when they are unloaded.
//!
//! Each is a test, which runs when the driver is bound to QEMU's edu device. Those that a program
//! has a part in are files of `/dev/vmremap-hostile`: see [`hooks`] and `selftests/hostile.c`.

#![forbid(unsafe_code)]

use kernel::{
    device::Core,
    miscdevice::MiscDeviceOptions,
    pci,
    prelude::*,
    sync::{
        atomic::{
            Acquire,
            Atomic,
            Release, //
        },
        Arc,
        Completion, //
    },
    workqueue, //
};
use vmremap::{
    Area,
    Flags,
    MiscDeviceRegistration, //
};

#[macro_use]
#[path = "../../kunit/assert.rs"]
mod assert;

mod area;
mod dma;
mod dma_buf;
mod frozen;
mod hooks;
mod registration;
mod weak;

type Function<'a> = pci::Device<Core<'a>>;

type Check = (&'static str, fn(&Function<'_>) -> Result);

macro_rules! checks {
    ($($check:ident),* $(,)?) => {
        pub(crate) const CHECKS: &[crate::Check] = &[$((stringify!($check), $check)),*];
    };
}
pub(crate) use checks;

/// Makes an area of so many bytes, which are all `byte`.
fn filled(len: usize, byte: u8) -> Result<Area<[u8]>> {
    let mut area = Area::<u8>::zeroed_slice(len, Flags::REVOCABLE)?;

    area.freeze()?.fill(byte);
    Ok(area)
}

/// Returns whether all bytes are `byte`.
fn all_are(area: &Area<[u8]>, byte: u8) -> Result<bool> {
    let mut copy = KVVec::from_elem(0, area.len(), GFP_KERNEL)?;

    area.bytes().read_at(0, &mut copy)?;
    Ok(copy.iter().all(|&found| found == byte))
}

/// Has another thread do something, and waits for it.
fn in_another_thread(what: impl FnOnce() + Send + 'static) -> Result {
    let done = Arc::pin_init(Completion::new(), GFP_KERNEL)?;
    let tell = done.clone();

    workqueue::system().try_spawn(GFP_KERNEL, move || {
        what();
        tell.complete_all();
    })?;
    done.wait_for_completion();
    Ok(())
}

/// What the driver has of its device.
#[pin_data]
struct Bound {
    #[pin]
    device: MiscDeviceRegistration<hooks::Hostile>,
    #[pin]
    prepared: MiscDeviceRegistration<hooks::Prepared>,
}

struct Driver;

kernel::pci_device_table!(
    PCI_TABLE,
    <Driver as pci::Driver>::IdInfo,
    [(pci::DeviceId::from_class(0x00ff00, 0xffff00), ())]
);

/// The tests are run once, and not when a program binds the device again.
static TESTED: Atomic<bool> = Atomic::new(false);

fn test(pdev: &Function<'_>) {
    let suites = [
        area::CHECKS,
        frozen::CHECKS,
        dma::CHECKS,
        dma_buf::CHECKS,
        registration::CHECKS,
        weak::CHECKS,
    ];
    let all = || suites.iter().flat_map(|checks| checks.iter());

    pr_info!("KTAP version 1\n");
    pr_info!("1..{}\n", all().count());
    for (nr, (name, test)) in all().enumerate() {
        let verdict = if test(pdev).is_ok() { "ok" } else { "not ok" };
        pr_info!("{} {} {}\n", verdict, nr + 1, name);
    }
}

impl pci::Driver for Driver {
    type IdInfo = ();
    type Data<'bound> = Bound;

    const ID_TABLE: pci::IdTable<Self::IdInfo> = &PCI_TABLE;

    fn probe<'bound>(
        pdev: &'bound Function<'_>,
        _info: Option<&'bound ()>,
    ) -> impl PinInit<Bound, Error> + 'bound {
        pin_init::pin_init_scope(move || {
            if !TESTED.load(Acquire) {
                TESTED.store(true, Release);
                test(pdev);
            }
            let options = |name| MiscDeviceOptions { name };
            let shared = hooks::Shared::new(pdev)?;

            Ok(try_pin_init!(Bound {
                device <- MiscDeviceRegistration::register(
                    options(c"vmremap-hostile"),
                    shared.clone(),
                ),
                prepared <- MiscDeviceRegistration::register(
                    options(c"vmremap-hostile-prepare"),
                    shared,
                ),
            }))
        })
    }

    fn unbind<'bound>(pdev: &'bound Function<'_>, _: Pin<&Bound>) {
        if dma::while_unbinding(pdev).is_err() {
            pr_err!("unbinding failed\n");
        }
    }
}

kernel::module_pci_driver! {
    type: Driver,
    name: "vmremap_hostile",
    authors: ["vmremap"],
    description: "vmremap: safe drivers that try to break the crate",
    license: "GPL",
    imports_ns: ["DMA_BUF"],
}

// SPDX-License-Identifier: GPL-2.0

//! Tests of `DmaArea` and `handle_interrupt()`, with QEMU's edu device, reported in KTAP.

#![forbid(unsafe_code)]

#[macro_use]
#[path = "../../kunit/assert.rs"]
mod assert;

use kernel::{
    auxiliary,
    device::Core,
    dma::DataDirection,
    driver,
    irq::{
        IrqReturn,
        ThreadedHandler, //
    },
    pci,
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    },
    types::ForLt, //
};
use vmremap::{
    handle_interrupt,
    Area,
    DmaArea,
    DmaBufImporter,
    Flags, //
};

type Function<'a> = pci::Device<Core<'a>>;

type Check = fn(&Function<'_>) -> Result;

const CHECKS: &[(&str, Check)] = &[
    ("no_direction_is_refused", no_direction_is_refused),
    ("no_mask_is_refused", no_mask_is_refused),
    ("moved_while_mapped", moved_while_mapped),
    ("bytes_of_the_cpu_stay", bytes_of_the_cpu_stay),
    ("owner_is_changed_once", owner_is_changed_once),
    ("bytes_handed_over_come_back", bytes_handed_over_come_back),
    ("mapped_area_is_not_frozen", mapped_area_is_not_frozen),
    ("second_handler_is_refused", second_handler_is_refused),
    ("leaked_while_mapped", leaked_while_mapped),
];

const DIRECTIONS: [DataDirection; 3] = [
    DataDirection::Bidirectional,
    DataDirection::ToDevice,
    DataDirection::FromDevice,
];

struct Driver;

kernel::pci_device_table!(
    PCI_TABLE,
    <Driver as pci::Driver>::IdInfo,
    [(pci::DeviceId::from_class(0x00ff00, 0xffff00), ())]
);

impl pci::Driver for Driver {
    type IdInfo = ();
    type Data<'bound> = Driver;

    const ID_TABLE: pci::IdTable<Self::IdInfo> = &PCI_TABLE;

    fn probe<'bound>(
        pdev: &'bound Function<'_>,
        _info: Option<&'bound ()>,
    ) -> impl PinInit<Driver, Error> + 'bound {
        pin_init::pin_init_scope(move || {
            pr_info!("KTAP version 1\n");
            pr_info!("1..{}\n", CHECKS.len());
            for (nr, (name, test)) in CHECKS.iter().enumerate() {
                let verdict = if test(pdev).is_ok() { "ok" } else { "not ok" };
                pr_info!("{} {} {}\n", verdict, nr + 1, name);
            }
            Ok(Ok::<_, Error>(Driver))
        })
    }
}

fn area() -> Result<Area<[u8]>> {
    Area::<u8>::zeroed_slice(1 << 20, Flags::REVOCABLE)
}

/// Writes the same byte at some places of the area, and returns whether they all have it.
fn write(area: &Area<[u8]>, byte: u8) -> Result {
    (0..area.len())
        .step_by(4096)
        .try_for_each(|at| area.bytes().write_at(at, &[byte]))
}

fn all_are(area: &Area<[u8]>, byte: u8) -> Result<bool> {
    for at in (0..area.len()).step_by(4096) {
        let mut copy = [0];

        area.bytes().read_at(at, &mut copy)?;
        if copy != [byte] {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Takes what memory was freed, so that nothing of what was there is left while it is held.
fn overwrite_freed_memory() -> Result<KVec<KBox<[u64; 12]>>> {
    let mut taken = KVec::new();

    for _ in 0..256 {
        taken.push(
            KBox::new([0x4141_4141_4141_4141; 12], GFP_KERNEL)?,
            GFP_KERNEL,
        )?;
    }
    Ok(taken)
}

fn no_direction_is_refused(pdev: &Function<'_>) -> Result {
    let mapped = DmaArea::new(pdev.as_ref(), area()?, DataDirection::None);

    assert_eq!(mapped.err(), Some(EINVAL));
    Ok(())
}

/// A driver of a child of the device. Auxiliary devices have no DMA mask.
struct Child;

const CHILD: &CStr = c"child";

kernel::auxiliary_device_table!(
    CHILD_TABLE,
    <Child as auxiliary::Driver>::IdInfo,
    [(auxiliary::DeviceId::new(NAME, CHILD), ())]
);

/// How many functions have refused it.
static REFUSED: Atomic<i32> = Atomic::new(0);

impl auxiliary::Driver for Child {
    type IdInfo = ();
    type Data<'bound> = Self;

    const ID_TABLE: auxiliary::IdTable<Self::IdInfo> = &CHILD_TABLE;

    fn probe<'bound>(
        adev: &'bound auxiliary::Device<Core<'_>>,
        _info: &'bound (),
    ) -> impl PinInit<Self, Error> + 'bound {
        let mapped = DmaArea::new(adev.as_ref(), area()?, DataDirection::Bidirectional);
        let importer = DmaBufImporter::new(adev.as_ref());

        for err in [mapped.err(), importer.err()] {
            REFUSED.add(i32::from(err == Some(EINVAL)), Relaxed);
        }
        Ok(Self)
    }
}

/// `DmaMapped`: the kernel would warn, map nothing, and report success.
fn no_mask_is_refused(pdev: &Function<'_>) -> Result {
    let _child = auxiliary::Registration::<ForLt!(())>::new(pdev.as_ref(), CHILD, 0, NAME, ())?;

    assert_eq!(REFUSED.load(Relaxed), 2);
    Ok(())
}

/// `DeviceBound`: wherever it is moved to.
fn moved_while_mapped(pdev: &Function<'_>) -> Result {
    let mut moved = KVec::new();

    for _ in 0..3 {
        let boxed = KBox::new(
            DmaArea::new(pdev.as_ref(), area()?, DataDirection::Bidirectional)?,
            GFP_KERNEL,
        )?;
        moved.push(KBox::into_inner(boxed), GFP_KERNEL)?;
    }
    let _taken = overwrite_freed_memory()?;
    for mapped in moved.iter() {
        mapped.sync_for_device()?;
        mapped.sync_for_cpu()?;
        assert_eq!(
            mapped.iter().map(|entry| entry.dma_len()).sum::<u64>(),
            1 << 20
        );
        // As much as a device on this bus takes at once, if nobody says otherwise.
        assert!(mapped.iter().all(|entry| entry.dma_len() <= 1 << 16));
    }
    Ok(())
}

/// `DeviceTurn`: what the CPU has written is not undone when the mapping ends.
fn bytes_of_the_cpu_stay(pdev: &Function<'_>) -> Result {
    for direction in DIRECTIONS {
        let area = area()?;
        let mapped = DmaArea::new(pdev.as_ref(), area.clone(), direction)?;
        write(&area, 1)?;
        drop(mapped);
        assert!(all_are(&area, 1)?);

        let mapped = DmaArea::new(pdev.as_ref(), area.clone(), direction)?;
        mapped.sync_for_device()?;
        mapped.sync_for_cpu()?;
        write(&area, 2)?;
        drop(mapped);
        assert!(all_are(&area, 2)?);
    }
    Ok(())
}

/// `DeviceTurn`: to make the CPU the owner again is to do nothing.
fn owner_is_changed_once(pdev: &Function<'_>) -> Result {
    for direction in DIRECTIONS {
        let mapped = DmaArea::new(pdev.as_ref(), area()?, direction)?;

        assert!(!mapped.is_device_owned());
        write(mapped.area(), 1)?;
        mapped.sync_for_cpu()?;
        assert!(all_are(mapped.area(), 1)?);

        mapped.sync_for_device()?;
        mapped.sync_for_device()?;
        assert!(mapped.is_device_owned());
        mapped.sync_for_cpu()?;
        assert!(!mapped.is_device_owned());
        write(mapped.area(), 2)?;
        mapped.sync_for_cpu()?;
        assert!(all_are(mapped.area(), 2)?);
    }
    Ok(())
}

/// `DeviceTurn`: what the device was given, it gives back when the mapping ends.
fn bytes_handed_over_come_back(pdev: &Function<'_>) -> Result {
    for direction in [DataDirection::Bidirectional, DataDirection::ToDevice] {
        let area = area()?;
        let mapped = DmaArea::new(pdev.as_ref(), area.clone(), direction)?;

        write(&area, 1)?;
        mapped.sync_for_device()?;
        drop(mapped);
        assert!(all_are(&area, 1)?);
    }
    Ok(())
}

/// `SoleReference`: the mapping has an area.
fn mapped_area_is_not_frozen(pdev: &Function<'_>) -> Result {
    let mut area = area()?;
    let mapped = DmaArea::new(pdev.as_ref(), area.clone(), DataDirection::Bidirectional)?;

    assert_eq!(area.freeze().err(), Some(EBUSY));
    drop(mapped);
    area.freeze()?;
    Ok(())
}

struct Nothing;

impl ThreadedHandler for Nothing {
    fn handle_threaded(&self) -> IrqReturn {
        IrqReturn::None
    }
}

/// `DeviceBound`: its vectors would be those of the first.
fn second_handler_is_refused(pdev: &Function<'_>) -> Result {
    handle_interrupt(pdev, c"vmremap_rust_dma", Nothing)?;
    assert_eq!(
        handle_interrupt(pdev, c"vmremap_rust_dma", Nothing),
        Err(EBUSY)
    );
    Ok(())
}

/// `DeviceBound`: it ends with the binding, and then the bytes of the CPU stay, too.
fn leaked_while_mapped(pdev: &Function<'_>) -> Result {
    core::mem::forget(DmaArea::new(
        pdev.as_ref(),
        area()?,
        DataDirection::Bidirectional,
    )?);
    Ok(())
}

#[pin_data]
struct DmaModule {
    #[pin]
    _child: driver::Registration<auxiliary::Adapter<Child>>,
    #[pin]
    _driver: driver::Registration<pci::Adapter<Driver>>,
}

impl kernel::InPlaceModule for DmaModule {
    fn init(module: &'static ThisModule) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            _child <- driver::Registration::new(NAME, module),
            _driver <- driver::Registration::new(NAME, module),
        })
    }
}

const NAME: &CStr = <LocalModule as kernel::ModuleMetadata>::NAME;

module! {
    type: DmaModule,
    name: "vmremap_rust_dma",
    authors: ["vmremap"],
    description: "tests of the crate vmremap with a PCI function",
    license: "GPL",
    imports_ns: ["DMA_BUF"],
}

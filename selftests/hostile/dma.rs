// SPDX-License-Identifier: GPL-2.0

//! What can be done to a [`DmaArea`], and to the interrupt of its device.

use crate::{
    all_are,
    filled,
    in_another_thread,
    Function, //
};
use core::mem;
use kernel::{
    dma::DataDirection,
    io::Io,
    irq::{
        IrqReturn,
        ThreadedHandler,
        ThreadedIrqReturn, //
    },
    new_spinlock,
    page::PAGE_SIZE,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc,
        Completion,
        SpinLock, //
    },
    workqueue,
};
use vmremap::{
    handle_interrupt,
    Area,
    DmaArea,
    Flags, //
};

crate::checks! {
    mapped_in_no_direction,
    moved_and_swapped,
    dropped_while_the_cpu_owns_it,
    dropped_by_yet_another_thread,
    of_one_byte_and_of_many,
    mapped_many_times,
    owner_changed_by_two_threads,
    frozen_while_mapped,
    cleared_before_the_device_writes,
    handled_by_a_wrong_name,
    handled_twice,
}

fn map(pdev: &Function<'_>, area: Area<[u8]>) -> Result<DmaArea<[u8]>> {
    DmaArea::new(pdev.as_ref(), area, DataDirection::Bidirectional)
}

/// The kernel stops if it is asked to map anything in this direction.
fn mapped_in_no_direction(pdev: &Function<'_>) -> Result {
    let area = filled(PAGE_SIZE, 1)?;
    let mapped = DmaArea::new(pdev.as_ref(), area.clone(), DataDirection::None);

    assert_eq!(mapped.err(), Some(EINVAL));
    assert!(all_are(&area, 1)?);
    Ok(())
}

/// `DmaMapped`: nothing points to where it was.
fn moved_and_swapped(pdev: &Function<'_>) -> Result {
    let mut first = KBox::new(map(pdev, filled(PAGE_SIZE, 1)?)?, GFP_KERNEL)?;
    let mut second = KBox::new(map(pdev, filled(1 << 20, 2)?)?, GFP_KERNEL)?;

    first.sync_for_device()?;
    mem::swap(&mut *first, &mut *second);
    assert!(second.is_device_owned() && !first.is_device_owned());
    let (first, second) = (KBox::into_inner(first), KBox::into_inner(second));
    let _others = KBox::new([0x41_u8; 192], GFP_KERNEL)?;
    second.sync_for_cpu()?;
    first.sync_for_device()?;
    assert!(all_are(second.area(), 1)?);
    assert_eq!(
        first.iter().map(|entry| entry.dma_len()).sum::<u64>(),
        1 << 20
    );
    Ok(())
}

/// `DeviceTurn`: what the CPU has written stays, also if it is bounced.
fn dropped_while_the_cpu_owns_it(pdev: &Function<'_>) -> Result {
    for direction in [
        DataDirection::Bidirectional,
        DataDirection::ToDevice,
        DataDirection::FromDevice,
    ] {
        let area = filled(1 << 20, 1)?;
        let mapped = DmaArea::new(pdev.as_ref(), area.clone(), direction)?;

        mapped.sync_for_device()?;
        mapped.sync_for_cpu()?;
        area.bytes().write_at(0, &[2; 100])?;
        drop(mapped);
        let mut copy = [0; 100];
        area.bytes().read_at(0, &mut copy)?;
        assert!(copy == [2; 100]);
    }
    Ok(())
}

/// `AnyThread` `DeviceBound`: by whomever it is dropped.
fn dropped_by_yet_another_thread(pdev: &Function<'_>) -> Result {
    let area = filled(1 << 20, 1)?;
    let mapped = map(pdev, area.clone())?;

    mapped.sync_for_device()?;
    in_another_thread(move || drop(mapped))?;
    assert!(all_are(&area, 1)?);
    Ok(())
}

/// `RightPage`: the entries are of so many bytes as the area, and no more.
fn of_one_byte_and_of_many(pdev: &Function<'_>) -> Result {
    for len in [1, PAGE_SIZE - 1, PAGE_SIZE + 1, (8 << 20) + 7] {
        let mapped = map(pdev, filled(len, 1)?)?;
        let mut bytes = 0;

        for entry in mapped.iter() {
            bytes += entry.dma_len();
        }
        assert_eq!(bytes, len as u64);
        mapped.sync_for_device()?;
        mapped.sync_for_cpu()?;
        assert!(all_are(mapped.area(), 1)?);
    }
    Ok(())
}

/// `DeviceTurn`: each mapping knows its own owner.
fn mapped_many_times(pdev: &Function<'_>) -> Result {
    let area = filled(PAGE_SIZE, 1)?;
    let mut all = KVec::new();

    for _ in 0..8 {
        all.push(map(pdev, area.clone())?, GFP_KERNEL)?;
    }
    for mapped in all.iter() {
        mapped.sync_for_device()?;
    }
    while let Some(mapped) = all.pop() {
        assert!(mapped.is_device_owned());
        drop(mapped);
        assert!(all_are(&area, 1)?);
    }
    Ok(())
}

/// `DeviceTurn` `AnyThread`: one at a time.
fn owner_changed_by_two_threads(pdev: &Function<'_>) -> Result {
    let mapped = Arc::new(map(pdev, filled(1 << 20, 1)?)?, GFP_KERNEL)?;
    let failed = Arc::new(Atomic::new(0), GFP_KERNEL)?;
    let done = Arc::pin_init(Completion::new(), GFP_KERNEL)?;
    let change = |mapped: &DmaArea<[u8]>, failed: &Atomic<i32>| {
        for _ in 0..1000 {
            let results = [mapped.sync_for_device(), mapped.sync_for_cpu()];

            for result in results {
                if result != Ok(()) && result != Err(EBUSY) {
                    failed.fetch_add(1, Relaxed);
                }
            }
        }
    };
    let (their_mapped, their_failed, tell) = (mapped.clone(), failed.clone(), done.clone());

    workqueue::system_unbound().try_spawn(GFP_KERNEL, move || {
        change(&their_mapped, &their_failed);
        drop(their_mapped);
        tell.complete_all();
    })?;
    change(&mapped, &failed);
    done.wait_for_completion();
    assert_eq!(failed.load(Relaxed), 0);
    mapped.sync_for_cpu()?;
    assert!(all_are(mapped.area(), 1)?);
    Ok(())
}

/// `DeviceTurn`: what the CPU has cleared after mapping comes back from the bounce buffer, unless the
/// direction includes that to the device.
fn cleared_before_the_device_writes(pdev: &Function<'_>) -> Result {
    for (direction, byte) in [
        (DataDirection::FromDevice, 1),
        (DataDirection::Bidirectional, 0),
    ] {
        let area = filled(PAGE_SIZE, 1)?;
        let mapped = DmaArea::new(pdev.as_ref(), area.clone(), direction)?;

        area.bytes().write_at(0, &[0; PAGE_SIZE])?;
        mapped.sync_for_device()?;
        mapped.sync_for_cpu()?; // no device has written anything
        assert!(all_are(&area, byte)?);
    }
    Ok(())
}

/// `SoleReference`: nobody reads frozen memory by the handle in the mapping.
fn frozen_while_mapped(pdev: &Function<'_>) -> Result {
    let mut area = Area::<u8>::zeroed_slice(PAGE_SIZE, Flags::REVOCABLE)?;
    let mapped = map(pdev, area.clone())?;

    assert_eq!(area.freeze().err(), Some(EBUSY));
    mem::forget(mapped);
    assert_eq!(area.freeze().err(), Some(EBUSY));
    Ok(())
}

/// The lock is taken only in the interrupt handler.
#[pin_data]
struct Interrupt {
    #[pin]
    area: SpinLock<Option<Area<[u8]>>>,
    #[pin]
    done: Completion,
}

impl Interrupt {
    fn new() -> Result<Arc<Self>> {
        let area = filled(PAGE_SIZE, 1)?;

        Arc::pin_init(
            pin_init!(Self {
                area <- new_spinlock!(Some(area)),
                done <- Completion::new(),
            }),
            GFP_KERNEL,
        )
    }
}

struct Handler(Arc<Interrupt>);

impl ThreadedHandler for Handler {
    fn handle(&self) -> ThreadedIrqReturn {
        drop(self.0.area.lock().take());
        self.0.done.complete_all();
        ThreadedIrqReturn::Handled
    }

    fn handle_threaded(&self) -> IrqReturn {
        IrqReturn::None
    }
}

/// Returns a name of so many bytes, up to 128.
fn name_of(len: usize) -> Result<&'static CStr> {
    static LONGEST: [u8; 129] = {
        let mut name = [b'x'; 129];

        name[128] = 0;
        name
    };

    CStr::from_bytes_with_nul(&LONGEST[128 - len..]).map_err(|_| EINVAL)
}

/// The kernel would warn, because it cannot create a folder of this name.
fn handled_by_a_wrong_name(pdev: &Function<'_>) -> Result {
    let long = name_of(128)?;
    let names = [
        c"",
        c".",
        c"..",
        c"/",
        c"a/",
        c"a/b",
        long,
        c"affinity_hint",
        c"effective_affinity",
        c"effective_affinity_list",
        c"node",
        c"smp_affinity",
        c"smp_affinity_list",
        c"spurious",
    ];

    for name in names {
        let handler = Handler(Interrupt::new()?);

        assert_eq!(handle_interrupt(pdev, name, handler), Err(EINVAL));
    }
    Ok(())
}

/// `DeviceBound` `Context`: the second does not free the vectors of the first, which can drop an
/// area also with `PREEMPT_RT`: there it runs in a thread.
fn handled_twice(pdev: &Function<'_>) -> Result {
    const END: usize = 0x68;
    const RAISE: usize = 0x60;
    const ACKNOWLEDGE: usize = 0x64;

    pdev.enable_device_mem()?;
    pdev.set_master();
    let bar = pdev.iomap_region_sized::<END>(0, c"vmremap_hostile")?;
    let interrupt = Interrupt::new()?;
    let longest = name_of(127)?;
    let handle = || handle_interrupt(pdev, longest, Handler(interrupt.clone()));

    handle()?;
    assert_eq!(handle(), Err(EBUSY));
    assert_eq!(handle(), Err(EBUSY));
    bar.write32(1, RAISE);
    interrupt.done.wait_for_completion();
    bar.write32(1, ACKNOWLEDGE);
    Ok(())
}

/// `DeviceBound`: what is made when the device is about to be unbound ends with it, too.
pub(crate) fn while_unbinding(pdev: &Function<'_>) -> Result {
    let mapped = map(pdev, filled(1 << 20, 1)?)?;

    mapped.sync_for_device()?;
    mem::forget(mapped);
    // Whether or not there is a handler from when it was bound.
    let handler = Handler(Interrupt::new()?);
    match handle_interrupt(pdev, c"vmremap_hostile", handler) {
        Err(error) if error != EBUSY => Err(error),
        _ => Ok(()),
    }
}

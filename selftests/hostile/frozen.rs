// SPDX-License-Identifier: GPL-2.0

//! What can be done to a guard of frozen memory.

use crate::{
    all_are,
    filled,
    in_another_thread,
    Function, //
};
use core::mem;
use kernel::{
    new_spinlock,
    page::PAGE_SIZE,
    prelude::*, //
};
use vmremap::{
    Area,
    Flags,
    Frozen, //
};

crate::checks! {
    guard_forgotten,
    guard_forgotten_and_the_area_used_again,
    guards_swapped,
    contents_swapped,
    contents_taken,
    guard_dropped_by_another_thread,
    guard_dropped_under_a_spinlock,
    guard_of_what_is_revoked,
    frozen_by_two_threads,
}

/// `NoUserAccess`: the area stays frozen, and is not frozen again.
fn guard_forgotten(_: &Function<'_>) -> Result {
    let mut area = filled(PAGE_SIZE, 1)?;

    mem::forget(area.freeze()?);
    assert_eq!(area.freeze().err(), Some(EBUSY));
    area.bytes().write_at(0, &[1])?;
    assert!(all_are(&area.clone(), 1)?);
    area.revoke()?;
    assert_eq!(area.freeze().err(), Some(ENODEV));
    Ok(())
}

/// `ZeroedBeforeShare`: memory that was frozen for ever is like any other when it is freed.
fn guard_forgotten_and_the_area_used_again(_: &Function<'_>) -> Result {
    for _ in 0..64 {
        let mut area = Area::<u8>::zeroed_slice(PAGE_SIZE, Flags::REVOCABLE)?;

        assert!(all_are(&area, 0)?);
        let mut guard = area.freeze()?;
        guard.fill(7);
        mem::forget(guard);
    }
    Ok(())
}

/// `SoleReference`: each guard thaws its own area.
fn guards_swapped(_: &Function<'_>) -> Result {
    let mut first = filled(PAGE_SIZE, 1)?;
    let mut second = filled(2 * PAGE_SIZE, 2)?;
    let mut one = first.freeze()?;
    let mut other = second.freeze()?;

    mem::swap(&mut one, &mut other);
    assert_eq!(one.len(), 2 * PAGE_SIZE);
    drop(one);
    other.fill(3);
    drop(other);
    assert!(all_are(&first, 3)?);
    assert!(all_are(&second, 2)?);
    first.freeze()?;
    second.freeze()?;
    Ok(())
}

/// The bytes change places, and nothing else does.
fn contents_swapped(_: &Function<'_>) -> Result {
    let mut first = Area::<[u64; 512]>::zeroed(Flags::REVOCABLE)?;
    let mut second = Area::<[u64; 512]>::zeroed(Flags::REVOCABLE)?;
    {
        let mut one = first.freeze()?;
        let mut other = second.freeze()?;

        one.fill(1);
        other.fill(2);
        mem::swap(&mut *one, &mut *other);
    }
    assert!(first.freeze()?.iter().all(|&word| word == 2));
    assert!(second.freeze()?.iter().all(|&word| word == 1));
    Ok(())
}

#[repr(C)]
#[derive(Clone, Copy, Default, FromBytes, IntoBytes, PartialEq)]
struct Pair(u32, u32);

/// What is taken is a copy.
fn contents_taken(_: &Function<'_>) -> Result {
    let mut area = Area::<Pair>::zeroed(Flags::REVOCABLE)?;
    let mut guard = area.freeze()?;

    *guard = Pair(1, 2);
    let taken = mem::take(&mut *guard);
    drop(guard);
    assert!(taken == Pair(1, 2));
    assert!(*area.freeze()? == Pair(0, 0));
    Ok(())
}

/// `AnyThread`: a guard of an area that lives for ever goes anywhere.
fn guard_dropped_by_another_thread(_: &Function<'_>) -> Result {
    let area: &'static mut Area<[u8]> = KBox::leak(KBox::new(filled(PAGE_SIZE, 1)?, GFP_KERNEL)?);
    let mut guard: Frozen<'static, [u8]> = area.freeze()?;

    in_another_thread(move || {
        guard.fill(2);
        drop(guard);
    })
}

/// `Context`: to thaw does not sleep.
fn guard_dropped_under_a_spinlock(_: &Function<'_>) -> Result {
    let area: &'static mut Area<[u8]> = KBox::leak(KBox::new(filled(PAGE_SIZE, 1)?, GFP_KERNEL)?);
    let lock = KBox::pin_init(new_spinlock!(Some(area.freeze()?)), GFP_KERNEL)?;

    drop(lock.lock().take());
    Ok(())
}

/// `NoUserAccess`: what is revoked is frozen for ever, and is not given out as frozen.
fn guard_of_what_is_revoked(_: &Function<'_>) -> Result {
    let mut area = filled(PAGE_SIZE, 1)?;

    drop(area.freeze()?);
    area.revoke()?;
    for _ in 0..2 {
        assert_eq!(area.freeze().err(), Some(ENODEV));
    }
    assert!(all_are(&area, 1)?);
    Ok(())
}

/// `SoleReference`: two threads that each have a handle get no guard.
fn frozen_by_two_threads(_: &Function<'_>) -> Result {
    let mut area = filled(PAGE_SIZE, 1)?;
    let mut clone = area.clone();

    in_another_thread(move || {
        if clone.freeze().is_ok() {
            // Nobody gets to see this.
            let _ = clone.bytes().write_at(0, &[2]);
        }
    })?;
    assert!(all_are(&area, 1)?);
    area.freeze()?;
    Ok(())
}

// SPDX-License-Identifier: GPL-2.0

//! What can be done to a [`WeakArea`] by a driver alone. What a program has a part in is in
//! [`hooks`](crate::hooks).

use crate::{
    all_are,
    filled,
    in_another_thread,
    Function, //
};
use core::mem;
use kernel::{
    page::PAGE_SIZE,
    prelude::*,
    sync::{
        Arc,
        Completion, //
    },
    workqueue, //
};
use vmremap::{
    Area,
    Flags,
    WeakArea, //
};

crate::checks! {
    frozen_among_many_weak_ones,
    weak_ones_forgotten,
    weak_ones_swapped,
    weak_one_outlives_the_area,
    made_and_dropped_by_two_threads,
    last_area_dropped_by_two_threads,
}

/// `SoleReference`: a handle that can only map is not another handle.
fn frozen_among_many_weak_ones(_: &Function<'_>) -> Result {
    let mut area = filled(PAGE_SIZE, 1)?;
    let mut weak = KVec::new();

    for _ in 0..1000 {
        weak.push(area.downgrade(), GFP_KERNEL)?;
    }
    area.freeze()?.fill(2);
    let clone = area.clone();
    assert_eq!(area.freeze().err(), Some(EBUSY));
    weak.clear();
    assert_eq!(area.freeze().err(), Some(EBUSY));
    drop(clone);
    area.freeze()?.fill(3);
    assert!(all_are(&area, 3)?);
    Ok(())
}

/// `ZeroedBeforeShare`: they do not keep the memory, which the next area may have.
fn weak_ones_forgotten(_: &Function<'_>) -> Result {
    for _ in 0..64 {
        let mut area = Area::<u8>::zeroed_slice(PAGE_SIZE, Flags::REVOCABLE)?;

        assert!(all_are(&area, 0)?);
        mem::forget(area.downgrade());
        let guard = area.freeze()?;
        mem::forget(guard);
    }
    Ok(())
}

/// `SoleReference`: each is of its own area.
fn weak_ones_swapped(_: &Function<'_>) -> Result {
    let mut first = filled(PAGE_SIZE, 1)?;
    let mut second = filled(2 * PAGE_SIZE, 2)?;
    let mut weak = (first.downgrade(), second.downgrade());

    mem::swap(&mut weak.0, &mut weak.1);
    mem::swap(&mut first, &mut second);
    drop(first);
    second.freeze()?.fill(3);
    drop(weak);
    assert!(all_are(&second, 3)?);
    Ok(())
}

/// `AreaOutlives`: dropping it drops nothing of an area that is gone.
fn weak_one_outlives_the_area(_: &Function<'_>) -> Result {
    let weak: KVec<WeakArea> = {
        let mut weak = KVec::new();

        for _ in 0..64 {
            weak.push(filled(PAGE_SIZE, 1)?.downgrade(), GFP_KERNEL)?;
        }
        weak
    };
    let area = filled(PAGE_SIZE, 2)?;

    in_another_thread(move || drop(weak))?;
    assert!(all_are(&area, 2)?);
    Ok(())
}

/// Runs `theirs` in another thread while `mine` runs here.
fn at_once(theirs: impl FnOnce() + Send + 'static, mine: impl FnOnce()) -> Result {
    let done = Arc::pin_init(Completion::new(), GFP_KERNEL)?;
    let tell = done.clone();

    workqueue::system_unbound().try_spawn(GFP_KERNEL, move || {
        theirs();
        tell.complete_all();
    })?;
    mine();
    done.wait_for_completion();
    Ok(())
}

/// `AnyThread`: the counts are atomic.
fn made_and_dropped_by_two_threads(_: &Function<'_>) -> Result {
    let mut area = filled(PAGE_SIZE, 1)?;
    let (clone, weak) = (area.clone(), area.downgrade());
    let churn = |area: &Area<[u8]>, weak: &WeakArea| {
        for _ in 0..10_000 {
            let (area, weak) = (area.clone(), weak.clone());

            drop(area.downgrade());
            drop(area);
            drop(weak);
        }
    };
    let their_weak = weak.clone();

    at_once(
        move || {
            churn(&clone, &their_weak);
            drop(clone);
        },
        || churn(&area, &weak),
    )?;
    area.freeze()?.fill(2);
    assert!(all_are(&area, 2)?);
    Ok(())
}

/// `AreaOutlives` `AnyThread`: only one of them is the last.
fn last_area_dropped_by_two_threads(_: &Function<'_>) -> Result {
    for _ in 0..100 {
        let area = filled(PAGE_SIZE, 1)?;
        let (clone, weak) = (area.clone(), area.downgrade());

        at_once(move || drop(clone), move || drop(area))?;
        drop(weak);
    }
    Ok(())
}

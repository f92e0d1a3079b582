// SPDX-License-Identifier: GPL-2.0

//! What can be done to an [`Area`] and its views.

use crate::{
    all_are,
    filled,
    in_another_thread,
    Function, //
};
use core::mem;
use kernel::{
    impl_has_hr_timer,
    io::{
        io_read,
        io_write,
        Io,
        IoBase, //
    },
    new_mutex,
    new_spinlock,
    page::PAGE_SIZE,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Full,
            Relaxed, //
        },
        Arc,
        Completion,
        SpinLock, //
    },
    time::{
        hrtimer::{
            HrTimer,
            HrTimerCallback,
            HrTimerCallbackContext,
            HrTimerPointer,
            HrTimerRestart,
            RelativeMode, //
        },
        Delta,
        Monotonic, //
    },
    uaccess::UserSlice, //
};
use vmremap::{
    Area,
    Flags, //
};

crate::checks! {
    forgotten,
    swapped,
    replaced_while_a_clone_lives,
    leaked_for_ever,
    dropped_by_another_thread,
    dropped_under_a_spinlock,
    dropped_in_a_hard_interrupt,
    dropped_while_it_is_cloned,
    of_no_size_and_of_too_much,
    of_types_that_are_larger_than_memory,
    copies_for_no_program,
    views_of_nothing,
    views_past_the_end,
    view_as_a_type_that_does_not_fit,
    of_a_type_that_is_dropped,
}

/// As many bytes as the cache of freed areas takes, and more.
const SIZES: [usize; 4] = [1, PAGE_SIZE, 16 * PAGE_SIZE, 1 << 21];

/// `AreaOutlives`: its memory is nobody else's.
fn forgotten(_: &Function<'_>) -> Result {
    let view = KBox::leak(KBox::new(filled(PAGE_SIZE, 1)?, GFP_KERNEL)?).bytes();

    mem::forget(filled(PAGE_SIZE, 2)?);
    for _ in 0..64 {
        assert!(all_are(&filled(PAGE_SIZE, 3)?, 3)?);
    }
    assert_eq!(io_read!(view, [try: 0]), 1);
    Ok(())
}

/// `AreaOutlives`: each handle has its own memory's address and size with it.
fn swapped(_: &Function<'_>) -> Result {
    let mut small = filled(5, 1)?;
    let mut large = filled(5 * PAGE_SIZE, 2)?;

    mem::swap(&mut small, &mut large);
    assert_eq!(small.len(), 5 * PAGE_SIZE);
    assert!(all_are(&small, 2)?);
    assert!(all_are(&large, 1)?);
    assert_eq!(large.bytes().read_at(5, &mut [0]), Err(ERANGE));
    drop(small);
    assert!(all_are(&large, 1)?);
    Ok(())
}

/// `AreaOutlives`: a clone is counted.
fn replaced_while_a_clone_lives(_: &Function<'_>) -> Result {
    let mut area = filled(PAGE_SIZE, 1)?;
    let clone = area.clone();

    for byte in 2..32 {
        drop(mem::replace(&mut area, filled(PAGE_SIZE, byte)?));
        assert!(all_are(&clone, 1)?);
    }
    area = clone;
    assert!(all_are(&area, 1)?);
    Ok(())
}

/// `AreaOutlives` `AnyThread`: views that live for ever have an area that does.
fn leaked_for_ever(_: &Function<'_>) -> Result {
    let area: &'static Area<[u8]> = KBox::leak(KBox::new(filled(PAGE_SIZE, 1)?, GFP_KERNEL)?);
    let view = area.bytes();

    in_another_thread(move || {
        let _ = area.bytes().write_at(0, &[2; PAGE_SIZE]);
    })?;
    assert_eq!(io_read!(view, [try: 0]), 2);
    assert!(all_are(area, 2)?);
    Ok(())
}

/// `AnyThread`: the last reference is another thread's.
fn dropped_by_another_thread(_: &Function<'_>) -> Result {
    for size in SIZES {
        let area = filled(size, 1)?;
        let clone = area.clone();

        in_another_thread(move || drop(clone))?;
        assert!(all_are(&area, 1)?);
        in_another_thread(move || drop(area))?;
    }
    Ok(())
}

/// `Context`: to drop an area does not sleep.
fn dropped_under_a_spinlock(_: &Function<'_>) -> Result {
    for size in SIZES {
        let lock = KBox::pin_init(new_spinlock!(Some(filled(size, 1)?)), GFP_KERNEL)?;

        drop(lock.lock().take());
    }
    Ok(())
}

#[pin_data]
struct Timer {
    #[pin]
    timer: HrTimer<Self>,
    #[pin]
    area: SpinLock<Option<Area<[u8]>>>,
    #[pin]
    done: Completion,
}

impl HrTimerCallback for Timer {
    type Pointer<'a> = Arc<Self>;

    fn run(
        this: <Arc<Self> as kernel::types::ForeignOwnable>::Borrowed<'_>,
        _: HrTimerCallbackContext<'_, Self>,
    ) -> HrTimerRestart {
        // The other side holds the lock before the timer is started only.
        if let Some(mut area) = this.area.try_lock() {
            let clone = area.clone();

            if let Some(area) = &clone {
                let _ = area.bytes().write_at(0, &[3; 100]);
                let _ = area.bytes().read_at(0, &mut [0; 100]);
            }
            drop(area.take());
            drop(clone);
        }
        this.done.complete_all();
        HrTimerRestart::NoRestart
    }
}

impl_has_hr_timer! {
    impl HasHrTimer<Self> for Timer {
        mode: RelativeMode<Monotonic>, field: self.timer
    }
}

/// `Context`: nor does it take a lock that the interrupted code may hold. To access it does not
/// sleep either.
fn dropped_in_a_hard_interrupt(_: &Function<'_>) -> Result {
    // As many as are likely to interrupt what allocates and drops areas meanwhile.
    for round in 0..32 {
        let size = *SIZES.get(round % SIZES.len()).ok_or(EINVAL)?;
        let area = filled(size, 1)?;
        let timer = Arc::pin_init(
            try_pin_init!(Timer {
                timer <- HrTimer::new(),
                area <- new_spinlock!(Some(area)),
                done <- Completion::new(),
            }),
            GFP_KERNEL,
        )?;
        let handle = timer.clone().start(Delta::from_micros(50));

        for _ in 0..16 {
            drop(filled(PAGE_SIZE, 2)?);
        }
        timer.done.wait_for_completion();
        drop(handle);
        assert!(timer.area.lock().is_none());
    }
    Ok(())
}

/// `AreaOutlives` `AnyThread`: the count is atomic.
fn dropped_while_it_is_cloned(_: &Function<'_>) -> Result {
    let area = filled(PAGE_SIZE, 1)?;
    let mine = area.clone();
    let failed = Arc::new(Atomic::new(0), GFP_KERNEL)?;
    let done = Arc::pin_init(Completion::new(), GFP_KERNEL)?;
    let (tell, count) = (done.clone(), failed.clone());

    kernel::workqueue::system_unbound().try_spawn(GFP_KERNEL, move || {
        for _ in 0..10_000 {
            let clone = area.clone();
            let mut byte = [0];
            if clone.bytes().read_at(0, &mut byte).is_err() || byte != [1] {
                count.fetch_add(1, Relaxed);
            }
        }
        drop(area);
        tell.complete_all();
    })?;
    for _ in 0..10_000 {
        drop(mine.clone());
    }
    done.wait_for_completion();
    assert_eq!(failed.xchg(0, Full), 0);
    assert!(all_are(&mine, 1)?);
    Ok(())
}

fn refusal<T: FromBytes + IntoBytes>(len: usize) -> Option<Error> {
    Area::<T>::zeroed_slice(len, Flags::NONE).err()
}

/// `SizeNonZero` `RangeNoWrap`: no area is empty, and none is larger than memory.
fn of_no_size_and_of_too_much(_: &Function<'_>) -> Result {
    const HALF: usize = usize::MAX / 2;

    assert_eq!(refusal::<[u8; 0]>(usize::MAX), Some(ENODATA));
    assert_eq!(refusal::<u16>(HALF + 1), Some(EOVERFLOW));
    assert_eq!(refusal::<u64>(usize::MAX / 8), Some(EOVERFLOW));
    assert_eq!(refusal::<u8>(HALF - PAGE_SIZE), Some(ENOMEM));
    assert_eq!(refusal::<u8>(HALF + PAGE_SIZE), Some(ENOMEM));
    assert_eq!(refusal::<[u8; PAGE_SIZE]>(HALF / PAGE_SIZE), Some(ENOMEM));
    Ok(())
}

/// `RangeNoWrap`: a type whose size is known when it is compiled is no exception.
fn of_types_that_are_larger_than_memory(_: &Function<'_>) -> Result {
    const HUGE: usize = 1 << 46;

    assert_eq!(Area::<[u8; HUGE]>::zeroed(Flags::NONE).err(), Some(ENOMEM));
    assert_eq!(
        Area::<[u64; 1 << 43]>::zeroed(Flags::POPULATE).err(),
        Some(ENOMEM)
    );
    Ok(())
}

/// A task without memory of a program is refused, even if there is nothing to copy.
fn copies_for_no_program(_: &Function<'_>) -> Result {
    let area = filled(PAGE_SIZE, 1)?;
    let results = Arc::pin_init(new_mutex!([Ok(()); 2]), GFP_KERNEL)?;
    let (copy, tell) = (area.clone(), results.clone());
    let copied = |area: &Area<[u8]>, offset| {
        let user = || UserSlice::new(UserPtr::from_addr(PAGE_SIZE), 0);

        [
            area.bytes().copy_to_user(offset, 0, &mut user().writer()),
            area.bytes().copy_from_user(offset, 0, &mut user().reader()),
        ]
    };

    assert_eq!(copied(&area, PAGE_SIZE + 1), [Err(ERANGE); 2]);
    in_another_thread(move || *tell.lock() = copied(&copy, PAGE_SIZE))?;
    assert_eq!(*results.lock(), [Err(EFAULT); 2]);
    Ok(())
}

/// A view of nothing, from which nothing is copied.
fn views_of_nothing(_: &Function<'_>) -> Result {
    let area = filled(PAGE_SIZE, 1)?;

    for at in [0, 1, PAGE_SIZE - 1, PAGE_SIZE] {
        let view = area.bytes().slice(at..at)?;

        assert_eq!(view.len(), 0);
        view.read_at(0, &mut [])?;
        view.write_at(0, &[])?;
        assert_eq!(view.try_cast::<u8>().err(), Some(EINVAL));
    }
    Ok(())
}

/// No view is of what is not the area's.
fn views_past_the_end(_: &Function<'_>) -> Result {
    // Not the same size as its pages.
    let area = filled(PAGE_SIZE - 3, 1)?;
    let end = area.len();

    #[allow(clippy::reversed_empty_ranges)]
    let ranges = [
        0..end + 1,
        end..end + 1,
        end + 1..end + 1,
        5..4,
        usize::MAX..0,
        usize::MAX..usize::MAX,
        1..usize::MAX,
    ];
    for range in ranges {
        assert_eq!(area.bytes().slice(range).err(), Some(ERANGE));
    }
    for at in [end, end + 1, usize::MAX] {
        assert_eq!(area.bytes().write_at(at, &[2]), Err(ERANGE));
        let element: Result<u8> = (|| Ok(io_read!(&area, [try: at])))();
        assert_eq!(element, Err(ERANGE));
    }
    // A view of a view is a part of it.
    let part = area.bytes().slice(10..20)?;
    let element: Result<u8> = (|| Ok(io_read!(part, [try: 10])))();
    assert_eq!(element, Err(ERANGE));
    assert!(all_are(&area, 1)?);
    Ok(())
}

/// `PointerAligned` `WithinArea`: a value is aligned for its type and all in the area.
fn view_as_a_type_that_does_not_fit(_: &Function<'_>) -> Result {
    let area = filled(PAGE_SIZE, 1)?;

    for at in 0..8 {
        let fits = area.bytes().slice(at..at + 8)?.try_cast::<u64>();

        assert_eq!(fits.is_ok(), at == 0);
        assert_eq!(area.bytes().slice(0..at)?.try_cast::<u64>().is_ok(), false);
    }
    Ok(())
}

#[repr(C)]
#[derive(FromBytes, IntoBytes)]
struct Counted(u32);

static DROPPED: Atomic<u32> = Atomic::new(0);

impl Drop for Counted {
    fn drop(&mut self) {
        DROPPED.fetch_add(self.0 as i32 as u32, Relaxed);
    }
}

/// A value is dropped as often as it was copied, and what is in the area is bytes.
fn of_a_type_that_is_dropped(_: &Function<'_>) -> Result {
    let mut area = Area::<Counted>::zeroed(Flags::REVOCABLE)?;

    io_write!(&area, .0, 1);
    drop(area.as_view().read_val());
    assert_eq!(DROPPED.load(Relaxed), 1);
    *area.freeze()? = Counted(10);
    assert_eq!(DROPPED.load(Relaxed), 2);
    area.as_view().write_val(Counted(100));
    drop(area);
    assert_eq!(DROPPED.load(Relaxed), 2);
    Ok(())
}

// SPDX-License-Identifier: GPL-2.0

//! Memory that programs cannot access for a while.
//!
//! C header: `c/vmremap.h`

use crate::{
    bindings,
    Area, //
};
use core::{
    ops::{
        Deref,
        DerefMut, //
    },
    ptr::NonNull, //
};
use kernel::{
    error::to_result,
    prelude::*,
    ptr::KnownSize, //
};

/// An area's memory while no program can read or write it: see [`Area::freeze`].
///
/// A driver gets Rust references (`&T` and `&mut T`) to an area's memory only through this guard.
/// Dropping the guard thaws the area, so that programs can access the memory again. If the guard is
/// leaked, their accesses wait until the last [`Area`] of the memory and the last
/// [`DmaBuf`](crate::DmaBuf) made of it are dropped.
///
/// # Invariants
///
/// - `area` was frozen, and has not been thawed since. It may have been revoked since. In both
///   cases no program accesses its memory, and no device does so on behalf of a program.
/// - No other `Area` of the same memory exists.
pub struct Frozen<'a, T: KnownSize + ?Sized> {
    area: &'a mut Area<T>,
}

impl<T: KnownSize + ?Sized> Area<T> {
    /// Takes the memory back from programs until the returned guard is dropped. May sleep.
    ///
    /// No program can change the bytes while the guard exists, so the driver can check them and use
    /// them in place, without a copy. A program that accesses the memory waits until the guard is
    /// dropped; meanwhile it still handles signals, and can be killed. A system call that accesses
    /// the memory waits, too, and only a fatal signal interrupts it. It keeps its locks meanwhile,
    /// for instance that of a directory, and other tasks that need such a lock cannot be killed. So
    /// keep the guard only for a short time, and never until a program does something.
    ///
    /// While the guard exists, do not access user memory, for instance by `copy_from_user()`. An
    /// access to this area would wait for the guard itself. An access to other memory can deadlock,
    /// too: it may need a lock that another task's system call holds while it waits for the guard.
    /// Do not call this function in memory reclaim, such as a shrinker, either: it waits for
    /// faults, and these may be allocating memory.
    ///
    /// This function takes a `&mut Area`, but an mmap hook has only a shared reference to the
    /// driver's data. So keep the `Area` in a lock, and let the hook map the memory through a
    /// [`WeakArea`](crate::WeakArea), for which it needs no lock.
    ///
    /// # Errors
    ///
    /// After an error, programs can access the memory as before the call.
    ///
    /// - [`EBUSY`]: another `Area` of this memory exists, for instance a clone; or a guard of this
    ///   area was leaked; or a page stays pinned, by a program or by a device on its behalf, for
    ///   longer than the 155 ms that this function waits.
    /// - [`EOPNOTSUPP`]: the area was allocated without
    ///   [`Flags::REVOCABLE`](crate::Flags::REVOCABLE).
    /// - [`ENODEV`]: the area was revoked.
    /// - [`EINTR`]: the task was killed while this function waited for a page to be unpinned.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::io::{io_read, io_write};
    /// use vmremap::{Area, Flags};
    ///
    /// let mut words = Area::<u32>::zeroed_slice(1000, Flags::REVOCABLE)?;
    /// io_write!(&words, [try: 3], 5);
    ///
    /// let mut frozen = words.freeze()?;
    /// assert_eq!(frozen.iter().sum::<u32>(), 5);
    /// frozen.fill(7);
    /// drop(frozen);
    /// assert_eq!(io_read!(&words, [try: 999]), 7);
    ///
    /// let _other = words.clone();
    /// assert_eq!(words.freeze().err(), Some(EBUSY));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn freeze(&mut self) -> Result<Frozen<'_, T>> {
        if !self.handle().is_sole() {
            return Err(EBUSY);
        }
        // SAFETY: The call only takes access away from programs. It returns no pointer.
        // - `ReferenceHeld`: by the type invariant of `Area`, its handle keeps a reference.
        // - `Context`: the call may sleep, so the caller must be allowed to sleep. No type ensures
        //   this: a known hole.
        to_result(unsafe { bindings::vmremap_area_freeze(self.raw()) })?;

        // INVARIANT: By `NoUserAccess`, no program accesses a frozen area. By `SoleReference`,
        // `self` is the only `Area` of the memory, and it stays the only one: cloning it needs a
        // borrow, which the guard excludes. A `WeakArea` is no `Area`, and can only map.
        Ok(Frozen { area: self })
    }

    /// Takes the memory back from programs for good. May sleep.
    ///
    /// Call this when the device goes away. After that, a program's access to the memory raises
    /// `SIGBUS`, and mapping the area fails with [`ENODEV`]. The driver can still access the
    /// memory. Whoever has pinned a page can access this page until it is unpinned. Revoking an
    /// area twice is harmless.
    ///
    /// # Errors
    ///
    /// [`EOPNOTSUPP`]: the area was allocated without
    /// [`Flags::REVOCABLE`](crate::Flags::REVOCABLE).
    ///
    /// # Examples
    ///
    /// ```
    /// use vmremap::{Area, Flags};
    ///
    /// let mut area = Area::<u64>::zeroed(Flags::REVOCABLE)?;
    /// area.revoke()?;
    /// area.revoke()?;
    /// assert_eq!(area.freeze().err(), Some(ENODEV));
    ///
    /// assert_eq!(Area::<u64>::zeroed(Flags::NONE)?.revoke(), Err(EOPNOTSUPP));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn revoke(&self) -> Result {
        // SAFETY: The call only takes access away from programs. The kernel keeps its own access.
        // - `ReferenceHeld`: by the type invariant of `Area`, its handle keeps a reference.
        // - `Context`: the call may sleep, so the caller must be allowed to sleep. No type ensures
        //   this: a known hole.
        to_result(unsafe { bindings::vmremap_area_revoke(self.raw()) })
    }
}

impl<T: KnownSize + ?Sized> Deref for Frozen<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: The returned reference borrows the guard, and while the guard exists, nobody
        // outside of it accesses the bytes.
        // - `AreaOutlives`: the guard borrows an `Area`, whose reference keeps the memory.
        // - `WithinArea`: by the type invariant of `Area`, the area is as large as the `T`.
        // - `PointerAligned`: by the same invariant, the address is aligned for `T`.
        // - `Initialised`: the memory was zeroed when it was allocated, and by the type invariant
        //   of `Area` any bytes are a valid `T`.
        // - `NoUserAccess`: by the type invariant of `Frozen`, no program accesses the memory.
        // - `DeviceTurn`: the memory is not mapped for DMA now, because a `DmaArea` would own
        //   another `Area`. No type ensures that the driver stopped the device before it dropped a
        //   `DmaArea`: a known hole.
        // - `SoleReference`: by the type invariant of `Frozen`, no other `Area` of the memory
        //   exists, and the guard borrows this one.
        unsafe { NonNull::as_ref(&self.area.memory()) }
    }
}

impl<T: KnownSize + ?Sized> DerefMut for Frozen<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: The returned reference borrows the guard mutably, so `deref` cannot make another
        // reference as long as it exists.
        // - `AreaOutlives`, `WithinArea`, `PointerAligned`, `Initialised`, `NoUserAccess`,
        //   `DeviceTurn`, `SoleReference`: for the same reasons as in `deref`.
        unsafe { NonNull::as_mut(&mut self.area.memory()) }
    }
}

impl<T: KnownSize + ?Sized> Drop for Frozen<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: Only `freeze` makes a guard, so the area was frozen. All references to the bytes
        // borrow the guard, so none is left.
        // - `ReferenceHeld`: the guard borrows an `Area`, whose handle keeps a reference.
        // - `Context`: the function does not sleep. No type keeps a driver from dropping the guard
        //   in an NMI or, with `PREEMPT_RT`, in a context that is not preemptible. The call can
        //   deadlock there, which is not undefined behaviour.
        unsafe { bindings::vmremap_area_thaw(self.area.raw()) };
    }
}

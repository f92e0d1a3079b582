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
/// This is the one place where references to an area's memory can be had. Dropping it lets programs
/// go on. One that is leaked keeps them waiting until the last [`Area`] is dropped.
///
/// # Invariants
///
/// - `area` is frozen, or has been revoked since it was: no program, and no device on behalf of
///   one, accesses its memory.
/// - No other `Area` of the same memory exists.
pub struct Frozen<'a, T: KnownSize + ?Sized> {
    area: &'a mut Area<T>,
}

impl<T: KnownSize + ?Sized> Area<T> {
    /// Takes the memory back from programs, for as long as the guard that is returned lives.
    ///
    /// Nothing can change the bytes meanwhile: check them and use them in place, without a copy. A
    /// program that touches the memory waits, and goes on when the guard is dropped; while it
    /// waits, signals are handled, and it can be killed.
    ///
    /// As long as there is a guard, do not access other memory of programs: a lock of theirs may be
    /// held by a thread that waits.
    ///
    /// An mmap hook has only a shared reference to what the driver has. Keep a
    /// [`WeakArea`](crate::WeakArea) for the hook, and this area, if need be, in a lock.
    ///
    /// # Errors
    ///
    /// All is as before then.
    ///
    /// - [`EBUSY`]: there is another `Area` of this memory, as from [`Clone`]; or a program, or a
    ///   device on its behalf, keeps pages pinned, for which it waits some 150 ms; or a guard was
    ///   leaked.
    /// - [`EOPNOTSUPP`]: the area was not made with [`Flags::REVOCABLE`](crate::Flags::REVOCABLE).
    /// - [`ENODEV`]: it has been revoked.
    /// - [`EINTR`]: the task was killed meanwhile.
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
        // SAFETY: Freezing changes the state of the area, and gives nothing out by itself.
        // - `ReferenceHeld`: by the type invariant of `Area` its handle keeps a reference.
        // - `Context`: the caller may sleep, as for each function of this kind; no type says so.
        to_result(unsafe { bindings::vmremap_area_freeze(self.raw()) })?;

        // INVARIANT: It is frozen by `NoUserAccess`, and `self` is the only one by `SoleReference`:
        // to clone it takes a borrow that the guard excludes. A `WeakArea` only maps.
        Ok(Frozen { area: self })
    }

    /// Takes the memory back from programs, for ever.
    ///
    /// When it returns, a touch raises `SIGBUS`, and to map the area again is refused with
    /// [`ENODEV`]. The driver can access the memory as before, and so can who has pinned a page
    /// until it is unpinned. It is what a driver whose device goes away calls.
    ///
    /// # Errors
    ///
    /// [`EOPNOTSUPP`]: the area was not made with [`Flags::REVOCABLE`](crate::Flags::REVOCABLE).
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
        // SAFETY: Revoking takes mappings away, and the driver's own access stays as it is.
        // - `ReferenceHeld`: by the type invariant of `Area` its handle keeps a reference.
        // - `Context`: the caller may sleep, as for each function of this kind; no type says so.
        to_result(unsafe { bindings::vmremap_area_revoke(self.raw()) })
    }
}

impl<T: KnownSize + ?Sized> Deref for Frozen<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: The reference borrows the guard: while it lives nobody else accesses the bytes.
        // - `AreaOutlives`: `self` borrows an `Area`, whose reference keeps the memory.
        // - `WithinArea`: by the type invariant of `Area` the area is as large as the `T`.
        // - `PointerAligned`: by the same invariant the memory is aligned for `T`.
        // - `Initialised`: it was zeroed, and by the type invariant of `Area` any bytes are a `T`.
        // - `NoUserAccess`: by the type invariant no program accesses it.
        // - `DeviceTurn`: kept by the driver: a DMA mapping owns an `Area`, so that there is none
        //   now, but no type stops a device before its mapping ends. A known hole.
        // - `SoleReference`: by the type invariant no other `Area` does, and this one is borrowed.
        unsafe { NonNull::as_ref(&self.area.memory()) }
    }
}

impl<T: KnownSize + ?Sized> DerefMut for Frozen<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: `&mut self` keeps `deref` from making another reference meanwhile.
        // - `AreaOutlives`, `WithinArea`, `PointerAligned`, `Initialised`, `NoUserAccess`,
        //   `DeviceTurn`, `SoleReference`: for the same reasons as in `deref`.
        unsafe { NonNull::as_mut(&mut self.area.memory()) }
    }
}

impl<T: KnownSize + ?Sized> Drop for Frozen<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: The guard was made by freezing, and all references to the bytes borrow it.
        // - `ReferenceHeld`: `self` borrows an `Area`, which has a reference by its type invariant.
        // - `Context`: the function does not sleep. No type keeps a driver from dropping the guard
        //   in an NMI or, with `PREEMPT_RT`, where it is not preemptible: it can deadlock.
        unsafe { bindings::vmremap_area_thaw(self.area.raw()) };
    }
}

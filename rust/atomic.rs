// SPDX-License-Identifier: GPL-2.0

//! Atomic access to the fields that carry ordering.
//!
//! C header: `include/linux/atomic.h`

use crate::SharedMem;
use kernel::{
    prelude::*,
    sync::atomic::ordering::{
        AcquireOrRelaxed,
        Ordering,
        ReleaseOrRelaxed, //
    }, //
};

/// Atomic accesses, by a view of a field that carries ordering: a sequence, a head, a tail, a
/// doorbell.
///
/// They are the operations of [`Atomic`], with the same orderings, but there is no reference to the
/// field. A program sees them as C11 atomics of the same size: a [`Release`] store pairs with an
/// acquire load in the program, and the other way round.
///
/// What is read comes from a program, which may have written anything. A loop that waits for a
/// value, or retries [`cmpxchg`], has no end unless something other than the program ends it.
///
/// [`Atomic`]: kernel::sync::atomic::Atomic
/// [`Release`]: kernel::sync::atomic::Release
/// [`cmpxchg`]: SharedMem::cmpxchg
///
/// # Examples
///
/// ```
/// use kernel::{
///     io::{io_project, io_write},
///     sync::atomic::{Acquire, Release},
/// };
/// use vmremap::{Area, Flags};
///
/// #[repr(C)]
/// #[derive(FromBytes, IntoBytes)]
/// struct Ring {
///     head: u32,
///     tail: u32,
///     entries: [u64; 32],
/// }
///
/// let ring = Area::<Ring>::zeroed(Flags::NONE)?;
/// let head = io_project!(&ring, .head);
/// let tail = io_project!(&ring, .tail);
///
/// // The entry is there before the program sees that there is one.
/// let new = tail.load(Acquire);
/// io_write!(&ring, .entries[try: new as usize % 32], 0x1234);
/// tail.store(new.wrapping_add(1), Release);
///
/// assert_eq!(tail.load(Acquire).wrapping_sub(head.load(Acquire)), 1);
/// # Ok::<(), Error>(())
/// ```
impl<T: AtomicField> SharedMem<'_, T> {
    /// Reads the field.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::{io::IoBase, sync::atomic::*};
    /// use vmremap::{Area, Flags};
    ///
    /// let area = Area::<u32>::zeroed(Flags::NONE)?;
    /// let field = area.as_view();
    /// assert_eq!(field.load(Acquire), 0);
    /// # Ok::<(), Error>(())
    /// ```
    #[inline(always)]
    pub fn load<O: AcquireOrRelaxed>(self, ordering: O) -> T {
        T::load(self, ordering)
    }

    /// Writes the field.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::{io::IoBase, sync::atomic::*};
    /// use vmremap::{Area, Flags};
    ///
    /// let area = Area::<u32>::zeroed(Flags::NONE)?;
    /// let field = area.as_view();
    /// field.store(7, Release);
    /// assert_eq!(field.load(Relaxed), 7);
    /// # Ok::<(), Error>(())
    /// ```
    #[inline(always)]
    pub fn store<O: ReleaseOrRelaxed>(self, value: T, ordering: O) {
        T::store(self, value, ordering)
    }

    /// Writes the field and returns what it was.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::{io::IoBase, sync::atomic::*};
    /// use vmremap::{Area, Flags};
    ///
    /// let area = Area::<u32>::zeroed(Flags::NONE)?;
    /// let field = area.as_view();
    /// assert_eq!(field.xchg(7, Full), 0);
    /// assert_eq!(field.xchg(8, Full), 7);
    /// # Ok::<(), Error>(())
    /// ```
    #[inline(always)]
    pub fn xchg<O: Ordering>(self, value: T, ordering: O) -> T {
        T::xchg(self, value, ordering)
    }

    /// Writes `new` to the field if it is `old`.
    ///
    /// Returns what the field was: as [`Ok`] when it was `old`, as [`Err`] when it was not. An
    /// `Err` has no ordering.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::{io::IoBase, sync::atomic::*};
    /// use vmremap::{Area, Flags};
    ///
    /// let area = Area::<u32>::zeroed(Flags::NONE)?;
    /// let field = area.as_view();
    /// assert_eq!(field.cmpxchg(0, 7, Full), Ok(0));
    /// assert_eq!(field.cmpxchg(0, 8, Full), Err(7));
    /// # Ok::<(), Error>(())
    /// ```
    #[inline(always)]
    pub fn cmpxchg<O: Ordering>(self, old: T, new: T, ordering: O) -> Result<T, T> {
        T::cmpxchg(self, old, new, ordering)
    }

    /// Adds to the field, wrapping, and returns what it was.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::{io::IoBase, sync::atomic::*};
    /// use vmremap::{Area, Flags};
    ///
    /// let area = Area::<u32>::zeroed(Flags::NONE)?;
    /// let field = area.as_view();
    /// assert_eq!(field.fetch_add(u32::MAX, Relaxed), 0);
    /// assert_eq!(field.fetch_add(1, Relaxed), u32::MAX);
    /// assert_eq!(field.load(Relaxed), 0);
    /// # Ok::<(), Error>(())
    /// ```
    #[inline(always)]
    pub fn fetch_add<O: Ordering>(self, value: T, ordering: O) -> T
    where
        T: AtomicCount,
    {
        T::fetch_add(self, value, ordering)
    }
}

/// The types of which a [`SharedMem`] has atomic accesses: integers of 8, 16, 32 and 64 bits, and
/// of a pointer's size.
///
/// Any bytes are a value of such a type, so that no program can make one that is not.
pub trait AtomicField: FromBytes + IntoBytes + ops::Ops {}

/// Those of them that can be added to: all but those of 8 and 16 bits, for which the kernel has no
/// such operation.
pub trait AtomicCount: AtomicField + ops::Add {}

mod ops {
    use super::*;
    use kernel::sync::atomic::{
        Atomic,
        AtomicType, //
    };

    /// The operations of [`Atomic`], whose own traits for them are private to the kernel crate.
    pub trait Ops: Sized {
        fn load<O: AcquireOrRelaxed>(view: SharedMem<'_, Self>, ordering: O) -> Self;
        fn store<O: ReleaseOrRelaxed>(view: SharedMem<'_, Self>, value: Self, ordering: O);
        fn xchg<O: Ordering>(view: SharedMem<'_, Self>, value: Self, ordering: O) -> Self;
        fn cmpxchg<O: Ordering>(
            view: SharedMem<'_, Self>,
            old: Self,
            new: Self,
            ordering: O,
        ) -> Result<Self, Self>;
    }

    /// As [`Ops`], for what can be added to.
    pub trait Add: Sized {
        fn fetch_add<O: Ordering>(view: SharedMem<'_, Self>, value: Self, ordering: O) -> Self;
    }

    /// On x86, whose accesses to memory are never seen in another order that matters here: as
    /// `smp_load_acquire()` and `smp_store_release()` in `arch/x86/include/asm/barrier.h`, a
    /// volatile access on the right side of a fence for the compiler. The kernel crate has a call
    /// for each, which costs ten times as much.
    mod plain {
        use super::*;
        use core::sync::atomic::{
            compiler_fence,
            Ordering::SeqCst, //
        };
        use kernel::io::Io;

        #[inline(always)]
        pub(super) fn load<T: FromBytes + IntoBytes>(view: SharedMem<'_, T>) -> T {
            let value = view.read_val();

            compiler_fence(SeqCst);
            value
        }

        #[inline(always)]
        pub(super) fn store<T: FromBytes + IntoBytes>(view: SharedMem<'_, T>, value: T) {
            compiler_fence(SeqCst);
            view.write_val(value);
        }
    }

    /// What is of a type is accessed as one that the kernel has atomics of, of the same size.
    #[inline(always)]
    fn atomic<'a, T: FromBytes, A: AtomicType>(view: SharedMem<'a, T>) -> &'a Atomic<A> {
        const_assert!(
            size_of::<T>() == size_of::<A>() && align_of::<T>() == align_of::<A>(),
            "the atomic is of the size of the field"
        );
        // SAFETY: The pointer is that of a view, which has the lifetime of the reference.
        // - `AbiLayout`: the two types have the same size and alignment, as was just checked.
        // - `AreaOutlives`: by the type invariant of `SharedMem` the pointer is aligned and valid
        //   for reads and writes for `'a`.
        // - `NoSharedRef`: `Atomic` is an `UnsafeCell`, so that a reference to one says nothing of
        //   the bytes, of which any are a `T`; it does not leave this module. All other accesses
        //   of the kernel are those of `SharedMem`, which are marked, so that none is a data race.
        unsafe { Atomic::from_ptr(view.as_ptr().cast()) }
    }

    macro_rules! impl_atomic_field {
        ($($ty:ty as $atomic:ty),*) => {$(
            impl super::AtomicField for $ty {}

            impl Ops for $ty {
                #[inline(always)]
                fn load<O: AcquireOrRelaxed>(view: SharedMem<'_, Self>, ordering: O) -> Self {
                    match cfg!(CONFIG_X86) {
                        true => plain::load(view),
                        false => atomic::<_, $atomic>(view).load(ordering) as Self,
                    }
                }

                #[inline(always)]
                fn store<O: ReleaseOrRelaxed>(view: SharedMem<'_, Self>, value: Self, ordering: O) {
                    match cfg!(CONFIG_X86) {
                        true => plain::store(view, value),
                        false => atomic::<_, $atomic>(view).store(value as $atomic, ordering),
                    }
                }

                #[inline(always)]
                fn xchg<O: Ordering>(view: SharedMem<'_, Self>, value: Self, ordering: O) -> Self {
                    atomic::<_, $atomic>(view).xchg(value as $atomic, ordering) as Self
                }

                #[inline(always)]
                fn cmpxchg<O: Ordering>(
                    view: SharedMem<'_, Self>,
                    old: Self,
                    new: Self,
                    ordering: O,
                ) -> Result<Self, Self> {
                    let field = atomic::<_, $atomic>(view);

                    match field.cmpxchg(old as $atomic, new as $atomic, ordering) {
                        Ok(was) => Ok(was as Self),
                        Err(is) => Err(is as Self),
                    }
                }
            }
        )*};
    }

    macro_rules! impl_atomic_count {
        ($($ty:ty),*) => {$(
            impl_atomic_field!($ty as $ty);

            impl super::AtomicCount for $ty {}

            impl Add for $ty {
                #[inline(always)]
                fn fetch_add<O: Ordering>(
                    view: SharedMem<'_, Self>,
                    value: Self,
                    ordering: O,
                ) -> Self {
                    atomic::<_, $ty>(view).fetch_add(value, ordering)
                }
            }
        )*};
    }

    impl_atomic_field!(i8 as i8, u8 as i8, i16 as i16, u16 as i16);
    impl_atomic_count!(i32, u32, i64, u64, isize, usize);
}

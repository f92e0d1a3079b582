// SPDX-License-Identifier: GPL-2.0

//! Atomic access to the fields that carry ordering.
//!
//! C header: `include/linux/atomic.h`

use crate::SharedMem;
use core::sync::atomic::{
    compiler_fence,
    Ordering::SeqCst, //
};
use kernel::{
    io::Io,
    prelude::*,
    sync::atomic::{
        ordering::{
            AcquireOrRelaxed,
            Ordering,
            ReleaseOrRelaxed, //
        },
        Atomic,
        AtomicType, //
    }, //
};

impl<'a, T: FromBytes + IntoBytes> SharedMem<'a, T> {
    /// Returns the memory as one of the kernel's atomics of the same size.
    #[inline(always)]
    fn atomic<A: AtomicType>(self) -> &'a Atomic<A> {
        const_assert!(
            size_of::<T>() == size_of::<A>() && align_of::<T>() == align_of::<A>(),
            "the atomic has the size of the field"
        );
        // SAFETY: An `Atomic` is an `UnsafeCell`, so the compiler assumes nothing about its bytes.
        // - `PointerAligned`: by the type invariant the pointer is aligned for `T`, and so for `A`,
        //   whose alignment is the same, which was just checked.
        // - `AreaOutlives`: by the type invariant the area lives for `'a`.
        // - `WithinArea`: by the type invariant a `T` is in the area, and `A` has the same size.
        // - `NoSharedRef`: the reference does not leave this file. All other accesses by the kernel
        //   are volatile or atomic, which makes no race, or copies, which are exempt: no compiler
        //   sees one together with this access.
        unsafe { Atomic::from_ptr(self.as_ptr().cast()) }
    }
}

/// Gives views of an integer the operations of an [`Atomic`], and of one that can be added to,
/// [`Atomic::fetch_add`]. The kernel has no atomics of some integers: another of the same size
/// takes their place.
macro_rules! impl_atomic {
    ($($ty:ty as $atomic:ty $(, $fetch_add:ident)?;)*) => {$(
        impl SharedMem<'_, $ty> {
            /// Reads the integer, like [`Atomic::load`].
            // On x86, `smp_load_acquire()` is a volatile load before a fence for the compiler. The
            // crate `kernel` calls a function instead, which costs ten times as much.
            #[inline(always)]
            pub fn load<O: AcquireOrRelaxed>(self, ordering: O) -> $ty {
                if !cfg!(CONFIG_X86) {
                    return self.atomic::<$atomic>().load(ordering) as $ty;
                }
                let value = self.read_val();

                compiler_fence(SeqCst);
                value
            }

            /// Writes the integer, like [`Atomic::store`].
            // On x86, `smp_store_release()` is the reverse of `smp_load_acquire()`.
            #[inline(always)]
            pub fn store<O: ReleaseOrRelaxed>(self, value: $ty, ordering: O) {
                if !cfg!(CONFIG_X86) {
                    return self.atomic().store(value as $atomic, ordering);
                }
                compiler_fence(SeqCst);
                self.write_val(value);
            }

            /// Writes the integer and returns its old value, like [`Atomic::xchg`].
            #[inline(always)]
            pub fn xchg<O: Ordering>(self, value: $ty, ordering: O) -> $ty {
                self.atomic().xchg(value as $atomic, ordering) as $ty
            }

            /// Writes `new` if the integer is `old`, like [`Atomic::cmpxchg`].
            ///
            /// Returns the old value: as [`Ok`] if it was `old`, else as [`Err`], without any
            /// ordering.
            #[inline(always)]
            pub fn cmpxchg<O: Ordering>(self, old: $ty, new: $ty, ordering: O) -> Result<$ty, $ty> {
                match self.atomic().cmpxchg(old as $atomic, new as $atomic, ordering) {
                    Ok(old) => Ok(old as $ty),
                    Err(old) => Err(old as $ty),
                }
            }

            $(
                /// Adds to the integer, wrapping, and returns its old value, like
                /// [`Atomic::fetch_add`].
                #[inline(always)]
                pub fn $fetch_add<O: Ordering>(self, value: $ty, ordering: O) -> $ty {
                    self.atomic::<$atomic>().fetch_add(value, ordering)
                }
            )?
        }
    )*};
}

impl_atomic! {
    i8 as i8;
    u8 as i8;
    i16 as i16;
    u16 as i16;
    i32 as i32, fetch_add;
    u32 as u32, fetch_add;
    i64 as i64, fetch_add;
    u64 as u64, fetch_add;
    isize as isize, fetch_add;
    usize as usize, fetch_add;
}

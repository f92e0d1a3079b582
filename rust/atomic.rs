// SPDX-License-Identifier: GPL-2.0

//! Atomic operations on views of integers.
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
    /// Returns the memory as a kernel atomic of the same size.
    #[inline(always)]
    fn atomic<A: AtomicType>(self) -> &'a Atomic<A> {
        const_assert!(
            size_of::<T>() == size_of::<A>() && align_of::<T>() == align_of::<A>(),
            "the atomic has the size of the field"
        );
        // SAFETY: An `Atomic` is an `UnsafeCell`, so the compiler assumes nothing about its bytes.
        // - `PointerAligned`: by the type invariant, the pointer is aligned for `T`. `A` has the
        //   same alignment, which is asserted above.
        // - `AreaOutlives`: by the type invariant, the area lives for `'a`.
        // - `WithinArea`: by the type invariant, the `T` is in the area, and `A` has the same size.
        // - `NoSharedRef`: the reference does not leave this file. Other accesses by the kernel are
        //   volatile or atomic, which do not race with an atomic access; or they are copies, which
        //   are exempt, because no compiler sees a copy together with this access.
        unsafe { Atomic::from_ptr(self.as_ptr().cast()) }
    }
}

/// Implements the operations of [`Atomic`] for views of an integer. If the kernel has no atomic for
/// this type, the atomic of another integer of the same size is used. [`Atomic::fetch_add`] exists
/// only for integers of 32 bits or more.
macro_rules! impl_atomic {
    ($($ty:ty as $atomic:ty $(, $fetch_add:ident)?;)*) => {$(
        impl SharedMem<'_, $ty> {
            /// Reads the integer, like [`Atomic::load`].
            // On x86, `smp_load_acquire()` is a volatile load, followed by a compiler barrier. The
            // crate `kernel` calls a function for it, which costs ten times as much.
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
            // On x86, `smp_store_release()` is a compiler barrier, followed by a volatile store.
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
            /// Returns the value that the integer had before: in [`Ok`] if it was `old`, otherwise
            /// in [`Err`]. If it is in [`Err`], the operation orders nothing.
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

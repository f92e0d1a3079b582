// SPDX-License-Identifier: GPL-2.0

//! What the types of the crate are, and are not, for all threads and in any place.

use crate::{
    Area,
    Flags,
    Frozen,
    Mapping,
    PollEvents,
    SharedMem,
    WeakArea, //
};
use core::{
    borrow::Borrow,
    cell::Cell,
    ops::Deref, //
};

/// Does not compile unless the type has the trait.
macro_rules! assert_is {
    ($($ty:ty: [$($bound:tt)+]);*) => {$(
        const _: () = {
            const fn is<T: ?Sized + $($bound)+>() {}
            is::<$ty>();
        };
    )*};
}

/// Does not compile if the type has the trait: then two functions could be meant.
macro_rules! assert_is_not {
    ($($ty:ty: $bound:path);*) => {$(
        const _: fn() = || {
            trait IsNot<A> {
                fn here() {}
            }
            impl<T: ?Sized> IsNot<()> for T {}
            struct Has;
            impl<T: ?Sized + $bound> IsNot<Has> for T {}

            let _ = <$ty as IsNot<_>>::here;
        };
    )*};
}

assert_is! {
    Area<u32>: [Send + Sync + Unpin + Clone + 'static];
    Area<[u8]>: [Send + Sync + Unpin + Clone + 'static];
    Frozen<'static, u32>: [Send + Sync + Unpin + Deref<Target = u32>];
    Flags: [Send + Sync + Unpin + Copy + 'static];
    PollEvents: [Send + Sync + Unpin + Copy + 'static];
    WeakArea: [Send + Sync + Unpin + Clone + 'static]
}

assert_is_not! {
    // A handle is counted.
    Area<u32>: Copy;
    // What threads do to the bytes, a program does.
    Area<Cell<u32>>: Send;
    Area<Cell<u32>>: Sync;
    // The bytes have no address that can be had from a handle.
    Area<u32>: Deref;
    Area<u32>: AsRef<u32>;
    Area<u32>: Borrow<[u8]>;
    // A guard is the only one.
    Frozen<'static, u32>: Clone;
    Frozen<'static, u32>: Copy;
    Frozen<'static, Cell<u32>>: Send;
    Frozen<'static, Cell<u32>>: Sync;
    // It is not its area.
    Frozen<'static, u32>: AsRef<Area<u32>>;
    // Another thread makes a view of its own, by the area.
    SharedMem<'static, u32>: Send;
    SharedMem<'static, u32>: Sync;
    // It maps, and does nothing else.
    WeakArea: Copy;
    WeakArea: Deref;
    WeakArea: Into<Area<[u8]>>;
    // A hook's thread has the mapping alone, and nothing gives out the VMA.
    Mapping<'static>: Send;
    Mapping<'static>: Sync;
    Mapping<'static>: Clone;
    Mapping<'static>: Deref
}

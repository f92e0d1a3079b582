// SPDX-License-Identifier: GPL-2.0

//! Assertions at compile time: which traits the types of the crate have, and which they must lack.

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

/// Does not compile if the type has the trait, because `here` is then ambiguous.
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
    // Handles are counted, and a copy would not be.
    Area<u32>: Copy;
    // A `Cell` may only be shared within a thread.
    Area<Cell<u32>>: Send;
    Area<Cell<u32>>: Sync;
    // A handle gives out no reference to the bytes.
    Area<u32>: Deref;
    Area<u32>: AsRef<u32>;
    Area<u32>: Borrow<[u8]>;
    // Two guards could give out two `&mut` to the same bytes.
    Frozen<'static, u32>: Clone;
    Frozen<'static, u32>: Copy;
    Frozen<'static, Cell<u32>>: Send;
    Frozen<'static, Cell<u32>>: Sync;
    // While a guard exists, nobody can use the area: a clone of it would give access to the bytes.
    Frozen<'static, u32>: AsRef<Area<u32>>;
    // A view stays in its thread. Another thread makes its own view of the area.
    SharedMem<'static, u32>: Send;
    SharedMem<'static, u32>: Sync;
    // A weak handle can only map the area.
    WeakArea: Copy;
    WeakArea: Deref;
    WeakArea: Into<Area<[u8]>>;
    // A mapping stays in the hook and its thread, and does not give out the VMA.
    Mapping<'static>: Send;
    Mapping<'static>: Sync;
    Mapping<'static>: Clone;
    Mapping<'static>: Deref
}

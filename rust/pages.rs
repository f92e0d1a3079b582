// SPDX-License-Identifier: GPL-2.0

//! The pages of an area.
//!
//! C header: `include/linux/scatterlist.h`

use crate::Area;
use kernel::{
    alloc::allocator::VmallocPageIter,
    page::AsPageIter,
    ptr::KnownSize, //
};

/// An area can be mapped for a device's DMA by the kernel crate's own `SGTable`.
///
/// The table owns the [`Area`] that it is made of, so that the memory stays as long as the device
/// can access it. Others of the same memory, as from [`Clone`], are as usable as before. A driver
/// that keeps the memory mapped for longer than one transfer takes a `DmaArea` instead.
impl<T: KnownSize + ?Sized> AsPageIter for Area<T> {
    type Iter<'a>
        = VmallocPageIter<'a>
    where
        Self: 'a;

    /// Returns an iterator of the area's pages. Its size is the area's, not rounded up to pages.
    fn page_iter(&mut self) -> VmallocPageIter<'_> {
        // SAFETY: To the letter, the function asks for an allocation of `Vmalloc`, which this
        // memory is not: `RightPage` says what of the iterator makes that harmless.
        // - `AreaOutlives`: the iterator borrows `self`, which by the type invariant keeps this
        //   memory and its address.
        // - `RightPage`: the iterator only looks up pages, by `vmalloc_to_page()`. The address is
        //   aligned to pages, and from there on each byte of the size has a page of the area. The
        //   iterator rounds the size up to pages, as the area does.
        unsafe { VmallocPageIter::new(self.memory().cast(), self.size()) }
    }
}

// SPDX-License-Identifier: GPL-2.0

//! What an `mmap` callback has to know of the mapping that a program asks for.
//!
//! C header: `include/linux/mm_types.h`

use kernel::mm::virt::VmaNew;

/// What [`VmaNew`] does not tell about the mapping that is being set up.
pub trait VmaNewExt {
    /// Returns where in the file the mapping is to begin, in pages: the offset that the program
    /// gave to `mmap(2)`.
    ///
    /// A driver with several regions decides by it which one is meant. Read it before
    /// [`Area::mmap`](crate::Area::mmap), which makes it an offset into the area.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::mm::virt::VmaNew;
    /// use vmremap::{Area, VmaNewExt};
    ///
    /// fn mmap(first: &Area<[u8]>, second: &Area<[u8]>, vma: &VmaNew) -> Result {
    ///     const SECOND: usize = 0x1000;
    ///
    ///     match vma.page_offset() {
    ///         offset @ SECOND.. => second.mmap(vma, offset - SECOND),
    ///         offset => first.mmap(vma, offset),
    ///     }
    /// }
    /// ```
    fn page_offset(&self) -> usize;
}

impl VmaNewExt for VmaNew {
    #[cfg(CONFIG_VMREMAP_RUST)]
    #[inline]
    fn page_offset(&self) -> usize {
        self.pgoff()
    }

    #[cfg(not(CONFIG_VMREMAP_RUST))]
    #[inline]
    fn page_offset(&self) -> usize {
        // SAFETY:
        // - `VmaInit`: by the type invariant of `VmaNew` the VMA is live and being set up by this
        //   thread, so that nobody else writes the field that is read.
        unsafe { (*self.as_ptr()).vm_pgoff }
    }
}

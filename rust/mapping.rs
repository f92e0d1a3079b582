// SPDX-License-Identifier: GPL-2.0

//! The mapping that a program requested.
//!
//! C header: `include/linux/mm_types.h`

use core::{
    marker::PhantomData,
    ptr, //
};
use kernel::{
    bindings::{
        vm_area_desc,
        vm_area_struct, //
    },
    mm::virt::VmaNew, //
};

/// The mapping that a program requested, as passed to the hook `mmap` or `mmap_prepare`.
///
/// The kernel has two hooks. `.mmap` sets up a VMA, and `.mmap_prepare` fills in a descriptor, a
/// `struct vm_area_desc`, from which the kernel then creates the VMA. A `Mapping` wraps either the
/// VMA or the descriptor. A driver can read the address range and the offset. Only
/// [`Area::mmap`](crate::Area::mmap) and [`WeakArea::mmap`](crate::WeakArea::mmap) can change the
/// VMA or the descriptor, so that nothing else changes what they have set up.
///
/// # Invariants
///
/// `target` points to the argument of an mmap hook, which runs in this thread during all of `'a`.
/// Only this crate changes the VMA or the descriptor until the kernel has created the mapping.
pub struct Mapping<'a> {
    target: Target,
    start: usize,
    end: usize,
    page_offset: usize,
    hook: PhantomData<&'a VmaNew>,
}

/// The argument of a hook.
#[derive(Clone, Copy)]
pub(crate) enum Target {
    Vma(*mut vm_area_struct),
    Desc(*mut vm_area_desc),
}

impl<'a> Mapping<'a> {
    /// Wraps the VMA that was passed to an `.mmap` hook.
    ///
    /// A [`MiscDevice`](crate::MiscDevice) need not call this. It is for abstractions of other
    /// subsystems.
    ///
    /// # Safety
    ///
    /// - `VmaUntouched`: `vma` does not have `VM_MIXEDMAP`, because splitting a PMD in such a VMA
    ///   leaks the reference on the folio. From now on, only the returned value changes `vma`. For
    ///   instance, nobody calls [`VmaNew::set_mixedmap`].
    #[inline]
    pub unsafe fn from_vma(vma: &'a VmaNew) -> Self {
        // INVARIANT: By its type invariant, a `VmaNew` is the argument of an `.mmap` hook. The
        // caller promises the rest.
        Self {
            target: Target::Vma(vma.as_ptr()),
            start: vma.start(),
            end: vma.end(),
            // SAFETY: The kernel writes the field before it calls the hook. After that, only
            // `vmremap_area_mmap()` writes it.
            // - `VmaInit`: by the type invariant of `VmaNew`, the VMA is live, and this thread is
            //   setting it up. So nobody else writes the field during this read.
            // - `PointerAligned`: the kernel's pointer is aligned for its own type.
            // - `Initialised`: the kernel has written the field.
            page_offset: unsafe { (*vma.as_ptr()).vm_pgoff },
            hook: PhantomData,
        }
    }

    /// Wraps the descriptor that was passed to an `.mmap_prepare` hook.
    ///
    /// A [`MiscDevice`](crate::MiscDevice) need not call this. It is for abstractions of other
    /// subsystems.
    ///
    /// # Safety
    ///
    /// - `VmaInit`: `desc` is the argument of an `.mmap_prepare` hook, which does not return before
    ///   the end of `'a`.
    /// - `VmaUntouched`: from now on, only the returned value changes `desc`.
    #[inline]
    pub unsafe fn from_desc(desc: *mut vm_area_desc) -> Self {
        // INVARIANT: The caller promises that `desc` is the argument of a running hook, and that
        // only the returned value changes it.
        let mut mapping = Self {
            target: Target::Desc(desc),
            start: 0,
            end: 0,
            page_offset: 0,
            hook: PhantomData,
        };

        if let Some(asked) = mapping.description() {
            mapping.start = asked.start;
            mapping.end = asked.end;
            mapping.page_offset = asked.pgoff;
        }
        mapping
    }

    /// Returns a copy of the descriptor as it is now, if the hook is `.mmap_prepare`.
    #[inline]
    pub(crate) fn description(&self) -> Option<vm_area_desc> {
        match self.target {
            Target::Vma(_) => None,
            // SAFETY: The kernel fills in the descriptor before it calls the hook. After that, only
            // vmremap's C functions write to it.
            // - `VmaInit`: by the type invariant, the hook has not returned, and only this thread
            //   accesses the descriptor.
            // - `PointerAligned`: the kernel's pointer is aligned for its own type.
            // - `Initialised`: the kernel initialises each field before it calls a hook, and the C
            //   functions write only initialised values.
            Target::Desc(desc) => Some(unsafe { ptr::read(desc) }),
        }
    }

    #[inline]
    pub(crate) fn target(&self) -> Target {
        self.target
    }

    /// Returns the address at which the mapping begins.
    #[inline]
    pub fn start(&self) -> usize {
        self.start
    }

    /// Returns the address at which the mapping ends: the first address after it.
    #[inline]
    pub fn end(&self) -> usize {
        self.end
    }

    /// Returns the offset in the file at which the mapping begins, in pages. The program has passed
    /// this offset to `mmap(2)`, in bytes.
    ///
    /// If a driver has several regions, this offset tells which of them the program requested.
    /// [`Area::mmap`](crate::Area::mmap) does not change the value.
    ///
    /// # Examples
    ///
    /// ```
    /// use vmremap::{Area, Mapping};
    ///
    /// fn mmap(first: &Area<[u8]>, second: &Area<[u8]>, mapping: &Mapping<'_>) -> Result {
    ///     const SECOND: usize = 0x1000;
    ///
    ///     match mapping.page_offset() {
    ///         offset @ SECOND.. => second.mmap(mapping, offset - SECOND),
    ///         offset => first.mmap(mapping, offset),
    ///     }
    /// }
    /// ```
    #[inline]
    pub fn page_offset(&self) -> usize {
        self.page_offset
    }
}

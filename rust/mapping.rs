// SPDX-License-Identifier: GPL-2.0

//! The mapping that a program asks for.
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

/// A mapping that a program asks for, as an mmap hook is given it.
///
/// The kernel has two hooks. `.mmap` sets up a VMA, and `.mmap_prepare` describes one that the
/// kernel then makes. A `Mapping` is either, and can only be used by
/// [`Area::mmap`](crate::Area::mmap), so that nothing else changes what that has set up.
///
/// # Invariants
///
/// For the duration of `'a`, an mmap hook that runs in this thread was given what `target` points
/// to. Nothing but this crate changes it until the kernel has made the mapping.
pub struct Mapping<'a> {
    target: Target,
    start: usize,
    end: usize,
    page_offset: usize,
    hook: PhantomData<&'a VmaNew>,
}

/// What a hook was given.
#[derive(Clone, Copy)]
pub(crate) enum Target {
    Vma(*mut vm_area_struct),
    Desc(*mut vm_area_desc),
}

impl<'a> Mapping<'a> {
    /// Takes the VMA that an `.mmap` hook was given.
    ///
    /// A [`MiscDevice`](crate::MiscDevice) need not call this. It is for abstractions of other
    /// subsystems.
    ///
    /// # Safety
    ///
    /// - `VmaInit`: `vma` is no mixed map, and from now on nothing but the returned value changes
    ///   `vma`. For instance, nobody calls [`VmaNew::set_mixedmap`].
    #[inline]
    pub unsafe fn from_vma(vma: &'a VmaNew) -> Self {
        // INVARIANT: By its type invariant a `VmaNew` was given to an `.mmap` hook. The caller has
        // promised the rest.
        Self {
            target: Target::Vma(vma.as_ptr()),
            start: vma.start(),
            end: vma.end(),
            // SAFETY: The field is only written before the hook is called, and by the C side.
            // - `VmaInit`: by the type invariant of `VmaNew` the VMA is live and being set up by
            //   this thread, so that nobody else writes the field meanwhile.
            page_offset: unsafe { (*vma.as_ptr()).vm_pgoff },
            hook: PhantomData,
        }
    }

    /// Takes the description that an `.mmap_prepare` hook was given.
    ///
    /// A [`MiscDevice`](crate::MiscDevice) need not call this. It is for abstractions of other
    /// subsystems.
    ///
    /// # Safety
    ///
    /// - `VmaInit`: an `.mmap_prepare` hook was given `desc`, and does not return before the end of
    ///   `'a`. From now on nothing but the returned value changes `desc`.
    #[inline]
    pub unsafe fn from_desc(desc: *mut vm_area_desc) -> Self {
        // SAFETY: The kernel has filled in a description before it calls the hook.
        // - `VmaInit`: the caller's hook was given the description, and only this thread has it.
        // - `AbiLayout`: the kernel's pointer is aligned for its own type.
        // - `Initialised`: the kernel initialises each field before it calls a hook.
        let asked = unsafe { ptr::read(desc) };

        // INVARIANT: promised by the caller.
        Self {
            target: Target::Desc(desc),
            start: asked.start,
            end: asked.end,
            page_offset: asked.pgoff,
            hook: PhantomData,
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

    /// Returns the address at which the mapping ends: the first one behind it.
    #[inline]
    pub fn end(&self) -> usize {
        self.end
    }

    /// Returns the page of the file at which the mapping is to begin: the offset that the program
    /// gave to `mmap(2)`.
    ///
    /// A driver that has several regions decides by this offset which one the program means.
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

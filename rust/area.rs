// SPDX-License-Identifier: GPL-2.0

//! Memory that drivers and programs share.
//!
//! C header: `c/vmremap.h`

use crate::{
    bindings,
    handle::Handle,
    Flags,
    Mapping,
    SharedMem,
    SharedMemBackend,
    WeakArea, //
};
use core::ptr::NonNull;
use kernel::{
    io::IoBase,
    page::PAGE_SIZE,
    prelude::*,
    ptr::KnownSize, //
};

/// A handle of an area: memory that a driver shares with programs through `mmap(2)`.
///
/// The memory holds one `T`, or, in an `Area<[T]>`, as many `T`s as were requested. It is zeroed
/// when it is allocated, page aligned, and not bound to any device. [`Clone`] makes another handle
/// of the same area. All handles of an area share one reference on it. The last handle drops it. A
/// mapping keeps the area alive as well. So the last `Area` can be dropped while programs have the
/// memory mapped: their mappings stay. Dropping an `Area` does not sleep. It is allowed in any
/// context except NMI; with `PREEMPT_RT`, only in a preemptible context. A [`WeakArea`] can only
/// map the memory, and does not keep the area alive.
///
/// Programs can read these bytes at any time, and write them unless the area is
/// [`Flags::READ_ONLY`]. So a driver gets no Rust reference (`&T` or `&mut T`) to the memory,
/// except while the area is [frozen](Self::freeze). A driver accesses the bytes through a
/// [`SharedMem`], which is a view of all or some of them. [`io_project!`] makes views of fields and
/// elements, and [`io_read!`] and [`io_write!`] access them directly.
///
/// Two reads of the same bytes can return different values. So read a value once, and check and use
/// that copy.
///
/// [`io_read!`]: kernel::io::io_read
/// [`io_write!`]: kernel::io::io_write
/// [`io_project!`]: kernel::io::io_project
///
/// # Invariants
///
/// - `handle` keeps an area alive.
/// - `memory` points to the first byte of that area. The value there is as large as the area. The
///   address is aligned for it, and valid for reads and writes as long as the area lives.
/// - The type that `memory` points to is `FromBytes` and `IntoBytes`, or a slice of such a type. So
///   any bytes are a valid value of it.
///
/// # Examples
///
/// ```
/// use kernel::io::{io_read, io_write};
/// use vmremap::{Area, Flags};
///
/// #[repr(C)]
/// #[derive(FromBytes, IntoBytes)]
/// struct Status {
///     state: u32,
///     errors: u32,
/// }
///
/// let status = Area::<Status>::zeroed(Flags::READ_ONLY)?;
/// assert_eq!(io_read!(&status, .errors), 0);
///
/// let same = status.clone();
/// io_write!(&status, .errors, 3);
/// assert_eq!(io_read!(&same, .errors), 3);
/// # Ok::<(), Error>(())
/// ```
pub struct Area<T: KnownSize + ?Sized> {
    handle: Handle,
    memory: NonNull<T>,
}

impl<T: FromBytes + IntoBytes> Area<T> {
    /// Allocates an area that holds one zeroed `T`.
    ///
    /// # Errors
    ///
    /// - [`ENODATA`]: `T` is zero-sized.
    /// - [`ENOMEM`]: there is not enough memory or vmalloc address space.
    /// - [`EINTR`]: the task was killed during the allocation.
    /// - [`ENFILE`]: the system limit of open files was reached.
    /// - Another error, such as [`EACCES`], from a security module.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::io::io_read;
    /// use vmremap::{Area, Flags};
    ///
    /// let table = Area::<[u32; 256]>::zeroed(Flags::POPULATE)?;
    /// assert_eq!(io_read!(&table, [build: 255]), 0);
    /// # Ok::<(), Error>(())
    /// ```
    #[inline]
    pub fn zeroed(flags: Flags) -> Result<Self> {
        let (handle, memory) = Self::alloc(size_of::<T>(), flags)?;

        // INVARIANT: `memory` is the memory of the handle's area. It is as large as a `T`, and
        // aligned for a `T`. By the traits of `T`, any bytes are a valid `T`.
        Ok(Self { handle, memory })
    }

    /// Allocates an area that holds `len` zeroed `T`s.
    ///
    /// # Errors
    ///
    /// - [`ENODATA`]: `len` is 0, or `T` is zero-sized.
    /// - [`EOVERFLOW`]: the size in bytes, rounded up to pages, does not fit into a `usize`.
    /// - [`ENOMEM`]: there is not enough memory or vmalloc address space.
    /// - [`EINTR`]: the task was killed during the allocation.
    /// - [`ENFILE`]: the system limit of open files was reached.
    /// - Another error, such as [`EACCES`], from a security module.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::io::io_write;
    /// use vmremap::{Area, Flags};
    ///
    /// let samples = Area::<u32>::zeroed_slice(1000, Flags::NONE)?;
    /// assert_eq!(samples.len(), 1000);
    /// assert_eq!(samples.size(), 4000);
    ///
    /// io_write!(&samples, [try: 999], 5);
    /// # Ok::<(), Error>(())
    /// ```
    #[inline]
    pub fn zeroed_slice(len: usize, flags: Flags) -> Result<Area<[T]>> {
        let size = size_of::<T>().checked_mul(len).ok_or(EOVERFLOW)?;
        let (handle, memory) = Self::alloc(size, flags)?;

        // INVARIANT: `memory` is the memory of the handle's area. It is as large as `len` `T`s, and
        // aligned for them. By the traits of `T`, any bytes are valid `T`s.
        Ok(Area {
            handle,
            memory: NonNull::slice_from_raw_parts(memory, len),
        })
    }

    /// Allocates an area of `size` bytes. Returns a handle of it and the address of its memory.
    #[inline]
    fn alloc(size: usize, flags: Flags) -> Result<(Handle, NonNull<T>)> {
        const_assert!(
            align_of::<T>() <= PAGE_SIZE,
            "an area is aligned to pages, not to more"
        );
        let (handle, memory) = Handle::alloc(size, flags)?;
        Ok((handle, memory.cast()))
    }
}

impl<T: KnownSize + ?Sized> Area<T> {
    #[inline]
    pub(crate) fn raw(&self) -> *mut bindings::vmremap_area {
        self.handle.as_raw()
    }

    #[inline]
    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Returns one more handle of the area, as an area of bytes.
    #[inline]
    pub(crate) fn to_bytes(&self) -> Area<[u8]> {
        // INVARIANT: `memory` is the memory of the same area, which has `self.size()` bytes. Any
        // byte is a valid `u8`, and every address is aligned for it.
        Area {
            handle: self.handle.clone(),
            memory: NonNull::slice_from_raw_parts(self.memory.cast(), self.size()),
        }
    }

    #[inline]
    pub(crate) fn memory(&self) -> NonNull<T> {
        self.memory
    }

    /// Returns the size in bytes, which is not rounded up to pages.
    ///
    /// # Examples
    ///
    /// ```
    /// use vmremap::{Area, Flags};
    ///
    /// assert_eq!(Area::<u64>::zeroed(Flags::NONE)?.size(), 8);
    /// assert_eq!(Area::<u64>::zeroed_slice(600, Flags::NONE)?.size(), 4800);
    /// # Ok::<(), Error>(())
    /// ```
    #[inline]
    pub fn size(&self) -> usize {
        KnownSize::size(self.memory.as_ptr())
    }

    /// Maps the area into the whole of `mapping`, from the area's page `page_offset` on.
    ///
    /// Call this from the hook `mmap` or `mmap_prepare`. On success `mapping` is complete: another
    /// area cannot be mapped into it. It keeps the area alive until it is unmapped, even if the
    /// driver is gone by then.
    ///
    /// One PMD entry maps a folio of `PMD_SIZE` bytes, if the address and `page_offset` are aligned
    /// for that. For a device that was registered by
    /// [`MiscDeviceRegistration`](crate::MiscDeviceRegistration), `mmap(NULL, ...)` chooses such an
    /// address.
    ///
    /// # Errors
    ///
    /// The error tells which *clause* of `docs/contract.md` did not hold. Return it from the hook:
    /// the kernel then creates no mapping.
    ///
    /// | error | clause | cause |
    /// | --- | --- | --- |
    /// | [`EOVERFLOW`] | `RangeNoWrap` | `page_offset`, counted in bytes, overflows |
    /// | [`EINVAL`] | `RangeInArea` | the area has fewer pages after `page_offset` than `mapping` |
    /// | [`EBUSY`] | `VmaInit` | the hook has already mapped an area into `mapping` |
    /// | [`ENODEV`] | `NotRevoked` | the area was revoked |
    /// | [`EACCES`] | `PolicyHeld` | executable, or private and writable, or refused by the flags |
    ///
    /// # Examples
    ///
    /// ```
    /// use vmremap::{Area, Mapping};
    ///
    /// fn mmap(buffer: &Area<[u8]>, mapping: &Mapping<'_>) -> Result {
    ///     buffer.mmap(mapping, mapping.page_offset())
    /// }
    /// ```
    #[inline]
    pub fn mmap(&self, mapping: &Mapping<'_>, page_offset: usize) -> Result {
        self.handle.mmap(mapping, page_offset)
    }

    /// Returns whether a program has mapped the area, or a part of it.
    ///
    /// Programs may map and unmap it at any time, so the answer may already be outdated.
    ///
    /// # Examples
    ///
    /// ```
    /// use vmremap::{Area, Flags};
    ///
    /// assert!(!Area::<u32>::zeroed(Flags::NONE)?.is_mapped());
    /// # Ok::<(), Error>(())
    /// ```
    #[inline]
    pub fn is_mapped(&self) -> bool {
        // SAFETY: The function only reads a count.
        // - `ReferenceHeld`: by the type invariant, the handle keeps a reference.
        unsafe { bindings::vmremap_area_is_mapped(self.raw()) }
    }

    /// Returns a handle that can only map the memory, and does not keep the area alive.
    ///
    /// [`freeze`](Self::freeze) takes a `&mut Area`, and fails if another `Area` of the memory
    /// exists; `WeakArea`s do not count. So a driver that freezes keeps its only `Area` in a lock,
    /// and its mmap hook maps the memory through a `WeakArea`, without this lock.
    ///
    /// # Examples
    ///
    /// ```
    /// use vmremap::{Area, Flags};
    ///
    /// let mut area = Area::<u8>::zeroed_slice(4096, Flags::REVOCABLE)?;
    /// let mappable = area.downgrade();
    ///
    /// area.freeze()?.fill(1);
    /// // What an mmap hook calls: `mappable.mmap(mapping, mapping.page_offset())`.
    /// drop(mappable);
    /// # Ok::<(), Error>(())
    /// ```
    #[inline]
    pub fn downgrade(&self) -> WeakArea {
        self.handle.downgrade()
    }

    /// Returns a view of the bytes of the whole area. Such a view can copy many bytes at once.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::io::io_read;
    /// use vmremap::{Area, Flags};
    ///
    /// let word = Area::<u32>::zeroed(Flags::NONE)?;
    /// assert_eq!(io_read!(word.bytes(), [try: 3]), 0);
    /// # Ok::<(), Error>(())
    /// ```
    #[inline]
    pub fn bytes(&self) -> SharedMem<'_, [u8]> {
        self.as_view().into_bytes()
    }
}

impl<T> Area<[T]> {
    /// Returns the number of `T`s in the area.
    ///
    /// # Examples
    ///
    /// ```
    /// use vmremap::{Area, Flags};
    ///
    /// assert_eq!(Area::<u64>::zeroed_slice(600, Flags::NONE)?.len(), 600);
    /// # Ok::<(), Error>(())
    /// ```
    #[inline]
    #[expect(clippy::len_without_is_empty, reason = "an area is never empty")]
    pub fn len(&self) -> usize {
        self.memory.len()
    }
}

impl<'a, T: KnownSize + ?Sized> IoBase<'a> for &'a Area<T> {
    type Backend = SharedMemBackend;
    type Target = T;

    #[inline]
    fn as_view(self) -> SharedMem<'a, T> {
        // SAFETY: The view has the lifetime of the borrow.
        // - `AreaOutlives`: the view borrows `self`, whose handle keeps the area alive.
        // - `WithinArea`: by the type invariant, the area is as large as the value at `memory`.
        // - `PointerAligned`: by the same invariant, `memory` is aligned for that value.
        unsafe { SharedMem::new(self.memory.as_ptr()) }
    }
}

impl<T: KnownSize + ?Sized> Clone for Area<T> {
    #[inline]
    fn clone(&self) -> Self {
        // INVARIANT: `memory` is the memory of the same area, with the same type.
        Self {
            handle: self.handle.clone(),
            memory: self.memory,
        }
    }
}

// SAFETY: An area belongs to no task.
// - `AnyThread`: the reference count is atomic, so any task may use the reference and drop it. One
//   task after another can freeze the area and get a `&mut T` to the same memory. This is allowed,
//   because `T` is `Send`.
unsafe impl<T: KnownSize + Send + Sync + ?Sized> Send for Area<T> {}

// SAFETY: With a `&Area`, a task can get views and call the C functions.
// - `AnyThread`: several tasks may call the C functions at the same time. They may also access the
//   memory through views at the same time, because a view expects such accesses: programs can make
//   them, too. A task gets a reference to the memory itself only by freezing a `&mut Area`. It may
//   share this reference with other tasks, because `T` is `Sync`.
unsafe impl<T: KnownSize + Send + Sync + ?Sized> Sync for Area<T> {}

// SPDX-License-Identifier: GPL-2.0

//! A view of bytes that programs can write at any time.
//!
//! C header: `include/linux/string.h`

use core::{
    marker::PhantomData,
    ops::Range,
    ptr, //
};
use kernel::{
    bindings::memcpy,
    io::{
        io_project,
        IoBackend,
        IoBase,
        IoCapable,
        IoCopyable, //
    },
    prelude::*,
    ptr::KnownSize, //
};

/// A view of memory that programs can access: all of an [`Area`](crate::Area), or a part of it.
///
/// A view is no reference: what it shows can change at any time. It is the only way to access an
/// area that is not frozen:
///
/// - [`io_project!`](kernel::io::io_project) makes views of fields and elements, and
///   [`slice`](Self::slice) of a range.
/// - [`io_read!`](kernel::io::io_read), [`io_write!`](kernel::io::io_write) and the methods of
///   [`Io`](kernel::io::Io) access a value of any type of which an area can be: an integer of up to
///   8 bytes by one volatile access, any other type by a copy, whose parts a program may see one
///   after another.
/// - A view of an integer has the operations of the kernel's
///   [`Atomic`](kernel::sync::atomic::Atomic), with the same orderings: [`load`](Self::load),
///   [`store`](Self::store), [`xchg`](Self::xchg), [`cmpxchg`](Self::cmpxchg), and from 32 bits on
///   [`fetch_add`](Self::fetch_add).
/// - A view of bytes copies many at once, from and to the driver by [`read_at`](Self::read_at) and
///   [`write_at`](Self::write_at), and from and to other memory of a program by
///   [`copy_from_user`](Self::copy_from_user) and [`copy_to_user`](Self::copy_to_user).
///
/// Copies are made by a function in vmremap.ko that is never inlined. So the compiler of a driver
/// cannot read the shared bytes again in place of the copy.
///
/// A program sees the atomic operations as C11 atomics of the same size: a
/// [`Release`](kernel::sync::atomic::Release) store pairs with an acquire load in the program, and
/// the other way round. A loop that waits for a value, or retries [`cmpxchg`](Self::cmpxchg), needs
/// another end, because the program may write anything.
///
/// A view stays in its thread. Another thread makes a view of the same [`Area`](crate::Area).
///
/// # Invariants
///
/// - `memory` points to memory of an area, which lives for `'a`. All bytes that its type has are in
///   that area.
/// - `memory` is aligned for its type.
///
/// # Examples
///
/// ```
/// use kernel::io::{io_read, io_write};
/// use vmremap::{Area, Flags};
///
/// #[repr(C)]
/// #[derive(Clone, Copy, Debug, FromBytes, IntoBytes, PartialEq)]
/// struct Message {
///     kind: u16,
///     length: u16,
///     bytes: [u8; 20],
/// }
///
/// let messages = Area::<Message>::zeroed_slice(8, Flags::NONE)?;
/// io_write!(&messages, [try: 3].kind, 7);
///
/// // A copy, which can be checked and then used.
/// let message = io_read!(&messages, [try: 3]);
/// assert_eq!(message.kind, 7);
/// io_write!(&messages, [try: 4], message);
/// assert_eq!(io_read!(&messages, [try: 4]), message);
/// # Ok::<(), Error>(())
/// ```
///
/// A ring, whose fields `head` and `tail` carry ordering:
///
/// ```
/// use kernel::{
///     io::{io_project, io_write},
///     sync::atomic::{Acquire, Full, Release},
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
/// assert_eq!(tail.load(Acquire).wrapping_sub(head.load(Acquire)), 1);
///
/// // Operations that read and write at once.
/// assert_eq!(head.xchg(7, Full), 0);
/// assert_eq!(head.cmpxchg(0, 8, Full), Err(7));
/// assert_eq!(head.fetch_add(1, Full), 7);
/// # Ok::<(), Error>(())
/// ```
pub struct SharedMem<'a, T: ?Sized> {
    memory: *mut T,
    borrowed: PhantomData<&'a ()>,
}

impl<T: ?Sized> Copy for SharedMem<'_, T> {}
impl<T: ?Sized> Clone for SharedMem<'_, T> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<'a, T: ?Sized> SharedMem<'a, T> {
    /// Makes a view.
    ///
    /// # Safety
    ///
    /// - `AreaOutlives`: `memory` points to memory of an area that lives for `'a`.
    /// - `WithinArea`: all bytes that its type has are in that area.
    /// - `PointerAligned`: it is aligned for its type.
    #[inline]
    pub(crate) unsafe fn new(memory: *mut T) -> Self {
        // INVARIANT: promised by the caller.
        Self {
            memory,
            borrowed: PhantomData,
        }
    }

    /// Returns the address of the memory.
    #[inline]
    pub fn as_ptr(self) -> *mut T {
        self.memory
    }
}

impl<'a, T: KnownSize + ?Sized> SharedMem<'a, T> {
    /// Returns a view of the same memory as bytes.
    #[inline]
    pub(crate) fn into_bytes(self) -> SharedMem<'a, [u8]> {
        let size = KnownSize::size(self.memory);

        // INVARIANT: These are as many bytes as the view shows, and a byte is always aligned.
        SharedMem {
            memory: ptr::slice_from_raw_parts_mut(self.memory.cast(), size),
            borrowed: self.borrowed,
        }
    }
}

impl<'a, T> SharedMem<'a, [T]> {
    /// Returns a view of the `T`s in `range`.
    ///
    /// # Errors
    ///
    /// [`ERANGE`]: `range` ends after the end of the view, or its start is greater than its end.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::io::{io_read, io_write, IoBase};
    /// use vmremap::{Area, Flags};
    ///
    /// let area = Area::<u32>::zeroed_slice(100, Flags::NONE)?;
    /// let last = area.as_view().slice(90..100)?;
    /// io_write!(last, [try: 9], 5);
    /// assert_eq!(io_read!(&area, [try: 99]), 5);
    /// assert_eq!(area.as_view().slice(90..101).err(), Some(ERANGE));
    /// # Ok::<(), Error>(())
    /// ```
    #[inline]
    pub fn slice(self, range: Range<usize>) -> Result<Self> {
        Ok(io_project!(self, [try: range]))
    }
}

impl<'a, T: KnownSize + ?Sized> IoBase<'a> for SharedMem<'a, T> {
    type Backend = SharedMemBackend;
    type Target = T;

    #[inline]
    fn as_view(self) -> Self {
        self
    }
}

/// How a [`SharedMem`] is accessed.
pub struct SharedMemBackend {}

impl IoBackend for SharedMemBackend {
    type View<'a, T: ?Sized + KnownSize> = SharedMem<'a, T>;

    #[inline]
    fn as_ptr<'a, T: ?Sized + KnownSize>(view: Self::View<'a, T>) -> *mut T {
        view.as_ptr()
    }

    /// Makes a view of a part.
    ///
    /// # Safety
    ///
    /// - `WithinArea`: `ptr` is a projection of the pointer of `view`: it points to a part of what
    ///   `view` shows.
    /// - `PointerAligned`: as a projection, it is aligned for its type: one to a field that is not
    ///   does not compile.
    #[inline]
    unsafe fn project_view<'a, T: ?Sized + KnownSize, U: ?Sized + KnownSize>(
        view: Self::View<'a, T>,
        ptr: *mut U,
    ) -> Self::View<'a, U> {
        // INVARIANT: promised by the caller: this is a part of what the view shows.
        SharedMem {
            memory: ptr,
            borrowed: view.borrowed,
        }
    }
}

/// Returns whether a `T` is as an integer of at most 8 bytes, which one volatile access reads.
const fn is_scalar<T>() -> bool {
    size_of::<T>() == align_of::<T>() && size_of::<T>() <= 8
}

impl<T: FromBytes + IntoBytes> IoCapable<T> for SharedMemBackend {
    #[inline(always)]
    fn io_read(view: SharedMem<'_, T>) -> T {
        if !is_scalar::<T>() {
            return Self::copy_read(view);
        }
        // SAFETY: One load, whose value is a copy.
        // - `AreaOutlives`: by the type invariant the area lives as long as the view.
        // - `WithinArea`: by the type invariant all bytes of a `T` are in it.
        // - `NoSharedRef`: the access is volatile, which LKMM takes for marked. So it makes no data
        //   race with another marked one: of a program, or of another view in any thread.
        // - `PointerAligned`: by the type invariant the memory is aligned for `T`.
        // - `Initialised`: by the bound any bytes are a `T`, and all bytes of an area are
        //   initialised.
        unsafe { ptr::read_volatile(view.memory) }
    }

    #[inline(always)]
    fn io_write(view: SharedMem<'_, T>, value: T) {
        if !is_scalar::<T>() {
            return Self::copy_write(view, value);
        }
        // SAFETY: One store, before which nothing has to be dropped: a `T` there is bytes.
        // - `AreaOutlives`: by the type invariant the area lives as long as the view.
        // - `WithinArea`: by the type invariant all bytes of a `T` are in it.
        // - `NoSharedRef`: the access is volatile, which LKMM takes for marked. So it makes no data
        //   race with another marked one: of a program, or of another view in any thread.
        // - `PointerAligned`: by the type invariant the memory is aligned for `T`.
        unsafe { ptr::write_volatile(view.memory, value) }
    }
}

/// The compiler of a driver only sees calls of these two functions: it can neither take a copy to
/// be what was copied, and read that again, nor combine a copy with an atomic access to the same
/// bytes.
impl IoCopyable for SharedMemBackend {
    /// Copies bytes out of the area.
    ///
    /// # Safety
    ///
    /// - `Borrowed`: the buffer is the caller's, apart from the area, and as long as the view.
    #[inline(never)]
    unsafe fn copy_from_io(view: SharedMem<'_, [u8]>, buffer: *mut u8) {
        // SAFETY: The two do not overlap. A buffer is no memory of this area, because only a
        // `Frozen` lends that, which borrows the only `Area`, and so there is no view.
        // - `AreaOutlives`: by the type invariant the area lives as long as the view.
        // - `WithinArea`: by the type invariant it has all bytes of the view.
        // - `Borrowed`: the caller lends a buffer that is as long as the view.
        // - `NoSharedRef`: a program or another thread may write the area meanwhile. The copy is
        //   then a mixture. A driver only has a call of this function, which is never inlined, and
        //   no function of this crate that calls it accesses the area itself. So a compiler has no
        //   access that it could combine with the copy.
        unsafe { memcpy(buffer.cast(), view.memory.cast(), view.memory.len()) };
    }

    /// Copies bytes into the area.
    ///
    /// # Safety
    ///
    /// - `Borrowed`: the buffer is the caller's, apart from the area, and as long as the view.
    #[inline(never)]
    unsafe fn copy_to_io(view: SharedMem<'_, [u8]>, buffer: *const u8) {
        // SAFETY: The two do not overlap. A buffer is no memory of this area, because only a
        // `Frozen` lends that, which borrows the only `Area`, and so there is no view.
        // - `AreaOutlives`: by the type invariant the area lives as long as the view.
        // - `WithinArea`: by the type invariant it has all bytes of the view.
        // - `Borrowed`: the caller lends a buffer that is as long as the view.
        // - `NoSharedRef`: a program or another thread may access the area meanwhile. It then sees
        //   a mixture. A driver only has a call of this function, which is never inlined, and no
        //   function of this crate that calls it accesses the area itself. So a compiler has no
        //   access that it could combine with the copy.
        unsafe { memcpy(view.memory.cast(), buffer.cast(), view.memory.len()) };
    }
}

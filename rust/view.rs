// SPDX-License-Identifier: GPL-2.0

//! A view of bytes that programs can write at any time.

use core::{
    marker::PhantomData,
    mem::forget,
    ops::Range,
    ptr, //
};
use kernel::{
    io::{
        io_project,
        IoBackend,
        IoBase,
        IoCapable, //
    },
    prelude::*,
    ptr::KnownSize, //
};

/// A view of memory that programs can access: all of an [`Area`](crate::Area), or a part of it.
///
/// A view is not a reference: the bytes behind it can change at any time. Only through views can a
/// driver access an area that is not frozen:
///
/// - [`io_project!`](kernel::io::io_project) makes a view of a field or an element, and
///   [`slice`](Self::slice) makes a view of a range.
/// - [`io_read!`](kernel::io::io_read), [`io_write!`](kernel::io::io_write) and the methods of
///   [`Io`](kernel::io::Io) read or write a value of any type that an area can hold, of up to 1024
///   bytes. For an integer of up to 8 bytes, this is one volatile access. A value of any other type
///   is copied, and a program may see some parts of it before others.
/// - A view of an integer has the operations of the kernel's
///   [`Atomic`](kernel::sync::atomic::Atomic), with the same orderings: [`load`](Self::load),
///   [`store`](Self::store), [`xchg`](Self::xchg), [`cmpxchg`](Self::cmpxchg), and, if the integer
///   has 32 bits or more, [`fetch_add`](Self::fetch_add).
/// - A view of bytes copies many bytes at once. [`read_at`](Self::read_at) and
///   [`write_at`](Self::write_at) copy to and from the driver's memory,
///   [`copy_to_user`](Self::copy_to_user) and [`copy_from_user`](Self::copy_from_user) to and from
///   other memory of a program.
///
/// Copies are made by a function in vmremap.ko that is never inlined. So the compiler of a driver
/// cannot read the shared bytes again in place of the copy.
///
/// A program uses C11 atomics of the same size: a [`Release`](kernel::sync::atomic::Release) store
/// in the driver pairs with an acquire load in the program, and the other way round. Limit each
/// loop that waits for a value or retries [`cmpxchg`](Self::cmpxchg): the program may write any
/// value, and so keep the loop from ending.
///
/// A view cannot be sent to another thread. The other thread makes its own view of the same
/// [`Area`](crate::Area).
///
/// # Invariants
///
/// - `memory` points to memory of an area that lives for `'a`. All bytes of the value there are in
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
/// A ring, in which the accesses to `head` and `tail` are ordered:
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
/// // A program that sees the new `tail` also sees the entry, because of the release.
/// let new = tail.load(Acquire);
/// io_write!(&ring, .entries[try: new as usize % 32], 0x1234);
/// tail.store(new.wrapping_add(1), Release);
/// assert_eq!(tail.load(Acquire).wrapping_sub(head.load(Acquire)), 1);
///
/// // Each of these reads and writes in one step.
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
    /// - `WithinArea`: all bytes of the value there are in that area.
    /// - `PointerAligned`: `memory` is aligned for its type.
    #[inline]
    pub(crate) unsafe fn new(memory: *mut T) -> Self {
        // INVARIANT: The caller promises it.
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

        // INVARIANT: The new view is as long as `self`, and any address is aligned for a byte.
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

/// The I/O backend of [`SharedMem`]: how the functions of the kernel crate's `io` access a view.
pub struct SharedMemBackend {}

impl IoBackend for SharedMemBackend {
    type View<'a, T: ?Sized + KnownSize> = SharedMem<'a, T>;

    #[inline]
    fn as_ptr<'a, T: ?Sized + KnownSize>(view: Self::View<'a, T>) -> *mut T {
        view.as_ptr()
    }

    /// Makes a view of a part of `view`.
    ///
    /// # Safety
    ///
    /// - `WithinArea`: `ptr` is a projection of the pointer of `view`, so it points to a part of
    ///   the memory of `view`.
    /// - `PointerAligned`: as a projection, `ptr` is aligned for its type, because projecting a
    ///   field that is not aligned does not compile.
    #[inline]
    unsafe fn project_view<'a, T: ?Sized + KnownSize, U: ?Sized + KnownSize>(
        view: Self::View<'a, T>,
        ptr: *mut U,
    ) -> Self::View<'a, U> {
        // INVARIANT: The caller promises that `ptr` points to a part of the memory of `view`, and
        // that it is aligned.
        SharedMem {
            memory: ptr,
            borrowed: view.borrowed,
        }
    }
}

/// Returns whether one volatile access reads a whole `T`, like an integer of at most 8 bytes.
const fn is_scalar<T>() -> bool {
    size_of::<T>() == align_of::<T>() && size_of::<T>() <= 8
}

/// The size of the largest value that is copied. The copy is on the stack. If it were larger than
/// the guard page below the stack, it could end in other memory, because nothing probes the stack.
const MAX_COPY: usize = 1024;

/// Returns a copy of a value.
#[inline]
fn copied<T: FromBytes + IntoBytes>(view: SharedMem<'_, T>) -> T {
    let mut value = T::new_zeroed();

    view.into_bytes().copy_out(value.as_mut_bytes());
    value
}

/// Copies a value into the area, and does not drop it.
#[inline]
fn copy<T: FromBytes + IntoBytes>(view: SharedMem<'_, T>, mut value: T) {
    view.into_bytes().copy_in(value.as_mut_bytes());
    forget(value);
}

impl<T: FromBytes + IntoBytes> IoCapable<T> for SharedMemBackend {
    #[inline(always)]
    fn io_read(view: SharedMem<'_, T>) -> T {
        const_assert!(size_of::<T>() <= MAX_COPY, "copy large values by read_at");
        if !is_scalar::<T>() {
            return copied(view);
        }
        // SAFETY: This is one load, and its result is a copy.
        // - `AreaOutlives`: by the type invariant, the area lives as long as the view.
        // - `WithinArea`: by the type invariant, all bytes of the `T` are in the area.
        // - `NoSharedRef`: LKMM counts a volatile access as marked, and an access by a program,
        //   too. Other views also make marked accesses, or copies, which are exempt. Marked
        //   accesses do not race.
        // - `PointerAligned`: by the type invariant, the memory is aligned for `T`.
        // - `Initialised`: all bytes of an area are initialised, and by the bound `FromBytes` any
        //   bytes are a valid `T`.
        unsafe { ptr::read_volatile(view.memory) }
    }

    #[inline(always)]
    fn io_write(view: SharedMem<'_, T>, value: T) {
        const_assert!(size_of::<T>() <= MAX_COPY, "copy large values by write_at");
        if !is_scalar::<T>() {
            return copy(view, value);
        }
        // SAFETY: This is one store. It does not drop the old value, which is safe.
        // - `AreaOutlives`: by the type invariant, the area lives as long as the view.
        // - `WithinArea`: by the type invariant, all bytes of the `T` are in the area.
        // - `NoSharedRef`: LKMM counts a volatile access as marked, and an access by a program,
        //   too. Other views also make marked accesses, or copies, which are exempt. Marked
        //   accesses do not race.
        // - `PointerAligned`: by the type invariant, the memory is aligned for `T`.
        unsafe { ptr::write_volatile(view.memory, value) }
    }
}

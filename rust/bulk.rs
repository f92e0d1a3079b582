// SPDX-License-Identifier: GPL-2.0

//! Copying many bytes from or to an area.
//!
//! C header: `include/linux/string.h`

use crate::SharedMem;
use kernel::{
    bindings::memcpy,
    current,
    io::Io,
    prelude::*,
    uaccess::{
        UserSliceReader,
        UserSliceWriter, //
    }, //
};

/// How many bytes to copy at a time between an area and other memory of a program.
const CHUNK: usize = 512;

/// Requires that the current task has memory of a program.
///
/// A task without it runs on the page tables of another one, and x86 does not flush the TLB for it.
/// It could access a page through a TLB entry after the page was freed.
fn require_program() -> Result {
    current!().mm().map(|_| ()).ok_or(EFAULT)
}

impl<'a> SharedMem<'a, [u8]> {
    /// Returns a view of `len` bytes from byte `offset` on.
    #[inline]
    fn part(self, offset: usize, len: usize) -> Result<SharedMem<'a, [u8]>> {
        self.slice(offset..offset.checked_add(len).ok_or(ERANGE)?)
    }

    /// Copies bytes out of the area until `buffer` is full or the view ends.
    ///
    /// This function and [`copy_in`](Self::copy_in) are never inlined, so the compiler of a driver
    /// sees only calls. It can neither read the area again in place of a copy, nor combine a copy
    /// with an atomic access to the same bytes.
    #[inline(never)]
    pub(crate) fn copy_out(self, buffer: &mut [u8]) {
        let len = buffer.len().min(self.len());

        // SAFETY: Buffer and view do not overlap. Only a `Frozen` lends memory of an area, and it
        // borrows the only `Area`, so the area has no view while this memory is lent.
        // - `AreaOutlives`: by the type invariant, the area lives as long as the view.
        // - `WithinArea`: by the type invariant, all bytes of the view are in the area, and the
        //   copy is no longer than the view.
        // - `Borrowed`: the caller lends the buffer, and the copy is no longer than the buffer.
        // - `NoSharedRef`: a program or another thread may write to the area during the copy. The
        //   buffer then gets a mixture of old and new bytes. No compiler sees this race: a driver
        //   contains only a call of this function, which is never inlined, and the functions of
        //   this crate that call it do not access the area themselves.
        unsafe { memcpy(buffer.as_mut_ptr().cast(), self.as_ptr().cast(), len) };
    }

    /// Copies the bytes of `buffer` into the area, until the view ends.
    #[inline(never)]
    pub(crate) fn copy_in(self, buffer: &[u8]) {
        let len = buffer.len().min(self.len());

        // SAFETY: Buffer and view do not overlap. Only a `Frozen` lends memory of an area, and it
        // borrows the only `Area`, so the area has no view while this memory is lent.
        // - `AreaOutlives`: by the type invariant, the area lives as long as the view.
        // - `WithinArea`: by the type invariant, all bytes of the view are in the area, and the
        //   copy is no longer than the view.
        // - `Borrowed`: the caller lends the buffer, and the copy is no longer than the buffer.
        // - `NoSharedRef`: a program or another thread may access the area during the copy. It then
        //   sees a mixture of old and new bytes. No compiler sees this race: a driver contains only
        //   a call of this function, which is never inlined, and the functions of this crate that
        //   call it do not access the area themselves.
        unsafe { memcpy(self.as_ptr().cast(), buffer.as_ptr().cast(), len) };
    }

    /// Copies bytes out of the area, from byte `offset` of the view on, until `data` is full.
    ///
    /// If a program writes to the area during the copy, `data` may get old bytes, new bytes or a
    /// mixture. After the copy, `data` no longer changes: the compiler cannot read the area again
    /// in place of `data`.
    ///
    /// # Errors
    ///
    /// [`ERANGE`]: the view is too short. Nothing was copied.
    ///
    /// # Examples
    ///
    /// ```
    /// use vmremap::{Area, Flags};
    ///
    /// let area = Area::<u8>::zeroed_slice(100, Flags::NONE)?;
    /// area.bytes().write_at(98, b"ab")?;
    ///
    /// let mut last = [0; 3];
    /// area.bytes().read_at(97, &mut last)?;
    /// assert_eq!(&last, b"\0ab");
    /// assert_eq!(area.bytes().read_at(98, &mut last), Err(ERANGE));
    /// # Ok::<(), Error>(())
    /// ```
    #[inline]
    pub fn read_at(self, offset: usize, data: &mut [u8]) -> Result {
        self.part(offset, data.len())?.copy_out(data);
        Ok(())
    }

    /// Copies all of `data` into the area, from byte `offset` of the view on.
    ///
    /// A program that reads during the copy may see only a part of the new bytes.
    ///
    /// # Errors
    ///
    /// [`ERANGE`]: the view is too short. Nothing was copied.
    ///
    /// # Examples
    ///
    /// ```
    /// use vmremap::{Area, Flags};
    ///
    /// let area = Area::<u64>::zeroed_slice(2, Flags::NONE)?;
    /// let words = [1u64, 2];
    /// area.bytes().write_at(0, words.as_bytes())?;
    /// assert_eq!(area.bytes().write_at(1, words.as_bytes()), Err(ERANGE));
    /// # Ok::<(), Error>(())
    /// ```
    #[inline]
    pub fn write_at(self, offset: usize, data: &[u8]) -> Result {
        self.part(offset, data.len())?.copy_in(data);
        Ok(())
    }

    /// Copies `len` bytes of the area, from byte `offset` of the view on, to other memory of a
    /// program.
    ///
    /// # Errors
    ///
    /// - [`ERANGE`]: the view or `writer` is too short. Nothing was copied.
    /// - [`EFAULT`]: the program cannot write to the memory of `writer`. Some bytes may have been
    ///   copied.
    /// - [`EFAULT`]: the current task has no memory of a program, because it is a kernel thread or
    ///   exits. Nothing was copied.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::uaccess::UserSlice;
    /// use vmremap::Area;
    ///
    /// fn read_first_page(area: &Area<[u8]>, user: UserSlice) -> Result {
    ///     area.bytes().copy_to_user(0, 4096, &mut user.writer())
    /// }
    /// ```
    pub fn copy_to_user(self, offset: usize, len: usize, writer: &mut UserSliceWriter) -> Result {
        if len > writer.len() {
            return Err(ERANGE);
        }
        let part = self.part(offset, len)?;

        require_program()?;
        part.by_chunks(|part, copy| {
            part.read_at(0, copy)?;
            writer.write_slice(copy)
        })
    }

    /// Copies `len` bytes of other memory of a program into the area, from byte `offset` of the
    /// view on.
    ///
    /// # Errors
    ///
    /// - [`ERANGE`]: the view or `reader` is too short. Nothing was copied.
    /// - [`EFAULT`]: the program cannot read the memory of `reader`. Some bytes may have been
    ///   copied.
    /// - [`EFAULT`]: the current task has no memory of a program, because it is a kernel thread or
    ///   exits. Nothing was copied.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::uaccess::UserSlice;
    /// use vmremap::Area;
    ///
    /// fn write_first_page(area: &Area<[u8]>, user: UserSlice) -> Result {
    ///     area.bytes().copy_from_user(0, 4096, &mut user.reader())
    /// }
    /// ```
    pub fn copy_from_user(self, offset: usize, len: usize, reader: &mut UserSliceReader) -> Result {
        if len > reader.len() {
            return Err(ERANGE);
        }
        let part = self.part(offset, len)?;

        require_program()?;
        part.by_chunks(|part, copy| {
            reader.read_slice(copy)?;
            part.write_at(0, copy)
        })
    }

    /// Calls `copy` for each part of the view in turn, with a buffer as long as the part.
    fn by_chunks(self, mut copy: impl FnMut(Self, &mut [u8]) -> Result) -> Result {
        let mut chunk = [0; CHUNK];

        for start in (0..self.len()).step_by(CHUNK) {
            let len = CHUNK.min(self.len().saturating_sub(start));

            copy(self.part(start, len)?, chunk.get_mut(..len).ok_or(ERANGE)?)?;
        }
        Ok(())
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Copies of many bytes.
//!
//! C header: `include/linux/string.h`

use crate::{
    Area,
    SharedMem, //
};
use kernel::{
    io::{
        io_project,
        Io, //
    },
    prelude::*,
    ptr::KnownSize,
    uaccess::{
        UserSliceReader,
        UserSliceWriter, //
    }, //
};

/// How many bytes go between an area and other memory of a program at a time.
const CHUNK: usize = 512;

impl<T: KnownSize + ?Sized> Area<T> {
    /// Returns a view of `len` bytes from byte `offset` on.
    #[inline]
    fn part(&self, offset: usize, len: usize) -> Result<SharedMem<'_, [u8]>> {
        let end = offset.checked_add(len).ok_or(ERANGE)?;

        Ok(io_project!(self.bytes(), [try: offset..end]))
    }

    /// Copies bytes out of the area, from byte `offset` on, until `data` is full.
    ///
    /// What a program writes meanwhile may or may not be in the copy. But that is a copy: the
    /// compiler does not look at the area again in its place.
    ///
    /// # Errors
    ///
    /// [`ERANGE`]: the area ends before. Nothing is copied then.
    ///
    /// # Examples
    ///
    /// ```
    /// use vmremap::{Area, Flags};
    ///
    /// let area = Area::<u8>::zeroed_slice(100, Flags::NONE)?;
    /// area.write_at(98, b"ab")?;
    ///
    /// let mut last = [0; 3];
    /// area.read_at(97, &mut last)?;
    /// assert_eq!(&last, b"\0ab");
    /// assert_eq!(area.read_at(98, &mut last), Err(ERANGE));
    /// # Ok::<(), Error>(())
    /// ```
    #[inline]
    pub fn read_at(&self, offset: usize, data: &mut [u8]) -> Result {
        copy_out(self.part(offset, data.len())?, data);
        Ok(())
    }

    /// Copies all of `data` into the area, from byte `offset` on.
    ///
    /// A program that reads meanwhile may see part of it.
    ///
    /// # Errors
    ///
    /// [`ERANGE`]: the area ends before. Nothing is copied then.
    ///
    /// # Examples
    ///
    /// ```
    /// use vmremap::{Area, Flags};
    ///
    /// let area = Area::<u64>::zeroed_slice(2, Flags::NONE)?;
    /// let words = [1u64, 2];
    /// area.write_at(0, words.as_bytes())?;
    /// assert_eq!(area.write_at(1, words.as_bytes()), Err(ERANGE));
    /// # Ok::<(), Error>(())
    /// ```
    #[inline]
    pub fn write_at(&self, offset: usize, data: &[u8]) -> Result {
        copy_in(self.part(offset, data.len())?, data);
        Ok(())
    }

    /// Copies `len` bytes of the area, from byte `offset` on, to other memory of a program.
    ///
    /// # Errors
    ///
    /// - [`ERANGE`]: the area or `writer` ends before. Nothing is copied then.
    /// - [`EFAULT`]: the program has no such memory. Some may have been copied.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::uaccess::UserSlice;
    /// use vmremap::Area;
    ///
    /// fn read_first_page(area: &Area<[u8]>, user: UserSlice) -> Result {
    ///     area.copy_to_user(0, 4096, &mut user.writer())
    /// }
    /// ```
    pub fn copy_to_user(&self, offset: usize, len: usize, writer: &mut UserSliceWriter) -> Result {
        if len > writer.len() {
            return Err(ERANGE);
        }
        copy_to_user(self.part(offset, len)?, writer)
    }

    /// Copies `len` bytes of other memory of a program into the area, from byte `offset` on.
    ///
    /// # Errors
    ///
    /// - [`ERANGE`]: the area or `reader` ends before. Nothing is copied then.
    /// - [`EFAULT`]: the program has no such memory. Some may have been copied.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::uaccess::UserSlice;
    /// use vmremap::Area;
    ///
    /// fn write_first_page(area: &Area<[u8]>, user: UserSlice) -> Result {
    ///     area.copy_from_user(0, 4096, &mut user.reader())
    /// }
    /// ```
    pub fn copy_from_user(
        &self,
        offset: usize,
        len: usize,
        reader: &mut UserSliceReader,
    ) -> Result {
        if len > reader.len() {
            return Err(ERANGE);
        }
        copy_from_user(self.part(offset, len)?, reader)
    }
}

#[inline]
fn copy_out(from: SharedMem<'_, [u8]>, to: &mut [u8]) {
    // Always: no branch to a panic is left of the check that `copy_to_slice` makes.
    if from.len() == to.len() {
        from.copy_to_slice(to);
    }
}

#[inline]
fn copy_in(to: SharedMem<'_, [u8]>, from: &[u8]) {
    if to.len() == from.len() {
        to.copy_from_slice(from);
    }
}

fn copy_to_user(from: SharedMem<'_, [u8]>, writer: &mut UserSliceWriter) -> Result {
    let mut chunk = [0; CHUNK];

    for start in (0..from.len()).step_by(CHUNK) {
        let len = CHUNK.min(from.len().saturating_sub(start));
        let part = io_project!(from, [try: start..start.saturating_add(len)]);
        let copy = chunk.get_mut(..len).ok_or(ERANGE)?;

        copy_out(part, copy);
        writer.write_slice(copy)?;
    }
    Ok(())
}

fn copy_from_user(to: SharedMem<'_, [u8]>, reader: &mut UserSliceReader) -> Result {
    let mut chunk = [0; CHUNK];

    for start in (0..to.len()).step_by(CHUNK) {
        let len = CHUNK.min(to.len().saturating_sub(start));
        let part = io_project!(to, [try: start..start.saturating_add(len)]);
        let copy = chunk.get_mut(..len).ok_or(ERANGE)?;

        reader.read_slice(copy)?;
        copy_in(part, copy);
    }
    Ok(())
}

// SPDX-License-Identifier: GPL-2.0

//! Memory that other drivers and other programs get as a dma-buf.
//!
//! C headers: `dma-buf/vmremap_dma_buf.h`, `include/linux/dma-buf.h`
//!
//! The functions here are generic or inline, so that they are compiled into the drivers that call
//! them. So only such a driver depends on vmremap_dma_buf.ko, and vmremap.ko does not.

use crate::{
    bindings::vmremap_area_dma_buf,
    Area, //
};
use core::{
    mem::ManuallyDrop,
    ptr::NonNull, //
};
use kernel::{
    bindings,
    error::from_err_ptr,
    fs::file::flags::O_CLOEXEC,
    prelude::*,
    ptr::KnownSize,
    task::Task, //
};

/// A reference to a dma-buf, through which a program or another driver gets memory.
///
/// [`Area::dma_buf`] makes one. Such a dma-buf keeps the area alive until its last file descriptor
/// is closed, its last mapping is unmapped, and the last driver that has imported it has released
/// it. The driver that has made the dma-buf may be unloaded before that. [`DmaBuf::from_fd`] gets
/// any dma-buf from a program.
///
/// A driver that uses this type needs `imports_ns: ["DMA_BUF"]` in its `module!`, because the
/// functions of dma-buf are in this namespace. If it calls [`Area::dma_buf`], it needs the module
/// vmremap_dma_buf. Do not drop a `DmaBuf` in an interrupt handler.
///
/// # Invariants
///
/// The pointer points to a dma-buf, and `self` owns one reference on this dma-buf.
pub struct DmaBuf(NonNull<bindings::dma_buf>);

impl DmaBuf {
    /// Gets the dma-buf of a file descriptor of the program that has made the current system call.
    ///
    /// # Errors
    ///
    /// - [`EBADF`]: the program has no such file descriptor.
    /// - [`EINVAL`]: the file descriptor does not belong to a dma-buf.
    #[inline]
    pub fn from_fd(fd: u32) -> Result<Self> {
        if !has_descriptors() {
            return Err(EBADF);
        }
        // SAFETY: For any number, the function returns a dma-buf with a reference, or an error.
        // - `OwnDescriptors`: the check above has found that the current task has file descriptors.
        let dmabuf = from_err_ptr(unsafe { bindings::dma_buf_get(fd as c_int) })?;

        // INVARIANT: The new value owns the reference that the call has returned.
        Ok(Self(NonNull::new(dmabuf).ok_or(EBADF)?))
    }

    #[inline]
    pub(crate) fn as_ptr(&self) -> *mut bindings::dma_buf {
        self.0.as_ptr()
    }

    /// Returns the size in bytes. The size of a dma-buf of an area is rounded up to whole pages.
    #[inline]
    pub fn size(&self) -> usize {
        // SAFETY: The size was set before the dma-buf was returned, and never changes.
        // - `DmaBufHeld`: by the type invariant, `self` owns a reference.
        unsafe { (*self.0.as_ptr()).size }
    }

    /// Returns a file descriptor of the dma-buf, for the program that has made the current system
    /// call. exec(2) closes the file descriptor. The file descriptor takes over the reference.
    ///
    /// The program can use the file descriptor at once, even before the driver returns its number.
    /// So do this as the last step that can fail.
    ///
    /// # Errors
    ///
    /// - [`EMFILE`]: the program has too many open files.
    /// - [`ENOMEM`]: there is not enough memory.
    /// - [`EBADF`]: the task has no table of file descriptors, because it is exiting.
    #[inline]
    pub fn into_fd(self) -> Result<u32> {
        if !has_descriptors() {
            return Err(EBADF);
        }
        // SAFETY: The function makes a file descriptor of the current task.
        // - `DmaBufHeld`: by the type invariant, `self` owns a reference. If the function succeeds,
        //   the file descriptor takes the reference over; otherwise `self` drops it.
        // - `OwnDescriptors`: the check above has found that the current task has file descriptors.
        // - `Context`: the call may sleep, and so may the caller in a system call. No type ensures
        //   that it is made there: a known hole.
        let fd = unsafe { bindings::dma_buf_fd(self.0.as_ptr(), O_CLOEXEC as c_int) };
        let fd = u32::try_from(fd).map_err(|_| Error::from_errno(fd))?;

        let _ = ManuallyDrop::new(self);
        Ok(fd)
    }
}

/// Returns whether the current task has a table of file descriptors. A task that exits has none any
/// more when the kernel calls `.release` for its files.
#[inline]
fn has_descriptors() -> bool {
    // SAFETY: This only reads the task's own pointer to its file descriptors.
    // - `OwnDescriptors`: the current task exists, and nobody else changes its pointer.
    unsafe { !(*Task::current_raw()).files.is_null() }
}

impl Drop for DmaBuf {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: Nobody uses `self` any more.
        // - `DmaBufHeld`: by the type invariant, `self` owns a reference, which is dropped here.
        // - `Context`: the call may sleep. No type ensures that the caller may sleep: a known hole.
        unsafe { bindings::dma_buf_put(self.0.as_ptr()) };
    }
}

// SAFETY: A dma-buf belongs to no task.
// - `AnyThread`: any task may use the reference and drop it.
unsafe impl Send for DmaBuf {}

// SAFETY: With a `&DmaBuf`, a task can read the size and import the dma-buf.
// - `AnyThread`: the size never changes, and the dma-buf's functions take locks of their own.
unsafe impl Sync for DmaBuf {}

impl<T: KnownSize + ?Sized> Area<T> {
    /// Exports the area as a dma-buf, which holds its own reference on the area.
    ///
    /// `flags` is [`O_RDWR`] or [`O_RDONLY`], and says what programs and devices can do through the
    /// dma-buf. Programs can only do what the flags of the area allow as well. Exporting an area
    /// twice makes two dma-bufs.
    ///
    /// While the dma-buf exists, [`freeze`](Self::freeze) returns [`EBUSY`].
    /// [`revoke`](Self::revoke) tells drivers that have imported the dma-buf to unmap the memory. A
    /// device can access the memory until its driver has done so.
    ///
    /// # Errors
    ///
    /// - [`EINVAL`]: `flags` has another bit; `O_CLOEXEC` is ignored.
    /// - [`ENODEV`]: the area is revoked.
    /// - [`ENOMEM`]: there is not enough memory.
    /// - [`ENFILE`]: the system limit of open files was reached.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(CONFIG_DMA_SHARED_BUFFER)] {
    /// use kernel::{fs::file::flags::O_RDONLY, ptr::KnownSize};
    /// use vmremap::Area;
    ///
    /// // What an ioctl returns to the program, which passes it on to another driver.
    /// fn export<T: KnownSize + ?Sized>(frame: &Area<T>) -> Result<u32> {
    ///     frame.dma_buf(O_RDONLY)?.into_fd()
    /// }
    /// # }
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// [`O_RDWR`]: kernel::fs::file::flags::O_RDWR
    /// [`O_RDONLY`]: kernel::fs::file::flags::O_RDONLY
    pub fn dma_buf(&self, flags: u32) -> Result<DmaBuf> {
        // SAFETY: The function returns a new dma-buf with a reference, or an error.
        // - `ReferenceHeld`: by the type invariant of `Area`, its handle keeps a reference.
        // - `Context`: the call may sleep, like any allocation with `GFP_KERNEL`. No type ensures
        //   that the caller may sleep: a known hole.
        let dmabuf = from_err_ptr(unsafe { vmremap_area_dma_buf(self.raw(), flags) })?;

        // INVARIANT: The new value owns the reference that the call has returned.
        Ok(DmaBuf(NonNull::new(dmabuf).ok_or(ENOMEM)?))
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Devices that access dma-bufs.
//!
//! C header: `include/linux/dma-buf.h`

use crate::{
    dma::raw_device,
    DmaBuf, //
};
use core::ops::Deref;
use kernel::{
    bindings,
    device::{
        Core,
        Device, //
    },
    devres::Devres,
    dma::DataDirection,
    error::from_err_ptr,
    new_condvar,
    new_mutex,
    prelude::*,
    scatterlist::SGTable,
    sync::{
        aref::ARef,
        Arc,
        CondVar,
        Mutex, //
    }, //
};

/// Imports dma-bufs for a device, until the device is unbound from its driver.
///
/// In the callback in which the device is unbound, the driver should stop the device, wake whoever
/// waits for it, and then call [`end`](Self::end). Otherwise devres calls `end` later. As devres
/// ends what the driver has made in the reverse order, interrupt handlers that were made after the
/// importer do not run any more by then.
///
/// A driver that uses this type needs `imports_ns: ["DMA_BUF"]` in its `module!`, because the
/// functions of dma-buf are in this namespace. Dropping an importer may sleep.
///
/// # Examples
///
/// ```
/// # #[cfg(CONFIG_DMA_SHARED_BUFFER)] {
/// use kernel::{device::{Core, Device}, dma::{DataDirection, DmaAddress}};
/// use vmremap::{DmaBuf, DmaBufImporter};
///
/// fn probe(dev: &Device<Core<'_>>) -> Result<DmaBufImporter> {
///     DmaBufImporter::new(dev)
/// }
///
/// // Has the device read the memory of a dma-buf, whose file descriptor a program has passed to
/// // an ioctl. `run` returns after the device has stopped.
/// fn ioctl<F: Fn(DmaAddress, u64)>(importer: &DmaBufImporter, fd: u32, run: F) -> Result {
///     let dma_buf = DmaBuf::from_fd(fd)?;
///
///     importer.map(&dma_buf, DataDirection::ToDevice, |table| {
///         for entry in table.iter() {
///             run(entry.dma_address(), entry.dma_len());
///         }
///     })
/// }
/// # }
/// # Ok::<(), Error>(())
/// ```
pub struct DmaBufImporter {
    users: Arc<Users>,
    _end: Devres<End>,
}

impl DmaBufImporter {
    /// Makes an importer for `dev`.
    ///
    /// # Errors
    ///
    /// - [`EINVAL`]: `dev` has no DMA mask.
    /// - [`ENOMEM`]: there is not enough memory.
    pub fn new(dev: &Device<Core<'_>>) -> Result<Self> {
        // SAFETY: The function returns 0 if the device has no DMA mask. For such a device,
        // `dma_map_sgtable()`, which exporters call, would warn, and report success without a
        // mapping.
        // - `DeviceBorrowed`: the device lives and is bound as long as `dev` is borrowed.
        if unsafe { bindings::dma_max_mapping_size(raw_device(dev)) } == 0 {
            return Err(EINVAL);
        }
        let users = Arc::pin_init(
            pin_init!(Users {
                dev: dev.into(),
                state <- new_mutex!(State {
                    ended: false,
                    maps: 0,
                }),
                changed <- new_condvar!(),
            }),
            GFP_KERNEL,
        )?;
        let end = Devres::new(dev, End(users.clone()))?;

        Ok(Self { users, _end: end })
    }

    /// Makes [`map`](Self::map) fail from now on, and waits until no call of it is running.
    #[inline]
    pub fn end(&self) {
        self.users.end();
    }

    /// Maps a dma-buf for the DMA of the device, calls `access`, and unmaps the dma-buf.
    ///
    /// `access` gets the table of the memory, whose entries have DMA addresses. Until it returns,
    /// the device may access the memory as `direction` says. `access` must stop the device before
    /// it returns. No type ensures this, and a device that still runs may write to memory that has
    /// been freed.
    ///
    /// [`end`](Self::end), and therefore unbinding the device, waits until this function has
    /// returned. So `access` must not wait for anything that happens only after unbinding, nor
    /// access memory of programs, with which a program can keep it waiting.
    ///
    /// If the exporter is vmremap, no entry of the table is larger than the device accepts. Another
    /// exporter may not look at that.
    ///
    /// # Errors
    ///
    /// - [`EINVAL`]: `direction` is [`DataDirection::None`].
    /// - [`ENXIO`]: [`end`](Self::end) was called, or the device has been unbound.
    /// - [`ENOMEM`]: there is not enough memory.
    /// - Those of the exporter. If it is vmremap: [`EACCES`] if the dma-buf is read-only, and
    ///   `direction` is not [`DataDirection::ToDevice`]; [`ENODEV`] if the area was revoked; and
    ///   [`EINTR`] if the area is frozen, and the task was killed, exits, or is a kernel thread.
    pub fn map<R>(
        &self,
        dma_buf: &DmaBuf,
        direction: DataDirection,
        access: impl FnOnce(&SGTable) -> R,
    ) -> Result<R> {
        if matches!(direction, DataDirection::None) {
            return Err(EINVAL);
        }
        let user = self.users.start()?;
        let direction = direction.into();

        // SAFETY: The attachment is detached below, before this function returns.
        // - `DmaBufHeld`: `dma_buf` is borrowed until then.
        // - `DeviceBound`: `user` keeps the device from being unbound until then.
        // - `Context`: the call may sleep. No type ensures that the caller may sleep: a known hole.
        let attachment = from_err_ptr(unsafe {
            bindings::dma_buf_attach(dma_buf.as_ptr(), raw_device(&user.dev))
        })?;
        // SAFETY: The exporter maps its memory for the device of the attachment.
        // - `DmaMapped`: the attachment is mapped once, in a direction that is not None, for a
        //   device with a DMA mask. It is unmapped below, in the same direction.
        // - `DeviceBound`: `user` keeps the device from being unbound until then.
        // - `Context`: the call may sleep. No type ensures that the caller may sleep: a known hole.
        let table = from_err_ptr(unsafe {
            bindings::dma_buf_map_attachment_unlocked(attachment, direction)
        });
        let result = table.map(|table| {
            // SAFETY: The reference ends when `access` returns.
            // - `ImportStays`: the dma-buf is unmapped only below.
            let result = access(unsafe { SGTable::from_raw(table) });

            // SAFETY: Nobody has a reference to the table any more.
            // - `DmaMapped`: the table was mapped above, for this attachment and direction.
            // - `DeviceBound`: `user` keeps the device from being unbound.
            // - `Context`: the call may sleep. No type ensures that the caller may sleep: a known
            //   hole.
            unsafe {
                bindings::dma_buf_unmap_attachment_unlocked(attachment, table, direction);
            }
            result
        });

        // SAFETY: Nobody else has the attachment.
        // - `DmaBufHeld`: the attachment belongs to `dma_buf`, which is borrowed.
        // - `DeviceBound`: `user` keeps the device from being unbound. An exporter may unmap here
        //   what it has kept mapped.
        // - `DmaMapped`: if the attachment was mapped, it was unmapped above.
        // - `Context`: the call may sleep. No type ensures that the caller may sleep: a known hole.
        unsafe { bindings::dma_buf_detach(dma_buf.as_ptr(), attachment) };
        result
    }
}

/// A device, whether [`DmaBufImporter::end`] was called, and how many calls of `map` are running.
#[pin_data]
struct Users {
    dev: ARef<Device>,
    #[pin]
    state: Mutex<State>,
    #[pin]
    changed: CondVar,
}

struct State {
    ended: bool,
    maps: usize,
}

impl Users {
    // Neither these functions nor `Drop` are generic, so they are compiled into vmremap.ko. `map`
    // is generic, and so the functions of dma-buf are called by the driver, not by vmremap.ko.
    fn start(&self) -> Result<User<'_>> {
        let mut state = self.state.lock();

        if state.ended {
            return Err(ENXIO);
        }
        state.maps = state.maps.wrapping_add(1);
        Ok(User(self))
    }

    fn end(&self) {
        let mut state = self.state.lock();

        state.ended = true;
        while state.maps != 0 {
            self.changed.wait(&mut state);
        }
    }
}

/// A call of `map` that is running, and is counted in `maps`. While it exists, the device stays
/// bound.
struct User<'a>(&'a Users);

impl Deref for User<'_> {
    type Target = Users;

    fn deref(&self) -> &Users {
        self.0
    }
}

impl Drop for User<'_> {
    fn drop(&mut self) {
        let mut state = self.state.lock();

        state.maps = state.maps.wrapping_sub(1);
        drop(state);
        self.changed.notify_all();
    }
}

/// devres drops this when the device is unbound. Dropping it waits until no `map` is running.
struct End(Arc<Users>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.end();
    }
}

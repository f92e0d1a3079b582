// SPDX-License-Identifier: GPL-2.0

//! Areas that devices access, too.
//!
//! C header: `include/linux/dma-mapping.h`

use crate::Area;
use core::{
    ops::Deref,
    ptr, //
};
use kernel::{
    bindings,
    device::{
        Bound,
        Device, //
    },
    devres::Devres,
    dma::DataDirection,
    prelude::*,
    ptr::KnownSize,
    scatterlist::{
        Owned,
        SGTable, //
    },
    sync::aref::ARef, //
};

/// An area that is mapped for the DMA of a device until that is unbound from its driver.
///
/// It derefs to the kernel crate's [`SGTable`], whose entries say where the device finds the
/// memory: few, for large folios are one entry each, up to the size that `dma_max_mapping_size()`
/// says. The kernel crate does not look at `dma_get_max_seg_size()`.
///
/// The memory is the device's from [`sync_for_device`](Self::sync_for_device) to
/// [`sync_for_cpu`](Self::sync_for_cpu), and the driver's and its programs' else. Who writes to it
/// out of turn may find that lost, and who reads it may read what is old, as with any memory that
/// is mapped for DMA. Programs cannot be kept to that, and need not be: what they break is their
/// own data.
///
/// To drop it ends the mapping, and so does to unbind the device. Stop the device before that. As
/// long as it is there, the area cannot be [frozen](Area::freeze).
///
/// # Examples
///
/// ```
/// # #[cfg(CONFIG_DMA_NEED_SYNC)] {
/// use kernel::{
///     device::{Bound, Device},
///     dma::{DataDirection, DmaAddress},
/// };
/// use vmremap::{Area, DmaArea};
///
/// fn share(dev: &Device<Bound>, area: &Area<[u8]>) -> Result<Pin<KBox<DmaArea<[u8]>>>> {
///     let shared = DmaArea::new(dev, area.clone(), DataDirection::Bidirectional);
///     KBox::pin_init(shared, GFP_KERNEL)
/// }
///
/// // What the device is told, when the driver and programs have written what it shall read.
/// fn hand_over(shared: &DmaArea<[u8]>, tell: fn(DmaAddress, u64)) -> Result {
///     shared.sync_for_device()?;
///     for entry in shared.iter() {
///         tell(entry.dma_address(), entry.dma_len());
///     }
///     Ok(())
/// }
///
/// // When the device has said that it is done.
/// fn take_over(shared: &DmaArea<[u8]>, area: &Area<[u8]>, answer: &mut [u8]) -> Result {
///     shared.sync_for_cpu()?;
///     area.read_at(0, answer)
/// }
/// # }
/// # Ok::<(), Error>(())
/// ```
#[pin_data]
pub struct DmaArea<T: KnownSize + ?Sized + 'static> {
    // Dropped before what it is about.
    turn: Devres<Turn>,
    #[pin]
    table: SGTable<Owned<Area<T>>>,
}

impl<T: KnownSize + ?Sized + 'static> DmaArea<T> {
    /// Maps `area` for the DMA of `dev`. Then it is the driver's and its programs' turn.
    ///
    /// # Errors
    ///
    /// Those of the kernel's `dma_map_sgtable()`, and [`ENOMEM`].
    pub fn new(
        dev: &Device<Bound>,
        area: Area<T>,
        direction: DataDirection,
    ) -> impl PinInit<Self, Error> + '_ {
        try_pin_init!(Self {
            table <- SGTable::new(dev, area, direction, GFP_KERNEL),
            turn: {
                // `SGTable::from_raw` makes a reference of such a pointer: this is the way back.
                let table: &SGTable = &table;
                let turn = Turn {
                    dev: dev.into(),
                    table: ptr::from_ref(table).cast_mut().cast(),
                    direction,
                };

                // INVARIANT: `table` is mapped. It stays in its place, and outlives this as it was
                // made before it.
                turn.sync_for_cpu();
                Devres::new(dev, turn)?
            },
        })
    }

    /// Makes it the device's turn: it sees what was written by then.
    ///
    /// # Errors
    ///
    /// [`ENXIO`]: the device has been unbound.
    #[inline]
    pub fn sync_for_device(&self) -> Result {
        self.turn
            .try_access_with(Turn::sync_for_device)
            .ok_or(ENXIO)
    }

    /// Makes it the driver's and its programs' turn: they see what the device has written by then.
    ///
    /// # Errors
    ///
    /// [`ENXIO`]: the device has been unbound.
    #[inline]
    pub fn sync_for_cpu(&self) -> Result {
        self.turn.try_access_with(Turn::sync_for_cpu).ok_or(ENXIO)
    }
}

impl<T: KnownSize + ?Sized + 'static> Deref for DmaArea<T> {
    type Target = SGTable;

    #[inline]
    fn deref(&self) -> &SGTable {
        &self.table
    }
}

/// Who changes whose turn it is.
///
/// # Invariants
///
/// `table` points to a table that is mapped for the DMA of `dev` in the direction `direction`.
struct Turn {
    dev: ARef<Device>,
    table: *mut bindings::sg_table,
    direction: DataDirection,
}

impl Turn {
    fn as_ptr(&self) -> *mut bindings::sg_table {
        self.table
    }

    /// Returns what C calls the device, over which the kernel crate's is `repr(transparent)`.
    fn device(&self) -> *mut bindings::device {
        let dev: &Device = &self.dev;

        ptr::from_ref(dev).cast_mut().cast()
    }

    /// Returns the first of the table's entries, and how many there are.
    fn entries(&self) -> (*mut bindings::scatterlist, c_int) {
        // SAFETY:
        // - `DeviceBound`: by the type invariant the table is there and mapped, and so does not
        //   change.
        let table = unsafe { *self.as_ptr() };

        (table.sgl, table.orig_nents as c_int)
    }

    fn sync_for_device(&self) {
        let (first, entries) = self.entries();

        // SAFETY:
        // - `DeviceBound`: by the type invariant these entries are mapped for this device in this
        //   direction.
        unsafe {
            bindings::__dma_sync_sg_for_device(self.device(), first, entries, self.direction.into())
        };
    }

    fn sync_for_cpu(&self) {
        let (first, entries) = self.entries();

        // SAFETY:
        // - `DeviceBound`: by the type invariant these entries are mapped for this device in this
        //   direction.
        unsafe {
            bindings::__dma_sync_sg_for_cpu(self.device(), first, entries, self.direction.into())
        };
    }
}

// SAFETY:
// - `AnyThread`: any task can say whose turn it is.
unsafe impl Send for Turn {}

// SAFETY:
// - `AnyThread`: several tasks can say so at once: nothing but the memory changes, and that is only
//   values.
unsafe impl Sync for Turn {}

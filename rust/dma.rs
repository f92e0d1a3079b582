// SPDX-License-Identifier: GPL-2.0

//! Areas that devices access by DMA.
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
        Core,
        Device,
        DeviceContext, //
    },
    devres::Devres,
    dma::DataDirection,
    error::to_result,
    page::PAGE_SIZE,
    prelude::*,
    ptr::KnownSize,
    scatterlist::SGTable,
    sizes::SZ_64K,
    sync::{
        aref::ARef,
        atomic::{
            Acquire,
            Atomic,
            Relaxed,
            Release, //
        },
        Arc, //
    },
    types::Opaque, //
};

// On these architectures, unmapping a table only reads the table: see `TableStays`.
#[cfg(not(any(
    target_arch = "aarch64",
    target_arch = "loongarch64",
    target_arch = "riscv64",
    target_arch = "s390x",
    target_arch = "x86_64",
)))]
compile_error!("look whether the DMA operations of this architecture write to a table");

/// An area that is mapped for the DMA of a device until the device is unbound from its driver.
///
/// A `DmaArea` derefs to the kernel crate's [`SGTable`], whose entries have the DMA addresses of
/// the memory. Each entry covers contiguous pages: at most 64 KiB, which is the default of
/// `dma_get_max_seg_size()`, and at most the size that `dma_max_mapping_size()` returns.
///
/// The device owns the memory from [`sync_for_device`](Self::sync_for_device) to
/// [`sync_for_cpu`](Self::sync_for_cpu). The CPU, that is the driver and the programs, owns it the
/// rest of the time. What the CPU writes while the device owns the memory may be lost, and what it
/// reads may be stale, as with any memory that is mapped for DMA. Programs cannot be prevented from
/// such accesses, but they only break their own data.
///
/// With [`DataDirection::FromDevice`], a byte that the CPU changes after [`new`](Self::new), and
/// that the device does not overwrite, may change back to its old value: if the kernel uses a
/// bounce buffer, `new` copies the memory to the buffer, and [`sync_for_cpu`](Self::sync_for_cpu)
/// copies the whole buffer back. So to clear the memory between two programs, use
/// [`DataDirection::Bidirectional`].
///
/// Dropping a `DmaArea`, or unbinding the device, unmaps the area. Stop the device before that. No
/// type ensures this, and a device that still runs may write to memory that has been freed. If the
/// CPU owns the memory when the area is unmapped, all bytes stay as they are. If the device owns
/// it, the CPU then sees what the device has written. Both also hold if the kernel uses bounce
/// buffers.
///
/// If a page is mapped more than eight times at once, a kernel with `CONFIG_DMA_API_DEBUG` warns,
/// once. The mappings are good nevertheless.
///
/// As long as a `DmaArea` exists, [`Area::freeze`] of the same area returns [`EBUSY`], because the
/// `DmaArea` owns another `Area` of the memory.
///
/// # Invariants
///
/// `table` is a scatterlist of the pages of `area`, and `mapping` is its mapping for the DMA of a
/// device, until this device is unbound.
///
/// # Examples
///
/// ```
/// use kernel::{
///     device::{Core, Device},
///     dma::{DataDirection, DmaAddress},
/// };
/// use vmremap::{Area, DmaArea};
///
/// fn share(dev: &Device<Core<'_>>, area: &Area<[u8]>) -> Result<DmaArea<[u8]>> {
///     DmaArea::new(dev, area.clone(), DataDirection::Bidirectional)
/// }
///
/// // Tells the device where the memory is, after the driver and the programs have written it.
/// fn hand_over(shared: &DmaArea<[u8]>, tell: fn(DmaAddress, u64)) -> Result {
///     shared.sync_for_device()?;
///     for entry in shared.iter() {
///         tell(entry.dma_address(), entry.dma_len());
///     }
///     Ok(())
/// }
///
/// // Reads the answer, after the device has signalled that it is done.
/// fn take_over(shared: &DmaArea<[u8]>, answer: &mut [u8]) -> Result {
///     shared.sync_for_cpu()?;
///     shared.area().bytes().read_at(0, answer)
/// }
/// # Ok::<(), Error>(())
/// ```
pub struct DmaArea<T: KnownSize + ?Sized + 'static> {
    mapping: Devres<DmaMapping>,
    table: Arc<Table>,
    area: Area<T>,
}

impl<T: KnownSize + ?Sized + 'static> DmaArea<T> {
    /// Maps `area` for the DMA of `dev`. The CPU owns the memory at first.
    ///
    /// # Errors
    ///
    /// - [`EINVAL`]: `direction` is [`DataDirection::None`], or `dev` has no DMA mask.
    /// - [`ENOMEM`]: there is not enough memory for the table.
    /// - Those of the kernel's `dma_map_sgtable()`.
    pub fn new(dev: &Device<Core<'_>>, area: Area<T>, direction: DataDirection) -> Result<Self> {
        let (mapping, table) = map(dev, area.to_bytes(), direction)?;

        // INVARIANT: `map` has just made both, of the same memory.
        Ok(Self {
            mapping,
            table,
            area,
        })
    }

    /// Returns the area that is mapped.
    #[inline]
    pub fn area(&self) -> &Area<T> {
        &self.area
    }

    /// Makes the device the owner: it sees everything that the CPU has written before, unless the
    /// direction is [`DataDirection::FromDevice`].
    ///
    /// If the device already owns the memory, this does nothing.
    ///
    /// # Errors
    ///
    /// - [`ENXIO`]: the device has been unbound.
    /// - [`EBUSY`]: another task is changing the owner.
    pub fn sync_for_device(&self) -> Result {
        self.mapping
            .try_access_with(DmaMapping::sync_for_device)
            .ok_or(ENXIO)?
    }

    /// Makes the CPU the owner: the driver and the programs see everything that the device has
    /// written before. With [`DataDirection::FromDevice`], a byte that it has not written may be
    /// the one from the time of [`new`](Self::new).
    ///
    /// If the CPU already owns the memory, this does nothing.
    ///
    /// # Errors
    ///
    /// - [`ENXIO`]: the device has been unbound.
    /// - [`EBUSY`]: another task is changing the owner.
    pub fn sync_for_cpu(&self) -> Result {
        self.mapping
            .try_access_with(DmaMapping::sync_for_cpu)
            .ok_or(ENXIO)?
    }

    /// Returns whether the device owns the memory. After the device was unbound, this is false.
    pub fn is_device_owned(&self) -> bool {
        self.mapping.try_access_with(DmaMapping::is_device_owned) == Some(true)
    }
}

impl<T: KnownSize + ?Sized + 'static> Deref for DmaArea<T> {
    type Target = SGTable;

    #[inline]
    fn deref(&self) -> &SGTable {
        // SAFETY: The table was mapped before `self` was made.
        // - `TableStays`: `self` has a reference on the table, and lends it for as long as it is
        //   borrowed. Nothing but mapping the table has changed it.
        // - `AreaOutlives`: the table owns an `Area`, whose reference keeps the pages.
        unsafe { SGTable::from_raw(self.table.as_ptr()) }
    }
}

/// Maps `area` for the DMA of `dev`.
///
/// This function is not generic, so that it and the devres callback that it instantiates are
/// compiled into vmremap.ko. devres calls the callback when the device is unbound. A `Device<Core>`
/// is one of the calling module's own driver, unless another module lends it (a known hole). So the
/// device is unbound before the calling module is unloaded. The calling module depends on
/// vmremap.ko, which therefore stays loaded longer.
fn map(
    dev: &Device<Bound>,
    area: Area<[u8]>,
    direction: DataDirection,
) -> Result<(Devres<DmaMapping>, Arc<Table>)> {
    // For this direction, `dma_map_sgtable()` does a `BUG_ON()`.
    if matches!(direction, DataDirection::None) {
        return Err(EINVAL);
    }
    let table = Arc::new(Table::new(dev, area)?, GFP_KERNEL)?;
    let mapping = Devres::new(dev, DmaMapping::new(dev, table.clone(), direction)?)?;

    Ok((mapping, table))
}

/// Returns the `struct device *`. The kernel crate's `Device` is `repr(transparent)` over it.
#[inline]
pub(crate) fn raw_device<C: DeviceContext>(dev: &Device<C>) -> *mut bindings::device {
    ptr::from_ref(dev).cast_mut().cast()
}

/// A scatterlist of the pages of an area. An entry covers as many contiguous pages as its maximum
/// size allows.
///
/// # Invariants
///
/// - `raw` is an initialised `sg_table` of the pages of `_area`.
/// - `first` is the first entry of `raw`, and `count` is the number of its entries.
/// - `_area` is dropped after `drop()` has freed `raw`, and keeps the pages until then.
struct Table {
    raw: Opaque<bindings::sg_table>,
    #[cfg(CONFIG_DMA_NEED_SYNC)]
    first: *mut bindings::scatterlist,
    #[cfg(CONFIG_DMA_NEED_SYNC)]
    count: c_int,
    // Keeps the pages alive. Fields are dropped after `drop()`, which frees the table.
    _area: Area<[u8]>,
}

impl Table {
    fn new(dev: &Device<Bound>, area: Area<[u8]>) -> Result<Self> {
        // `__GFP_NOWARN`: if the array would be larger than any allocation may be, only return an
        // error.
        let flags = GFP_KERNEL | __GFP_NOWARN;
        let mut pages = KVVec::with_capacity(area.size().div_ceil(PAGE_SIZE), flags)?;
        for offset in (0..area.size()).step_by(PAGE_SIZE) {
            let address = area.memory().as_ptr().wrapping_byte_add(offset).cast();
            // SAFETY: The function looks the address up in the kernel's page table.
            // - `WithinArea`: the offset is less than the size, so that the address is in the area.
            // - `AreaOutlives`: `area` owns a handle, so that the page stays mapped there.
            let page = unsafe { bindings::vmalloc_to_page(address) };
            pages.push(page, GFP_KERNEL)?;
        }
        let count = u32::try_from(pages.len())?;
        let device = raw_device(dev);
        // SAFETY: The function returns 0 if the device has no DMA mask. For such a device,
        // `dma_map_sgtable()` would warn, and report success without a mapping.
        // - `DeviceBorrowed`: the device lives and is bound as long as `dev` is borrowed.
        let most = match unsafe { bindings::dma_max_mapping_size(device) } {
            0 => return Err(EINVAL),
            most => most.min(SZ_64K),
        };
        let mut table: bindings::sg_table = pin_init::zeroed();

        // SAFETY: The function initialises `table`, and keeps no pointer to it.
        // - `RightPage`: `pages` are the pages of the area. There is at least one, and together
        //   they are at least as large as `area.size()`.
        // - `AreaOutlives`: the table owns `area`, whose reference keeps the pages.
        // - `Context`: the call may sleep, like any allocation with `GFP_KERNEL`. No type ensures
        //   that the caller may sleep: a known hole.
        to_result(unsafe {
            bindings::sg_alloc_table_from_pages_segment(
                &mut table,
                pages.as_mut_ptr(),
                count,
                0,
                area.size(),
                most as u32,
                bindings::GFP_KERNEL,
            )
        })?;

        // INVARIANT: The table was just initialised, from the pages of `area`. Mapping it changes
        // neither where its entries are nor how many there are.
        Ok(Self {
            #[cfg(CONFIG_DMA_NEED_SYNC)]
            first: table.sgl,
            #[cfg(CONFIG_DMA_NEED_SYNC)]
            count: table.orig_nents as c_int,
            raw: Opaque::new(table),
            _area: area,
        })
    }

    #[inline]
    fn as_ptr(&self) -> *mut bindings::sg_table {
        self.raw.get()
    }
}

impl Drop for Table {
    fn drop(&mut self) {
        // SAFETY: The table is freed once, when nobody else has a reference on it.
        // - `TableStays`: by the type invariant, the table is initialised. It is not mapped any
        //   more, because a `DmaMapping` would hold a reference on it.
        unsafe { bindings::sg_free_table(self.as_ptr()) };
    }
}

// SAFETY: A table belongs to no task.
// - `AnyThread`: any task may free `raw` and its entries, to which `first` points. `_area`, an
//   `Area`, is `Send`.
unsafe impl Send for Table {}

// SAFETY: `DmaMapping::new()` has mapped the table before a second task can reach it.
// - `AnyThread`: from then on `raw`, its entries, `first` and `count` are only read (`TableStays`),
//   until the last task frees them in `drop()`. `_area`, an `Area`, is `Sync`.
unsafe impl Sync for Table {}

/// A table that is mapped for DMA.
///
/// # Invariants
///
/// - `table` is mapped for the DMA of `dev` in the direction `direction`.
/// - `owner` is [`CPU`](Self::CPU), [`DEVICE`](Self::DEVICE), or [`CHANGING`](Self::CHANGING)
///   while a task is in [`hand_over`](Self::hand_over).
struct DmaMapping {
    dev: ARef<Device>,
    table: Arc<Table>,
    direction: DataDirection,
    owner: Atomic<i32>,
}

impl DmaMapping {
    const CPU: i32 = 0;
    const DEVICE: i32 = 1;
    const CHANGING: i32 = 2;

    /// With this attribute, mapping and unmapping do not maintain caches, and unmapping does not
    /// copy a bounce buffer back. (swiotlb copies the memory to a bounce buffer when it is mapped,
    /// whatever the attributes.)
    const NO_SYNC: usize = bindings::DMA_ATTR_SKIP_CPU_SYNC as usize;

    fn new(dev: &Device<Bound>, table: Arc<Table>, direction: DataDirection) -> Result<Self> {
        let device = raw_device(dev);
        let to = direction.into();

        // SAFETY: The `DmaMapping` holds a reference on the device and one on the table until its
        // `drop()` has unmapped the table.
        // - `DeviceBorrowed`: the device lives and is bound as long as `dev` is borrowed.
        // - `DeviceBound`: devres, which owns the `DmaMapping`, drops it before the device is
        //   unbound.
        // - `DmaMapped`: the caller has just made this table, for a device with a DMA mask. What is
        //   mapped is unmapped by `drop()` alone.
        // - `TableStays`: the caller has not shared the table yet.
        // - `AreaOutlives`: the table owns an `Area`, whose reference keeps the pages.
        to_result(unsafe { bindings::dma_map_sgtable(device, table.as_ptr(), to, Self::NO_SYNC) })?;

        // INVARIANT: The table was just mapped. The CPU owns it, because it was not handed over.
        Ok(Self {
            dev: dev.into(),
            table,
            direction,
            owner: Atomic::new(Self::CPU),
        })
    }

    /// Calls `sync` and makes `to` the owner, unless it already is.
    fn hand_over(&self, from: i32, to: i32, sync: impl FnOnce(&Self)) -> Result {
        match self.owner.cmpxchg(from, Self::CHANGING, Acquire) {
            Ok(_) => {
                sync(self);
                self.owner.store(to, Release);
                Ok(())
            }
            Err(owner) if owner == to => Ok(()),
            Err(_) => Err(EBUSY),
        }
    }

    fn sync_for_device(&self) -> Result {
        self.hand_over(Self::CPU, Self::DEVICE, |this| {
            #[cfg(CONFIG_DMA_NEED_SYNC)]
            {
                // SAFETY: By the type invariant of `Table` these are its entries.
                // - `DmaMapped`: by the type invariants, they are mapped for this device in this
                //   direction. `drop()` cannot unmap them while `this` is borrowed.
                // - `TableStays`: `this.table` is a reference on the table, which others only read.
                // - `DeviceBound`: `Devres` lends the `DmaMapping` only while the device is bound.
                unsafe {
                    bindings::__dma_sync_sg_for_device(
                        raw_device(&this.dev),
                        this.table.first,
                        this.table.count,
                        this.direction.into(),
                    )
                };
            }
            let _ = this;
        })
    }

    fn sync_for_cpu(&self) -> Result {
        self.hand_over(Self::DEVICE, Self::CPU, |this| {
            #[cfg(CONFIG_DMA_NEED_SYNC)]
            {
                // SAFETY: Only the direction of the synchronisation differs from the one above.
                // - `DmaMapped`, `TableStays`, `DeviceBound`: for the reasons of `sync_for_device`.
                unsafe {
                    bindings::__dma_sync_sg_for_cpu(
                        raw_device(&this.dev),
                        this.table.first,
                        this.table.count,
                        this.direction.into(),
                    )
                };
            }
            let _ = this;
        })
    }

    fn is_device_owned(&self) -> bool {
        self.owner.load(Relaxed) == Self::DEVICE
    }
}

impl Drop for DmaMapping {
    fn drop(&mut self) {
        // If the device owns the memory, unmap with synchronisation, so that bounce buffers are
        // copied back. If the CPU owns it, copying them back would overwrite what the CPU has
        // written since.
        let attrs = match self.is_device_owned() {
            true => 0,
            false => Self::NO_SYNC,
        };

        // SAFETY: Nobody borrows the `DmaMapping` any more.
        // - `DmaMapped`: by the type invariants the table is mapped for this device in this
        //   direction. It is unmapped here and nowhere else.
        // - `DeviceBound`: devres drops the `DmaMapping` when the device is unbound, unless the
        //   owner of the `Devres` has dropped it before. If the owner is doing so at that moment,
        //   `devres_node_release()` waits for `revocation`, so that the device stays bound until
        //   this function has returned.
        // - `TableStays`: `self.table` is a reference on the table, which others only read.
        unsafe {
            bindings::dma_unmap_sgtable(
                raw_device(&self.dev),
                self.table.as_ptr(),
                self.direction.into(),
                attrs,
            )
        };
    }
}

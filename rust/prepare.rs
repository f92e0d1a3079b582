// SPDX-License-Identifier: GPL-2.0

//! The hook `.mmap_prepare`, which the crate `kernel` of Linux 7.3 does not have.
//!
//! C header: `include/linux/mm_types.h`

use crate::miscdevice::{
    opened,
    register,
    Placed, //
};
use core::ops::Deref;
use kernel::{
    bindings::{
        self,
        file_operations,
        fput,
        vm_area_desc, //
    },
    error::from_result,
    fs::File,
    miscdevice::{
        self,
        MiscDevice,
        MiscDeviceOptions, //
    },
    prelude::*,
    types::ForeignOwnable, //
};

/// A description of the mapping that a program asks for, from which the kernel then makes it.
///
/// Only [`MmapPrepare::mmap_prepare`] has one, as only `mmap` has a
/// [`VmaNew`](kernel::mm::virt::VmaNew).
///
/// # Invariants
///
/// As long as it lives, its pointer is valid and the one that a hook `.mmap_prepare` was given, and
/// only the task that called the hook accesses what it points to.
pub struct VmaDesc(*mut vm_area_desc);

impl VmaDesc {
    #[inline]
    pub(crate) fn as_ptr(&self) -> *mut vm_area_desc {
        self.0
    }

    /// Returns the address at which the mapping begins.
    #[inline]
    pub fn start(&self) -> usize {
        // SAFETY:
        // - `VmaInit`: by the type invariant nobody else accesses the description.
        unsafe { (*self.as_ptr()).start }
    }

    /// Returns the address behind the last of the mapping.
    #[inline]
    pub fn end(&self) -> usize {
        // SAFETY:
        // - `VmaInit`: by the type invariant nobody else accesses the description.
        unsafe { (*self.as_ptr()).end }
    }

    /// Returns where in the file the mapping is to begin, in pages: the offset that the program
    /// gave to `mmap(2)`.
    ///
    /// Read it before [`Area::mmap_prepare`](crate::Area::mmap_prepare), which makes it an offset
    /// into the area.
    ///
    /// # Examples
    ///
    /// ```
    /// use vmremap::{Area, VmaDesc};
    ///
    /// fn mmap_prepare(first: &Area<[u8]>, second: &Area<[u8]>, desc: &VmaDesc) -> Result {
    ///     const SECOND: usize = 0x1000;
    ///
    ///     match desc.pgoff() {
    ///         offset @ SECOND.. => second.mmap_prepare(desc, offset - SECOND),
    ///         offset => first.mmap_prepare(desc, offset),
    ///     }
    /// }
    /// ```
    #[inline]
    pub fn pgoff(&self) -> usize {
        // SAFETY:
        // - `VmaInit`: by the type invariant nobody else accesses the description.
        unsafe { (*self.as_ptr()).pgoff }
    }

    /// Returns the file whose hook was called.
    fn file(&self) -> *mut bindings::file {
        // SAFETY:
        // - `VmaInit`: by the type invariant nobody else accesses the description.
        unsafe { (*self.as_ptr()).file }
    }

    /// Returns the file that the mapping is to hold.
    fn vm_file(&self) -> *mut bindings::file {
        // SAFETY:
        // - `VmaInit`: by the type invariant nobody else accesses the description.
        unsafe { (*self.as_ptr()).vm_file }
    }
}

/// A misc device that is mapped by the hook `.mmap_prepare`.
///
/// It takes the place of [`MiscDevice::mmap`], which is not called where a device is registered by
/// a [`PreparedDeviceRegistration`]. The kernel calls it before there is a mapping.
///
/// # Examples
///
/// ```
/// use kernel::{
///     fs::File,
///     miscdevice::{MiscDevice, MiscDeviceRegistration},
/// };
/// use vmremap::{Area, Flags, MmapPrepare, PreparedDeviceRegistration, VmaDesc};
///
/// struct Frame(Area<[u8]>);
///
/// #[vtable]
/// impl MiscDevice for Frame {
///     type Ptr = KBox<Self>;
///
///     fn open(_: &File, _: &MiscDeviceRegistration<Self>) -> Result<KBox<Self>> {
///         let bytes = Area::<u8>::zeroed_slice(64 << 20, Flags::NONE)?;
///         Ok(KBox::new(Self(bytes), GFP_KERNEL)?)
///     }
/// }
///
/// impl MmapPrepare for Frame {
///     fn mmap_prepare(me: &Self, _: &File, desc: &VmaDesc) -> Result {
///         me.0.mmap_prepare(desc, desc.pgoff())
///     }
/// }
///
/// // What the driver's module has, instead of a `MiscDeviceRegistration`.
/// struct Module {
///     device: PreparedDeviceRegistration<Frame>,
/// }
/// ```
pub trait MmapPrepare: MiscDevice {
    /// Says what the mapping will be, by [`Area::mmap_prepare`](crate::Area::mmap_prepare).
    ///
    /// After an error there is no mapping, and what this has put into `desc` is given back.
    ///
    /// # Errors
    ///
    /// What it returns, `mmap(2)` returns to the program.
    fn mmap_prepare(
        device: <Self::Ptr as ForeignOwnable>::Borrowed<'_>,
        file: &File,
        desc: &VmaDesc,
    ) -> Result;
}

/// A registration of a misc device that has [`MmapPrepare`].
///
/// Large folios fit at its mappings, as at those of a
/// [`MiscDeviceRegistration`](crate::MiscDeviceRegistration).
#[repr(transparent)]
#[pin_data]
pub struct PreparedDeviceRegistration<T: MmapPrepare> {
    #[pin]
    inner: miscdevice::MiscDeviceRegistration<T>,
}

impl<T: MmapPrepare> PreparedDeviceRegistration<T> {
    /// Registers a misc device.
    ///
    /// # Errors
    ///
    /// Those of the kernel's `misc_register()`.
    pub fn register(options: MiscDeviceOptions) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            inner <- register(options, &Placed::<T>::PREPARED),
        })
    }
}

impl<T: MmapPrepare> Deref for PreparedDeviceRegistration<T> {
    type Target = miscdevice::MiscDeviceRegistration<T>;

    #[inline]
    fn deref(&self) -> &Self::Target {
        &self.inner
    }
}

impl<T: MmapPrepare> Placed<T> {
    // The kernel calls neither where there are both.
    const PREPARED: file_operations = file_operations {
        mmap: None,
        mmap_prepare: Some(mmap_prepare::<T, T::Ptr>),
        ..Self::FOPS
    };
}

/// The `mmap_prepare` of a `T`.
///
/// # Safety
///
/// - `VmaInit`: `desc` is the description that this hook is given, of an open file.
/// - `FileOpen`: that is one of a device that was registered for a `T`.
unsafe extern "C" fn mmap_prepare<T: MmapPrepare<Ptr = P>, P: ForeignOwnable>(
    desc: *mut vm_area_desc,
) -> c_int {
    // INVARIANT: promised by the caller, for as long as this function runs.
    let desc = VmaDesc(desc);
    let raw_file = desc.file();
    let vm_file = desc.vm_file();
    // SAFETY:
    // - `FileOpen`: the file is open during the call, and of a device that was registered for a
    //   `T`, whose `open` puts a `P` into it.
    let (device, file) = unsafe { opened::<P>(raw_file) };
    let result = T::mmap_prepare(device, file, &desc);
    let new_file = desc.vm_file();

    // Where a hook fails, the kernel leaves this to it.
    if result.is_err() && new_file != vm_file && new_file != raw_file {
        // SAFETY:
        // - `AreaOutlives`: who puts a file there puts a reference on it there, for the VMA that
        //   now will never be.
        unsafe { fput(new_file) };
    }
    from_result(|| result.map(|()| 0))
}

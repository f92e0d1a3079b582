// SPDX-License-Identifier: GPL-2.0

//! Misc devices whose mappings are aligned, so that PMDs can map large folios.
//!
//! C header: `include/linux/miscdevice.h`

#[path = "fops.rs"]
mod fops;

use crate::{
    Mapping,
    PollEvents, //
};
use core::mem::offset_of;
use fops::{
    register,
    Adapter, //
};
use kernel::{
    device::Device,
    error::VTABLE_DEFAULT_ERROR,
    fs::{
        File,
        Kiocb, //
    },
    iov::{
        IovIterDest,
        IovIterSource, //
    },
    miscdevice::{
        self,
        MiscDeviceOptions, //
    },
    prelude::*,
    seq_file::SeqFile,
    sync::poll::PollCondVar,
    types::ForeignOwnable, //
};

/// The arguments of [`MiscDevice::open`].
pub struct MiscArgs<'a, T: MiscDevice> {
    /// The flags of `open(2)`, such as those in [`kernel::fs::file::flags`].
    pub flags: u32,
    /// The device that a program opens.
    pub device: &'a Device,
    /// The data that the device was registered with.
    pub data: &'a T::RegistrationData,
}

/// The operations of a misc device.
///
/// The implementing type stands for the driver. An open file of the device has a [`Ptr`](Self::Ptr)
/// as its private data.
///
/// This trait is like the kernel crate's [`MiscDevice`](miscdevice::MiscDevice), with these
/// differences:
///
/// - an mmap hook gets a [`Mapping`], which only [`Area::mmap`](crate::Area::mmap) and
///   [`WeakArea::mmap`](crate::WeakArea::mmap) can change;
/// - there are the operations `mmap_prepare` and `poll`;
/// - `open` and `release` get no [`File`], because safe code could keep a reference on it, although
///   the file has no private data during `open`, and is freed after `release`;
/// - the registration has data of its own, which is passed to `open`.
///
/// # Examples
///
/// A device whose files share a counter, and whose programs can wait until it changes:
///
/// ```
/// use kernel::{
///     fs::File,
///     sync::{poll::PollCondVar, Arc, ArcBorrow, Mutex},
/// };
/// use vmremap::{Area, Mapping, MiscArgs, MiscDevice, PollEvents};
///
/// #[pin_data]
/// struct Counter {
///     frame: Area<[u8]>,
///     #[pin]
///     events: Mutex<u32>,
///     #[pin]
///     changed: PollCondVar,
/// }
///
/// struct CounterFile;
///
/// #[vtable]
/// impl MiscDevice for CounterFile {
///     type Ptr = Arc<Counter>;
///     type RegistrationData = Arc<Counter>;
///
///     fn open(args: MiscArgs<'_, Self>) -> Result<Arc<Counter>> {
///         Ok(Arc::clone(args.data))
///     }
///
///     // Or `fn mmap`, which is called when the VMA exists.
///     fn mmap_prepare(me: ArcBorrow<'_, Counter>, _: &File, mapping: &Mapping<'_>) -> Result {
///         me.frame.mmap(mapping, mapping.page_offset())
///     }
///
///     fn poll_condvar<'a>(me: &'a ArcBorrow<'_, Counter>) -> &'a PollCondVar {
///         &me.changed
///     }
///
///     fn poll(me: ArcBorrow<'_, Counter>, _: &File) -> PollEvents {
///         if *me.events.lock() > 0 { PollEvents::IN } else { PollEvents::NONE }
///     }
/// }
/// ```
#[vtable]
pub trait MiscDevice: Sized {
    /// The private data of an open file: `open` creates it, and `release` drops it.
    type Ptr: ForeignOwnable + Send + Sync;

    /// The data of the registration, which is passed to `open`.
    ///
    /// It must be `'static`, because a leaked registration, for instance by [`core::mem::forget`],
    /// never drops it.
    type RegistrationData: Send + Sync + 'static;

    /// Opens the device.
    ///
    /// The kernel holds a lock of all misc devices meanwhile. So if this function registers a misc
    /// device, or drops a registration, no misc device can be opened any more.
    fn open(args: MiscArgs<'_, Self>) -> Result<Self::Ptr>;

    /// Closes a file, after the last reference on the file was dropped.
    fn release(device: Self::Ptr) {
        drop(device);
    }

    /// Maps an open file. Call [`Area::mmap`](crate::Area::mmap) or
    /// [`WeakArea::mmap`](crate::WeakArea::mmap) here, for one area.
    ///
    /// If this returns an error, the kernel creates no mapping.
    fn mmap(
        _device: <Self::Ptr as ForeignOwnable>::Borrowed<'_>,
        _file: &File,
        _mapping: &Mapping<'_>,
    ) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Does the same as `mmap`, but as the kernel's newer hook: when it is called, the VMA does not
    /// exist yet.
    ///
    /// Implement either `mmap` or this operation. A device with both does not compile.
    fn mmap_prepare(
        _device: <Self::Ptr as ForeignOwnable>::Borrowed<'_>,
        _file: &File,
        _mapping: &Mapping<'_>,
    ) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Returns the condition variable that wakes a program that polls the file.
    ///
    /// It is a part of what `open` has returned, because the kernel may refer to it until the file
    /// is closed. Implement this together with `poll`. A device with one of the two does not
    /// compile.
    fn poll_condvar<'a>(
        _device: &'a <Self::Ptr as ForeignOwnable>::Borrowed<'_>,
    ) -> &'a PollCondVar {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Returns the events that are ready.
    ///
    /// Before this is called, the program is registered with `poll_condvar`. So if a driver first
    /// changes the state that this function reads, and then notifies `poll_condvar`, the program
    /// misses no event.
    ///
    /// Do not notify `poll_condvar` here. If a program waits by io_uring, each notification causes
    /// another call of this function, and the program can never exit.
    fn poll(_device: <Self::Ptr as ForeignOwnable>::Borrowed<'_>, _file: &File) -> PollEvents {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Reads from the device.
    fn read_iter(_kiocb: Kiocb<'_, Self::Ptr>, _iov: &mut IovIterDest<'_>) -> Result<usize> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Writes to the device.
    fn write_iter(_kiocb: Kiocb<'_, Self::Ptr>, _iov: &mut IovIterSource<'_>) -> Result<usize> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Handles an `ioctl(2)`.
    fn ioctl(
        _device: <Self::Ptr as ForeignOwnable>::Borrowed<'_>,
        _file: &File,
        _cmd: u32,
        _arg: usize,
    ) -> Result<isize> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Handles an `ioctl(2)` of a 32-bit program on a 64-bit kernel.
    ///
    /// If it is not implemented, `ioctl` is called, with `arg` converted by `compat_ptr()`.
    #[cfg(CONFIG_COMPAT)]
    fn compat_ioctl(
        _device: <Self::Ptr as ForeignOwnable>::Borrowed<'_>,
        _file: &File,
        _cmd: u32,
        _arg: usize,
    ) -> Result<isize> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Writes what `/proc/PID/fdinfo` shows for the file.
    fn show_fdinfo(
        _device: <Self::Ptr as ForeignOwnable>::Borrowed<'_>,
        _m: &SeqFile,
        _file: &File,
    ) {
        build_error!(VTABLE_DEFAULT_ERROR)
    }
}

/// A registered misc device, for whose mappings `mmap(NULL, ...)` chooses suitable addresses.
///
/// A PMD can map a large folio only at an address that is congruent to the offset in the file
/// modulo the size of a PMD, which is 2 MiB on x86-64. With the kernel crate's
/// [`MiscDeviceRegistration`](miscdevice::MiscDeviceRegistration), a program has to choose such an
/// address itself. With this one, `mmap(NULL, ...)` chooses it, so that 32 entries map an
/// [`Area`](crate::Area) of 64 MiB, and not 16384.
///
/// # Invariants
///
/// - `inner` is a field of a `MiscDeviceRegistration<T>`, whose field `data` is initialised as long
///   as `inner` is registered. So the order of the fields matters: `inner` is dropped first.
/// - `inner` is registered with the file operations of a `T`.
///
/// # Examples
///
/// See the driver on the [crate's first page](crate).
#[pin_data]
pub struct MiscDeviceRegistration<T: MiscDevice> {
    #[pin]
    inner: miscdevice::MiscDeviceRegistration<Adapter<T>>,
    #[pin]
    data: T::RegistrationData,
}

impl<T: MiscDevice> MiscDeviceRegistration<T> {
    /// Registers a misc device, with data that is passed to `open`. If there is none, pass `()`.
    ///
    /// # Errors
    ///
    /// - [`EINVAL`]: the name is empty, or longer than 255 bytes.
    /// - [`EEXIST`]: another misc device has this name. The kernel then also prints a stack trace.
    /// - Those of the kernel's `misc_register()`, and those of the initialiser `data`.
    pub fn register<E>(
        options: MiscDeviceOptions,
        data: impl PinInit<T::RegistrationData, E>,
    ) -> impl PinInit<Self, Error>
    where
        Error: From<E>,
    {
        // If a file has both, the kernel warns and calls neither.
        const_assert!(
            !(T::HAS_MMAP && T::HAS_MMAP_PREPARE),
            "a device has either mmap or mmap_prepare"
        );
        const_assert!(
            T::HAS_POLL == T::HAS_POLL_CONDVAR,
            "a device has both poll and poll_condvar, or neither"
        );
        // INVARIANT: `data` comes first, because from `register` on the device can be opened.
        try_pin_init!(Self {
            data <- data,
            inner <- register(options),
        })
    }

    /// Returns the device.
    #[inline]
    pub fn device(&self) -> &Device {
        self.inner.device()
    }

    /// Returns the data that the device was registered with.
    #[inline]
    pub fn data(&self) -> &T::RegistrationData {
        &self.data
    }

    /// Returns the arguments for [`MiscDevice::open`].
    fn args(flags: u32, inner: &miscdevice::MiscDeviceRegistration<Adapter<T>>) -> MiscArgs<'_, T> {
        let data = inner
            .as_raw()
            .wrapping_byte_sub(offset_of!(Self, inner))
            .wrapping_byte_add(offset_of!(Self, data))
            .cast::<T::RegistrationData>();
        // SAFETY: Only `register` above creates an `inner`: no other module can name an `Adapter`.
        // - `RightRegistration`: by the type invariant, `inner` is a field of a registration of a
        //   `T`. The pointer is the address of the field `data` of the same registration.
        // - `PointerAligned`: the pointer is the address of a field of this type.
        // - `RegistrationEnds`: dropping a registration first drops `inner`, which deregisters it.
        //   So `data` exists as long as `inner` is registered. The borrow of `inner` keeps both
        //   until the returned reference is gone. No method gives out a `&mut` to `data`.
        // - `Initialised`: `try_pin_init!` above initialises `data` before it registers `inner`,
        //   because it initialises the fields in the order in which they are written.
        let data = unsafe { &*data };

        MiscArgs {
            flags,
            device: inner.device(),
            data,
        }
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Misc devices whose areas are mapped as a whole.
//!
//! C header: `include/linux/miscdevice.h`

use crate::{
    fops::{
        register,
        Adapter, //
    },
    Mapping,
    PollEvents, //
};
use core::mem::offset_of;
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
    sync::poll::PollTable,
    types::ForeignOwnable, //
};

/// What [`MiscDevice::open`] is given, besides the file.
pub struct MiscArgs<'a, T: MiscDevice> {
    /// The device that is opened.
    pub device: &'a Device,
    /// The data that the device was registered with.
    pub data: Pin<&'a T::RegistrationData>,
}

/// A misc device, or what an open file of one has.
///
/// It is like the kernel crate's [`MiscDevice`](miscdevice::MiscDevice), with these differences:
///
/// - an mmap hook is given a [`Mapping`], which only [`Area::mmap`](crate::Area::mmap) uses;
/// - there are `mmap_prepare` and `poll`;
/// - the registration has data of its own, which `open` is given.
///
/// # Examples
///
/// A device whose files share a counter, and wait for it to change:
///
/// ```
/// use kernel::{
///     fs::File,
///     sync::{poll::{PollCondVar, PollTable}, Arc, ArcBorrow, Mutex},
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
///     fn open(_: &File, args: MiscArgs<'_, Self>) -> Result<Arc<Counter>> {
///         Ok(Arc::clone(&args.data))
///     }
///
///     // Or `fn mmap`, which is called when there is a VMA.
///     fn mmap_prepare(me: ArcBorrow<'_, Counter>, _: &File, mapping: &Mapping<'_>) -> Result {
///         me.frame.mmap(mapping, mapping.page_offset())
///     }
///
///     fn poll(me: ArcBorrow<'_, Counter>, file: &File, table: &PollTable<'_>) -> PollEvents {
///         table.register_wait(file, &me.changed);
///         if *me.events.lock() > 0 { PollEvents::IN } else { PollEvents::NONE }
///     }
/// }
/// ```
#[vtable]
pub trait MiscDevice: Sized {
    /// What an open file has: the kernel keeps it from `open` to `release`.
    type Ptr: ForeignOwnable + Send + Sync;

    /// What the registration has, for those who open the device.
    ///
    /// It borrows nothing, because a registration that is forgotten has it for ever.
    type RegistrationData: Send + Sync + 'static;

    /// Opens the device.
    fn open(file: &File, args: MiscArgs<'_, Self>) -> Result<Self::Ptr>;

    /// Closes a file, when nobody has it any more.
    fn release(device: Self::Ptr, _file: &File) {
        drop(device);
    }

    /// Maps a file, by [`Area::mmap`](crate::Area::mmap) of one area.
    ///
    /// After an error there is no mapping.
    fn mmap(
        _device: <Self::Ptr as ForeignOwnable>::Borrowed<'_>,
        _file: &File,
        _mapping: &Mapping<'_>,
    ) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Does the same as `mmap`, but by the kernel's newer hook: when it is called, there is no VMA
    /// yet.
    ///
    /// A device has `mmap` or this. One that has both does not compile.
    fn mmap_prepare(
        _device: <Self::Ptr as ForeignOwnable>::Borrowed<'_>,
        _file: &File,
        _mapping: &Mapping<'_>,
    ) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Tells `table` what to wait for, and then returns what `poll(2)` says of the file.
    fn poll(
        _device: <Self::Ptr as ForeignOwnable>::Borrowed<'_>,
        _file: &File,
        _table: &PollTable<'_>,
    ) -> PollEvents {
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

    /// Does what `ioctl(2)` asks for.
    fn ioctl(
        _device: <Self::Ptr as ForeignOwnable>::Borrowed<'_>,
        _file: &File,
        _cmd: u32,
        _arg: usize,
    ) -> Result<isize> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Does what `ioctl(2)` asks for in a 32-bit program on a 64-bit kernel.
    ///
    /// Without this, `ioctl` does.
    #[cfg(CONFIG_COMPAT)]
    fn compat_ioctl(
        _device: <Self::Ptr as ForeignOwnable>::Borrowed<'_>,
        _file: &File,
        _cmd: u32,
        _arg: usize,
    ) -> Result<isize> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Writes what `/proc/PID/fdinfo` shows of the file.
    fn show_fdinfo(
        _device: <Self::Ptr as ForeignOwnable>::Borrowed<'_>,
        _m: &SeqFile,
        _file: &File,
    ) {
        build_error!(VTABLE_DEFAULT_ERROR)
    }
}

/// A registration of a misc device, at whose mappings large folios fit.
///
/// With the kernel crate's [`MiscDeviceRegistration`](miscdevice::MiscDeviceRegistration), a
/// program has to ask for an address that is a multiple of 2 MiB. With this one, `mmap(NULL, ...)`
/// chooses such an address, so that an [`Area`](crate::Area) of 64 MiB is mapped by 32 entries and
/// not by 16384.
///
/// # Invariants
///
/// - `inner` is a field of a `MiscDeviceRegistration<T>`, of which `data` is initialised as long as
///   `inner` is registered. So the order of the fields matters: `inner` is dropped first.
/// - `inner` is registered with the file operations of a `T`.
///
/// # Examples
///
/// The driver on the [crate's first page](crate) is registered by it.
#[pin_data]
pub struct MiscDeviceRegistration<T: MiscDevice> {
    #[pin]
    inner: miscdevice::MiscDeviceRegistration<Adapter<T>>,
    #[pin]
    data: T::RegistrationData,
}

impl<T: MiscDevice> MiscDeviceRegistration<T> {
    /// Registers a misc device, with data for those who open it. Without data, give `()`.
    ///
    /// # Errors
    ///
    /// Those of the kernel's `misc_register()`, and of `data`.
    pub fn register<E>(
        options: MiscDeviceOptions,
        data: impl PinInit<T::RegistrationData, E>,
    ) -> impl PinInit<Self, Error>
    where
        Error: From<E>,
    {
        // The kernel warns of a device that has both, and calls neither.
        const_assert!(
            !(T::HAS_MMAP && T::HAS_MMAP_PREPARE),
            "a device has either mmap or mmap_prepare"
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

    /// Returns what to give to [`MiscDevice::open`].
    pub(crate) fn args(inner: &miscdevice::MiscDeviceRegistration<Adapter<T>>) -> MiscArgs<'_, T> {
        let data = inner
            .as_raw()
            .wrapping_byte_sub(offset_of!(Self, inner))
            .wrapping_byte_add(offset_of!(Self, data))
            .cast::<T::RegistrationData>();
        // SAFETY: Only `register` above makes an `inner`, because `Adapter` is private.
        // - `OpsMatch`: so by the type invariant this is the `data` of a registration of a `T`.
        // - `RegistrationEnds`: `data` is there for as long as `inner` is registered, which by the
        //   borrow is at least as long as the reference.
        // - `Initialised`: `data` is initialised before `inner` is registered.
        let data = unsafe { &*data };

        MiscArgs {
            device: inner.device(),
            // SAFETY:
            // - `RegistrationPinned`: the registration is pinned, and `data` is a pinned field.
            data: unsafe { Pin::new_unchecked(data) },
        }
    }
}

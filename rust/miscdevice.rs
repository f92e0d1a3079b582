// SPDX-License-Identifier: GPL-2.0

//! Misc devices whose areas are mapped as a whole.
//!
//! C header: `include/linux/miscdevice.h`

use crate::bindings::vmremap_get_unmapped_area;
use core::{
    marker::PhantomData,
    mem::{
        self,
        offset_of, //
    },
    ops::Deref,
    ptr, //
};
use kernel::{
    bindings::{
        self,
        file_operations,
        misc_register, //
    },
    error::to_result,
    fs::File,
    miscdevice::{
        self,
        MiscDevice,
        MiscDeviceOptions, //
    },
    prelude::*,
    sync::poll::PollTable,
    types::ForeignOwnable, //
};

/// A registration of a misc device, at whose mappings large folios fit.
///
/// It stands in for the kernel crate's
/// [`MiscDeviceRegistration`](miscdevice::MiscDeviceRegistration), which leaves it to the program
/// to ask for an address that is a multiple of 2 MiB. With this one, `mmap(NULL, ...)` chooses such
/// an address, so that an [`Area`](crate::Area) of 64 MiB is mapped by 32 entries and not by 16384.
///
/// # Examples
///
/// The driver on the [crate's first page](crate) is registered by it.
#[repr(transparent)]
#[pin_data]
pub struct MiscDeviceRegistration<T: MiscDevice> {
    #[pin]
    inner: miscdevice::MiscDeviceRegistration<T>,
}

impl<T: MiscDevice> MiscDeviceRegistration<T> {
    /// Registers a misc device.
    ///
    /// # Errors
    ///
    /// Those of the kernel's `misc_register()`.
    pub fn register(options: MiscDeviceOptions) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            inner <- register(options, &Placed::<T>::FOPS),
        })
    }
}

impl<T: MiscDevice> Deref for MiscDeviceRegistration<T> {
    type Target = miscdevice::MiscDeviceRegistration<T>;

    #[inline]
    fn deref(&self) -> &Self::Target {
        &self.inner
    }
}

/// A misc device that belongs to a piece of hardware: its files have that in common, and are waited
/// on until it has something to say.
pub trait SharedDevice: MiscDevice {
    /// What the registration has for those who open the device.
    ///
    /// It borrows nothing, because a registration that is forgotten has it for ever.
    type Shared: Send + Sync + 'static;

    /// Returns what `poll(2)` says of a file, bits as `POLLIN`, when it has told `table` what to
    /// wait for.
    fn poll(
        device: <Self::Ptr as ForeignOwnable>::Borrowed<'_>,
        file: &File,
        table: &PollTable<'_>,
    ) -> u32;
}

/// A registration of a [`SharedDevice`], with what its files have in common.
///
/// Large folios fit at its mappings, as at those of a [`MiscDeviceRegistration`].
///
/// # Invariants
///
/// `inner` is registered with a function for `poll(2)`.
///
/// # Examples
///
/// ```
/// use kernel::{
///     fs::File,
///     miscdevice::MiscDeviceRegistration,
///     sync::{poll::{PollCondVar, PollTable}, Arc, Mutex},
/// };
/// use vmremap::{SharedDevice, SharedDeviceRegistration};
///
/// struct Device {
///     events: Mutex<u32>,
///     changed: PollCondVar,
/// }
///
/// // What `MiscDevice::open` does.
/// fn open<T>(registration: &MiscDeviceRegistration<T>) -> Result<Arc<Device>>
/// where
///     T: SharedDevice<Shared = Arc<Device>>,
/// {
///     SharedDeviceRegistration::shared(registration).cloned().ok_or(ENODEV)
/// }
///
/// // What `SharedDevice::poll` does.
/// fn poll(device: &Device, file: &File, table: &PollTable<'_>) -> u32 {
///     table.register_wait(file, &device.changed);
///     if *device.events.lock() > 0 { kernel::bindings::POLLIN } else { 0 }
/// }
/// ```
#[repr(C)]
#[pin_data]
pub struct SharedDeviceRegistration<T: SharedDevice> {
    #[pin]
    inner: miscdevice::MiscDeviceRegistration<T>,
    shared: T::Shared,
}

impl<T: SharedDevice> SharedDeviceRegistration<T> {
    /// Registers a misc device.
    ///
    /// # Errors
    ///
    /// Those of the kernel's `misc_register()`.
    pub fn register(options: MiscDeviceOptions, shared: T::Shared) -> impl PinInit<Self, Error> {
        // INVARIANT: `POLLED` has a function for `poll(2)`.
        // From the second line on there can be somebody who opens it.
        try_pin_init!(Self {
            shared,
            inner <- register(options, &Placed::<T>::POLLED),
        })
    }

    /// Returns what the registration has, to [`MiscDevice::open`], or [`None`] where it is another
    /// kind of registration.
    pub fn shared(device: &miscdevice::MiscDeviceRegistration<T>) -> Option<&T::Shared> {
        let fops = device
            .as_raw()
            .wrapping_byte_add(offset_of!(bindings::miscdevice, fops))
            .cast::<*const file_operations>();
        // SAFETY: Only this field is read: others change while the device is being registered.
        // - `Borrowed`: it points to a field of a `miscdevice`, a part of `device`.
        // - `AbiLayout`: the field is where C has it, and aligned for a pointer.
        // - `Initialised`: it was written before the device was registered, and stays as it is.
        let fops = unsafe { ptr::read(fops) };
        // SAFETY:
        // - `OpsMatch`: it points to the operations of a `T`, a constant.
        // - `AbiLayout`: a constant of this type is aligned for it.
        // - `Initialised`: a constant is always a value of its type.
        let operations = unsafe { ptr::read(fops) };

        // Only a registration of this type has it.
        operations.poll?;
        // SAFETY:
        // - `OpsMatch`: `device` is the first part of a registration of this type, as it is
        //   `repr(C)`.
        let whole = unsafe {
            mem::transmute_copy::<&miscdevice::MiscDeviceRegistration<T>, &Self>(&device)
        };

        Some(&whole.shared)
    }
}

/// Registers a misc device with file operations that are those of a `T`, but for some more.
pub(crate) fn register<T: MiscDevice>(
    options: MiscDeviceOptions,
    operations: &'static file_operations,
) -> impl PinInit<miscdevice::MiscDeviceRegistration<T>, Error> {
    let init = move |slot: *mut miscdevice::MiscDeviceRegistration<T>| {
        let slot = slot.cast::<bindings::miscdevice>();
        let mut device = options.into_raw::<T>();

        device.fops = operations;
        // SAFETY:
        // - `RegistrationPinned`: `slot` is valid for writes, and is where it stays.
        // - `AbiLayout`: the registration is `repr(transparent)` over a `miscdevice`.
        unsafe { ptr::write(slot, device) };
        // SAFETY:
        // - `OpsMatch`: the device is one for a `T`, as `into_raw` makes it, but for functions that
        //   it has not.
        // - `RegistrationPinned`: `slot` is initialised in place, and then pinned.
        // - `RegistrationEnds`: to drop the registration deregisters it.
        // - `Context`: a driver's `init` and `probe` may sleep; no type says so.
        to_result(unsafe { misc_register(slot) })
    };

    // SAFETY:
    // - `Initialised`: `init` has initialised the registration when it succeeds, and else nothing
    //   has to be dropped.
    // - `RegistrationPinned`: nothing moves what is in `slot`, which is then pinned.
    unsafe { pin_init::pin_init_from_closure(init) }
}

/// The file operations of a `T`, and the choice of an address.
pub(crate) struct Placed<T>(PhantomData<T>);

impl<T: MiscDevice> Placed<T> {
    pub(crate) const FOPS: file_operations = file_operations {
        get_unmapped_area: Some(vmremap_get_unmapped_area),
        // SAFETY:
        // - `OpsMatch`: it points to the operations of a `T`, a constant.
        // - `AbiLayout`: a constant of this type is aligned for it.
        // - `Initialised`: a constant is always a value of its type.
        ..unsafe { ptr::read(MiscDeviceOptions { name: c"" }.into_raw::<T>().fops) }
    };
}

impl<T: SharedDevice> Placed<T> {
    const POLLED: file_operations = file_operations {
        poll: Some(poll::<T, T::Ptr>),
        ..Self::FOPS
    };
}

/// Returns what a file operation is about: what `open` has made, and the file.
///
/// # Safety
///
/// - `FileOpen`: `file` is open during the operation that `'a` is, and `open` has put a `P` into
///   it, which `release` takes away.
#[inline]
pub(crate) unsafe fn opened<'a, P: ForeignOwnable>(
    file: *mut bindings::file,
) -> (P::Borrowed<'a>, &'a File) {
    let private_data = file
        .wrapping_byte_add(offset_of!(bindings::file, private_data))
        .cast::<*mut c_void>();
    // SAFETY:
    // - `FileOpen`: it points to a field of the file, which nobody writes while that is open.
    // - `AbiLayout`: the field is where C has it, and aligned for a pointer.
    // - `Initialised`: `open` has written a pointer there.
    let private = unsafe { ptr::read(private_data) };
    // SAFETY:
    // - `FileOpen`: promised by the caller: `open` has put it there, and `release` did not run.
    let device = unsafe { P::borrow(private) };
    // SAFETY:
    // - `FileOpen`: the file is open during the operation, and system calls that use its position
    //   hold its lock.
    let file = unsafe { File::from_raw_file(file) };

    (device, file)
}

/// The `poll` of a `T`.
///
/// # Safety
///
/// - `FileOpen`: `file` is an open file of a device that was registered for a `T`, and `table` is
///   null or a `poll_table`.
unsafe extern "C" fn poll<T: SharedDevice<Ptr = P>, P: ForeignOwnable>(
    file: *mut bindings::file,
    table: *mut bindings::poll_table_struct,
) -> bindings::__poll_t {
    // SAFETY:
    // - `FileOpen`: the file is open during the call, and of a device that was registered for a
    //   `T`, whose `open` puts a `P` into it.
    let (device, file) = unsafe { opened::<P>(file) };
    // SAFETY:
    // - `FileOpen`: the caller gives a table that is valid during the call, or null.
    let table = unsafe { PollTable::from_raw(table) };

    T::poll(device, file, &table)
}

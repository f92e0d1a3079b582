// SPDX-License-Identifier: GPL-2.0

//! Misc devices whose areas are mapped as a whole.
//!
//! C header: `include/linux/miscdevice.h`

use crate::bindings::vmremap_get_unmapped_area;
use core::{
    marker::PhantomData,
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
    miscdevice::{
        self,
        MiscDevice,
        MiscDeviceOptions, //
    },
    prelude::*, //
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
        let init = move |slot: *mut Self| {
            let slot = slot.cast::<bindings::miscdevice>();
            let mut device = options.into_raw::<T>();

            device.fops = &Placed::<T>::FOPS;
            // SAFETY:
            // - `AbiLayout`: `slot` is valid for writes, and both registrations are
            //   `repr(transparent)` over a `miscdevice`.
            unsafe { ptr::write(slot, device) };
            // SAFETY:
            // - `AbiLayout`: the device is one for a `T`, as `into_raw` makes it, but for a
            //   function that only chooses an address. It is pinned, and dropping `inner`
            //   deregisters it.
            to_result(unsafe { misc_register(slot) })
        };

        // SAFETY:
        // - `AbiLayout`: `init` has initialised `inner` when it succeeds, and else nothing has to
        //   be dropped.
        unsafe { pin_init::pin_init_from_closure(init) }
    }
}

impl<T: MiscDevice> Deref for MiscDeviceRegistration<T> {
    type Target = miscdevice::MiscDeviceRegistration<T>;

    #[inline]
    fn deref(&self) -> &Self::Target {
        &self.inner
    }
}

/// The file operations of a `T`, and the choice of an address.
struct Placed<T>(PhantomData<T>);

impl<T: MiscDevice> Placed<T> {
    const FOPS: file_operations = file_operations {
        get_unmapped_area: Some(vmremap_get_unmapped_area),
        // SAFETY:
        // - `AbiLayout`: it points to the operations of a `T`, a constant.
        ..unsafe { ptr::read(MiscDeviceOptions { name: c"" }.into_raw::<T>().fops) }
    };
}

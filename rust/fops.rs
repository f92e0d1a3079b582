// SPDX-License-Identifier: GPL-2.0

//! The file operations of a misc device: those that the crate `kernel` makes, and what these lack.
//!
//! C header: `include/linux/fs.h`

use super::{
    MiscDevice,
    MiscDeviceRegistration, //
};
use crate::{
    bindings::vmremap_get_unmapped_area,
    Mapping, //
};
use core::{
    marker::PhantomData,
    mem::offset_of,
    ptr, //
};
use kernel::{
    bindings::{
        self,
        file_operations,
        fput,
        misc_register,
        vm_area_desc, //
    },
    error::{
        from_result,
        to_result, //
    },
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
    mm::virt::VmaNew,
    prelude::*,
    seq_file::SeqFile,
    sync::poll::PollTable,
    types::ForeignOwnable, //
};

/// Makes a misc device of the crate `kernel` of a `T`.
///
/// Only the module above can name it, so that nothing but [`register`] registers one.
pub(super) struct Adapter<T>(PhantomData<T>);

type Borrowed<'a, T> = <<T as MiscDevice>::Ptr as ForeignOwnable>::Borrowed<'a>;

#[vtable]
impl<T: MiscDevice> miscdevice::MiscDevice for Adapter<T> {
    type Ptr = T::Ptr;
    type OwnerModule = T::OwnerModule;

    const HAS_MMAP: bool = T::HAS_MMAP;
    const HAS_READ_ITER: bool = T::HAS_READ_ITER;
    const HAS_WRITE_ITER: bool = T::HAS_WRITE_ITER;
    const HAS_IOCTL: bool = T::HAS_IOCTL;
    #[cfg(CONFIG_COMPAT)]
    const HAS_COMPAT_IOCTL: bool = T::HAS_COMPAT_IOCTL;
    const HAS_SHOW_FDINFO: bool = T::HAS_SHOW_FDINFO;

    fn open(file: &File, inner: &miscdevice::MiscDeviceRegistration<Self>) -> Result<T::Ptr> {
        T::open(MiscDeviceRegistration::<T>::args(file.flags(), inner))
    }

    fn release(device: T::Ptr, _: &File) {
        T::release(device)
    }

    fn mmap(device: Borrowed<'_, T>, file: &File, vma: &VmaNew) -> Result {
        // SAFETY: No other code of the crate or of a driver gets this VMA.
        // - `VmaUntouched`: the kernel calls this with a new VMA, which does not have
        //   `VM_MIXEDMAP`: only a driver sets that. `T::mmap` is not given the VMA but the
        //   `Mapping`.
        let mapping = unsafe { Mapping::from_vma(vma) };

        T::mmap(device, file, &mapping)
    }

    fn read_iter(kiocb: Kiocb<'_, T::Ptr>, iov: &mut IovIterDest<'_>) -> Result<usize> {
        T::read_iter(kiocb, iov)
    }

    fn write_iter(kiocb: Kiocb<'_, T::Ptr>, iov: &mut IovIterSource<'_>) -> Result<usize> {
        T::write_iter(kiocb, iov)
    }

    fn ioctl(device: Borrowed<'_, T>, file: &File, cmd: u32, arg: usize) -> Result<isize> {
        T::ioctl(device, file, cmd, arg)
    }

    #[cfg(CONFIG_COMPAT)]
    fn compat_ioctl(device: Borrowed<'_, T>, file: &File, cmd: u32, arg: usize) -> Result<isize> {
        T::compat_ioctl(device, file, cmd, arg)
    }

    fn show_fdinfo(device: Borrowed<'_, T>, m: &SeqFile, file: &File) {
        T::show_fdinfo(device, m, file)
    }
}

impl<T: MiscDevice> Adapter<T> {
    const FOPS: file_operations = file_operations {
        get_unmapped_area: Some(vmremap_get_unmapped_area),
        mmap_prepare: if T::HAS_MMAP_PREPARE {
            Some(mmap_prepare::<T, T::Ptr>)
        } else {
            None
        },
        poll: if T::HAS_POLL {
            Some(poll::<T, T::Ptr>)
        } else {
            None
        },
        // SAFETY: The crate `kernel` makes these operations, and never writes them.
        // - `StaticOps`: `into_raw` points to the operations of an `Adapter<T>`, a constant.
        // - `PointerAligned`: it is a reference to a constant of this type.
        // - `Initialised`: a constant is always a value of its type.
        ..unsafe { ptr::read(MiscDeviceOptions { name: c"" }.into_raw::<Self>().fops) }
    };
}

/// Registers a misc device with the file operations of a `T`.
pub(super) fn register<T: MiscDevice>(
    options: MiscDeviceOptions,
) -> impl PinInit<miscdevice::MiscDeviceRegistration<Adapter<T>>, Error> {
    let init = move |slot: *mut miscdevice::MiscDeviceRegistration<Adapter<T>>| {
        let slot = slot.cast::<bindings::miscdevice>();
        let mut device = options.into_raw::<Adapter<T>>();

        // It compiles only if the reference to the constant lives for ever, whatever `T` borrows.
        let operations: &'static file_operations = &Adapter::<T>::FOPS;
        device.fops = operations;
        // SAFETY: Nothing is in `slot` yet, so that nothing has to be dropped.
        // - `InitSlot`: it is the slot that this initialiser is given.
        // - `PointerAligned`: `slot` is for a registration, which is `repr(transparent)` over a
        //   `miscdevice`.
        unsafe { ptr::write(slot, device) };
        // SAFETY: The device was just written, and is registered once.
        // - `OpsMatch`: the device is one for an `Adapter<T>`, as `into_raw` makes it, but for
        //   `poll` and `mmap_prepare` of the same `T`, and for `get_unmapped_area`, which does not
        //   read the private data. `open` and `release` of the adapter pass on what `T::open` has
        //   returned.
        // - `RightModule`: `into_raw` takes the owner from `type OwnerModule = T::OwnerModule` of
        //   the adapter. This module stays as well: the driver's uses its symbols.
        // - `RegistrationPinned`: `slot` is initialised in place, and then pinned.
        // - `RegistrationEnds`: to drop the registration deregisters it. The operations are static,
        //   and their owner stays while a file is open: see `type OwnerModule` of the adapter.
        // - `Context`: a driver's `init` and `probe` may sleep; no type says so.
        to_result(unsafe { misc_register(slot) })
    };

    // SAFETY: `init` writes a device to `slot`, and then registers it or fails.
    // - `Initialised`: `init` has initialised the registration when it succeeds, and else nothing
    //   has to be dropped.
    // - `RegistrationPinned`: nothing moves what is in `slot`, which is then pinned.
    unsafe { pin_init::pin_init_from_closure(init) }
}

/// Returns what a file operation is about: what `open` has made, and the file.
///
/// # Safety
///
/// - `FileOpen`: `file` is open during the operation that `'a` is, and `open` has put a `P` into
///   it, which `release` takes away.
#[inline]
unsafe fn opened<'a, P: ForeignOwnable>(file: *mut bindings::file) -> (P::Borrowed<'a>, &'a File) {
    let private_data = file
        .wrapping_byte_add(offset_of!(bindings::file, private_data))
        .cast::<*mut c_void>();
    // SAFETY: The address is that of the field, whose type is a pointer.
    // - `FileOpen`: it points to a field of the file, which nobody writes while that is open.
    // - `PointerAligned`: the field is where C has it, and aligned for a pointer.
    // - `Initialised`: `open` has written a pointer there.
    let private = unsafe { ptr::read(private_data) };
    // SAFETY: The borrow ends with the operation, and so before `release` is called.
    // - `FileOpen`: promised by the caller: `open` has put it there, and `release` did not run.
    let device = unsafe { P::borrow(private) };
    // SAFETY: The reference is for the operation alone.
    // - `FileOpen`: the file is open during the operation. `fdget_pos()` does not lock the position
    //   of a device's file, but no method of `File` accesses the position.
    let file = unsafe { File::from_raw_file(file) };

    (device, file)
}

/// The `poll` of a `T`.
///
/// # Safety
///
/// - `FileOpen`: `file` is an open file of a device that was registered for a `T`, and `table` is
///   null or a `poll_table`.
unsafe extern "C" fn poll<T: MiscDevice<Ptr = P>, P: ForeignOwnable>(
    file: *mut bindings::file,
    table: *mut bindings::poll_table_struct,
) -> bindings::__poll_t {
    // SAFETY: The kernel calls this for an open file, whose `release` comes later.
    // - `FileOpen`: the file is open during the call, and of a device that was registered for a
    //   `T`, whose `open` puts a `P` into it.
    let (device, file) = unsafe { opened::<P>(file) };
    // SAFETY: The table is used during the call alone.
    // - `FileOpen`: the caller gives a table that is valid during the call, or null.
    let table = unsafe { PollTable::from_raw(table) };

    table.register_wait(file, T::poll_condvar(&device));
    T::poll(device, file).as_raw()
}

/// The `mmap_prepare` of a `T`.
///
/// # Safety
///
/// - `VmaInit`: `desc` is the description that this hook is given, of an open file.
/// - `FileOpen`: that is one of a device that was registered for a `T`.
unsafe extern "C" fn mmap_prepare<T: MiscDevice<Ptr = P>, P: ForeignOwnable>(
    desc: *mut vm_area_desc,
) -> c_int {
    // SAFETY: The mapping does not leave this function.
    // - `VmaInit`: the caller promises that the description is this hook's argument.
    // - `VmaUntouched`: `T` is not given the description but the `Mapping`.
    let mapping = unsafe { Mapping::from_desc(desc) };

    from_result(|| {
        let before = mapping.description().ok_or(EINVAL)?;
        // SAFETY: The kernel keeps the file while it maps the file.
        // - `FileOpen`: the file is open during the call, and of a device that was registered for a
        //   `T`, whose `open` puts a `P` into it.
        let (device, file) = unsafe { opened::<P>(before.file) };
        let result = T::mmap_prepare(device, file, &mapping);
        let after = mapping.description().ok_or(EINVAL)?;

        // If a hook fails, the kernel leaves this to the hook.
        if result.is_err() && after.vm_file != before.vm_file && after.vm_file != before.file {
            // SAFETY: No VMA takes over the reference, because the hook fails.
            // - `ReferenceOwned`: `vmremap_area_mmap_prepare()` puts an area's file there together
            //   with a reference on it, which is this one. If it has dropped that, it has also set
            //   `vm_file` to `desc->file` again: `take_back()`.
            unsafe { fput(after.vm_file) };
        }
        result.map(|()| 0)
    })
}

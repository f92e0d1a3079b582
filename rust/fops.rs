// SPDX-License-Identifier: GPL-2.0

//! The file operations of a misc device: those of the crate `kernel`, and the ones that it lacks.
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

/// Implements the crate `kernel`'s `MiscDevice` for a `T`, which implements vmremap's.
///
/// Only the parent module can name this type, so only [`register`] registers a device of it.
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
        // - `VmaUntouched`: the VMA is new, so it does not have `VM_MIXEDMAP`, which only a driver
        //   sets. `T::mmap` gets the `Mapping`, not the VMA.
        let mapping = unsafe { Mapping::from_vma(vma) };

        T::mmap(device, file, &mapping)
    }

    fn read_iter(kiocb: Kiocb<'_, T::Ptr>, iov: &mut IovIterDest<'_>) -> Result<usize> {
        let len = iov.len();

        transferred(T::read_iter(kiocb, iov), len)
    }

    fn write_iter(kiocb: Kiocb<'_, T::Ptr>, iov: &mut IovIterSource<'_>) -> Result<usize> {
        let len = iov.len();

        transferred(T::write_iter(kiocb, iov), len)
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

/// Returns what a driver's `read_iter` or `write_iter` has returned, or [`EIO`] if it cannot be so.
///
/// `EIOCBQUEUED` says that the operation will be completed later, which no safe code can do:
/// `read(2)` does a `BUG_ON()`, and a program with an `io_submit(2)` can never exit.
fn transferred(result: Result<usize>, len: usize) -> Result<usize> {
    match result {
        Ok(count) if count > len => Err(EIO),
        Err(EIOCBQUEUED) => Err(EIO),
        _ => result,
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
        // SAFETY: The field `fops` points to operations that the crate `kernel` never writes.
        // - `StaticOps`: `into_raw` makes it point to the operations of an `Adapter<T>`, which are
        //   a constant.
        // - `PointerAligned`: `into_raw` makes it from a reference to a constant of this type.
        // - `Initialised`: a constant is always a valid value of its type.
        ..unsafe { ptr::read(MiscDeviceOptions { name: c"" }.into_raw::<Self>().fops) }
    };
}

/// Registers a misc device with the file operations of a `T`.
pub(super) fn register<T: MiscDevice>(
    options: MiscDeviceOptions,
) -> impl PinInit<miscdevice::MiscDeviceRegistration<Adapter<T>>, Error> {
    let init = move |slot: *mut miscdevice::MiscDeviceRegistration<Adapter<T>>| {
        // `misc_register()` would warn if there is no name, or if the device's uevent does not fit
        // into its buffer of 2048 bytes, which contains the name twice. Nobody could open a device
        // with a longer name than `NAME_MAX` anyway.
        let bytes = options.name.to_bytes_with_nul().len();
        if !(2..=bindings::NAME_MAX as usize + 1).contains(&bytes) {
            return Err(EINVAL);
        }
        let slot = slot.cast::<bindings::miscdevice>();
        let mut device = options.into_raw::<Adapter<T>>();

        // The type makes the compiler check that the constant is `'static`, whatever `T` borrows.
        let operations: &'static file_operations = &Adapter::<T>::FOPS;
        device.fops = operations;
        // SAFETY: `slot` is not initialised yet, so there is no old value to drop.
        // - `InitSlot`: `slot` is the argument of this initialiser.
        // - `PointerAligned`: `slot` is aligned for a registration, which is `repr(transparent)`
        //   over a `miscdevice`.
        unsafe { ptr::write(slot, device) };
        // SAFETY: The device was just written, and is registered once.
        // - `OpsMatch`: `into_raw` made the device, with the operations of an `Adapter<T>`. The
        //   adapter's `open` and `release` pass on what `T::open` returns. Three operations differ:
        //   `poll` and `mmap_prepare` are those of the same `T`, and `get_unmapped_area` does not
        //   read the private data.
        // - `RightModule`: `into_raw` takes the owner from the adapter, whose line
        //   `type OwnerModule = T::OwnerModule` names the driver's module. That module uses symbols
        //   of vmremap.ko, which therefore stays loaded, too.
        // - `RegistrationPinned`: `slot` is initialised in place, and then pinned.
        // - `RegistrationEnds`: dropping the registration deregisters it. The operations are
        //   static, and an open file keeps their owner loaded: see the adapter's `OwnerModule`.
        // - `Context`: the call may sleep, and so may a driver's `init` and `probe`. No type
        //   ensures that it is made there: a known hole.
        to_result(unsafe { misc_register(slot) })
    };

    // SAFETY: `init` writes a device to `slot`, and then registers it or fails.
    // - `Initialised`: if `init` succeeds, the registration is initialised. If it fails, `slot`
    //   has nothing that must be dropped.
    // - `RegistrationPinned`: the caller pins `slot`, and `init` does not move the value there.
    unsafe { pin_init::pin_init_from_closure(init) }
}

/// Returns the arguments of a file operation: what `open` has returned, and the file.
///
/// # Safety
///
/// - `FileOpen`: `'a` is the duration of a file operation, during which `file` is open. The file's
///   private data is a `P`, which `open` has put there and `release` takes away.
#[inline]
unsafe fn opened<'a, P: ForeignOwnable>(file: *mut bindings::file) -> (P::Borrowed<'a>, &'a File) {
    let private_data = file
        .wrapping_byte_add(offset_of!(bindings::file, private_data))
        .cast::<*mut c_void>();
    // SAFETY: `private_data` is the address of the field `private_data`, which is a pointer.
    // - `FileOpen`: nobody writes this field while the file is open.
    // - `PointerAligned`: C has aligned the field for a pointer.
    // - `Initialised`: `open` has written a pointer there.
    let private = unsafe { ptr::read(private_data) };
    // SAFETY: The borrow ends with the operation, and so before `release` is called.
    // - `FileOpen`: the caller promises that `open` has put a `P` there, and that `release` has not
    //   taken it away.
    let device = unsafe { P::borrow(private) };
    // SAFETY: The reference ends with the operation.
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
    // SAFETY: The kernel calls this for an open file, and calls `release` later.
    // - `FileOpen`: the file is open during the call. Its device was registered for a `T`, whose
    //   `open` has put a `P` into the file.
    let (device, file) = unsafe { opened::<P>(file) };
    // SAFETY: The table is used only during the call.
    // - `FileOpen`: the caller passes a table that is valid during the call, or null.
    let table = unsafe { PollTable::from_raw(table) };

    table.register_wait(file, T::poll_condvar(&device));
    T::poll(device, file).as_raw()
}

/// The `mmap_prepare` of a `T`.
///
/// # Safety
///
/// - `VmaInit`: `desc` is the argument of this hook.
/// - `FileOpen`: `desc->file` is an open file of a device that was registered for a `T`.
unsafe extern "C" fn mmap_prepare<T: MiscDevice<Ptr = P>, P: ForeignOwnable>(
    desc: *mut vm_area_desc,
) -> c_int {
    // SAFETY: The mapping does not leave this function.
    // - `VmaInit`: the caller promises that the descriptor is this hook's argument.
    // - `VmaUntouched`: `T` gets the `Mapping`, not the descriptor.
    let mapping = unsafe { Mapping::from_desc(desc) };

    from_result(|| {
        let before = mapping.description().ok_or(EINVAL)?;
        // SAFETY: The kernel holds a reference on the file until it has mapped the file.
        // - `FileOpen`: the file is open during the call. Its device was registered for a `T`,
        //   whose `open` has put a `P` into the file.
        let (device, file) = unsafe { opened::<P>(before.file) };
        let result = T::mmap_prepare(device, file, &mapping);
        let after = mapping.description().ok_or(EINVAL)?;

        // If the hook fails, the kernel does not drop the reference on a new `vm_file`.
        if result.is_err() && after.vm_file != before.vm_file && after.vm_file != before.file {
            // SAFETY: No VMA takes over the reference, because the hook fails.
            // - `ReferenceOwned`: `vmremap_area_mmap_prepare()` has set `vm_file`, to a file on
            //   which it took a reference. This call drops that reference. If the C side had
            //   dropped it, `take_back()` would have reset `vm_file` to `desc->file`.
            unsafe { fput(after.vm_file) };
        }
        result.map(|()| 0)
    })
}

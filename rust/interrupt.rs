// SPDX-License-Identifier: GPL-2.0

//! The interrupt of a device that shares memory.
//!
//! C header: `include/linux/interrupt.h`

use core::{
    mem,
    ptr, //
};
use kernel::{
    bindings,
    device::{
        Bound,
        Core, //
    },
    devres,
    irq::{
        Flags,
        IrqRequest,
        ThreadedHandler,
        ThreadedRegistration, //
    },
    pci::{
        self,
        IrqTypes,
        IrqVectorRegistration, //
    },
    prelude::*, //
};

/// Registers `handler` for the interrupt of a PCI device, until the device is unbound.
///
/// `pdev` must be a device of the calling driver, so that the driver is not unloaded before the
/// device is unbound. Only callbacks of the driver that is bound to the device get a
/// `Device<Core>`. Do not call code of another module with it: if that code calls this function and
/// its module is unloaded, an interrupt calls code that is gone.
///
/// To create the kernel crate's [`ThreadedRegistration`], a driver must promise in `unsafe` code
/// never to leak it. With this function, the device owns the registration, and the driver cannot
/// leak it.
///
/// The interrupt is an MSI or MSI-X if both the device and the kernel support one. Otherwise it is
/// INTx, for instance with the kernel parameter `pci=nomsi`: such an interrupt may be shared with
/// other devices, and is raised again and again until the device is told that it was handled. So
/// [`handle`](ThreadedHandler::handle) must look whether its device has raised the interrupt, and
/// acknowledge it before it returns. If a driver only implements `handle_threaded`, which runs
/// later in a thread, the CPU does nothing but call `handle` until the thread acknowledges.
///
/// # Errors
///
/// - [`EINVAL`]: the kernel cannot create a folder `name` in `/proc/irq/N`. The name is empty, `.`
///   or `..`, is longer than 127 bytes, contains a `/`, or is that of a file there (`spurious`).
/// - [`EBUSY`]: the device already has an MSI or MSI-X, for instance from an earlier call.
/// - [`ENOMEM`]: there is not enough memory.
/// - Those of the kernel's `pci_alloc_irq_vectors()` and `request_threaded_irq()`.
///
/// # Examples
///
/// ```
/// # #[cfg(CONFIG_PCI)] {
/// use kernel::{
///     device::Core,
///     io::Io,
///     irq::{IrqReturn, ThreadedHandler, ThreadedIrqReturn},
///     pci::{self, DevresBar},
/// };
///
/// const STATUS: usize = 0x24;
/// const ACKNOWLEDGE: usize = 0x64;
/// const END: usize = 0x68;
///
/// struct Handler(DevresBar<END>);
///
/// impl ThreadedHandler for Handler {
///     fn handle(&self) -> ThreadedIrqReturn {
///         let Some(bar) = self.0.try_access() else {
///             return ThreadedIrqReturn::None;
///         };
///         let status = bar.read32(STATUS);
///         if status == 0 {
///             return ThreadedIrqReturn::None;
///         }
///         bar.write32(status, ACKNOWLEDGE);
///         ThreadedIrqReturn::WakeThread
///     }
///
///     fn handle_threaded(&self) -> IrqReturn {
///         // What may sleep.
///         IrqReturn::Handled
///     }
/// }
///
/// fn probe(pdev: &pci::Device<Core<'_>>) -> Result {
///     let bar = pdev.iomap_region_sized::<END>(0, c"example")?;
///     vmremap::handle_interrupt(pdev, c"example", Handler(bar.into_devres()?))
/// }
/// # }
/// # Ok::<(), Error>(())
/// ```
pub fn handle_interrupt<H: ThreadedHandler + Send + 'static>(
    pdev: &pci::Device<Core<'_>>,
    name: &'static CStr,
    handler: H,
) -> Result {
    if !is_folder_name(name) {
        return Err(EINVAL);
    }
    let bound: &pci::Device<Bound> = pdev;
    let raw = ptr::from_ref(bound).cast_mut().cast();
    // SAFETY: The kernel crate's type is `repr(transparent)` over a `pci_dev`, of which the call
    // reads two bits. Another task with a `Device<Bound>` may set them at the same time, when it
    // allocates vectors: the known hole *Freed vectors*, which this check does not close.
    // - `DeviceBorrowed`: the device lives as long as `pdev` is borrowed.
    let irq_type = unsafe { bindings::pci_irq_type(raw) };

    // Freeing vectors frees all vectors of the device, also one that another handler still uses.
    // So do not allocate vectors a second time.
    if irq_type != bindings::PCI_IRQ_INTX {
        return Err(EBUSY);
    }
    // SAFETY: This only changes a lifetime.
    // - `AbiLayout`: only the lifetime of the type differs.
    // - `DeviceBound`: the vectors and the registration, which are made from this reference, are
    //   dropped before the device is unbound: by this function if it fails, otherwise by devres,
    //   which owns them. The reference reaches no handler, because `fn handle(&self)` and
    //   `fn handle_threaded(&self)` get no device.
    // - `DropOrder`: a reference to the device borrows nothing else.
    let bound =
        unsafe { mem::transmute::<&pci::Device<Bound>, &'static pci::Device<Bound>>(bound) };
    let vectors = bound.alloc_irq_vectors(1, 1, IrqTypes::all())?;
    // SAFETY: This only changes a lifetime.
    // - `AbiLayout`: only the lifetime of the type differs.
    // - `DeviceBound`: the registration takes the request, and devres owns the registration.
    // - `DropOrder`: the request is the number of a vector, which exists until `vectors` is
    //   dropped. `Handled` drops its fields in the order in which it declares them, and this
    //   function drops its variables in the reverse order. So both drop the registration before
    //   `vectors`. Code that allocates vectors of the device, too, can free the vector earlier: the
    //   known hole *Freed vectors*.
    let request =
        unsafe { mem::transmute::<IrqRequest<'_>, IrqRequest<'static>>(vectors.index(0)?.into()) };
    let handler: Result<H> = Ok(handler);
    // SAFETY: The registration is not leaked.
    // - `DeviceBound`: devres owns it, and drops it before the device is unbound.
    let registration = unsafe { ThreadedRegistration::new(request, Flags::SHARED, name, handler) };

    // INVARIANT: `registration` is for a vector of `vectors`, and is declared before `vectors`.
    devres::register(
        bound.as_ref(),
        try_pin_init!(Handled {
            registration <- registration,
            vectors,
        }),
        GFP_KERNEL,
    )
}

/// Returns whether the kernel can create a folder `name` in `/proc/irq/N`.
///
/// If it cannot, `register_handler_proc()` warns. `register_handler_proc()` truncates names to 127
/// bytes, so it would also warn if two longer names of handlers of one interrupt begin with the
/// same bytes.
fn is_folder_name(name: &CStr) -> bool {
    let [name @ .., _] = name.to_bytes_with_nul() else {
        return false;
    };
    let exists = matches!(
        name,
        b"." | b".."
            | b"affinity_hint"
            | b"effective_affinity"
            | b"effective_affinity_list"
            | b"node"
            | b"smp_affinity"
            | b"smp_affinity_list"
            | b"spurious"
    );

    !exists && (1..128).contains(&name.len()) && !name.contains(&b'/')
}

/// A registered handler and its vectors, which devres owns while the device is bound.
///
/// # Invariants
///
/// `registration` is for a vector of `vectors`, and is declared before `vectors`, so that it is
/// dropped first.
#[pin_data]
struct Handled<H: ThreadedHandler + 'static> {
    #[pin]
    registration: ThreadedRegistration<'static, H>,
    vectors: IrqVectorRegistration<'static>,
}

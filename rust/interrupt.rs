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
/// leak it. The interrupt is an MSI or MSI-X if the device supports one.
///
/// # Errors
///
/// - [`EBUSY`]: the device already has an MSI or MSI-X, for instance from an earlier call.
/// - [`ENOMEM`]: there is not enough memory.
/// - Those of the kernel's `pci_alloc_irq_vectors()` and `request_threaded_irq()`.
///
/// # Examples
///
/// ```
/// # #[cfg(CONFIG_PCI)] {
/// use kernel::{device::Core, irq::{IrqReturn, ThreadedHandler}, pci};
///
/// struct Counter;
///
/// impl ThreadedHandler for Counter {
///     fn handle_threaded(&self) -> IrqReturn {
///         IrqReturn::Handled
///     }
/// }
///
/// fn probe(pdev: &pci::Device<Core<'_>>) -> Result {
///     vmremap::handle_interrupt(pdev, c"counter", Counter)
/// }
/// # }
/// # Ok::<(), Error>(())
/// ```
pub fn handle_interrupt<H: ThreadedHandler + Send + 'static>(
    pdev: &pci::Device<Core<'_>>,
    name: &'static CStr,
    handler: H,
) -> Result {
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
    //   dropped. That is after the registration is dropped, because `Handled` declares `vectors`
    //   after the registration, and this function declares it before. Code that allocates vectors
    //   of the device, too, can free the vector earlier: the known hole *Freed vectors*.
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

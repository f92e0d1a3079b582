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

/// Lets `handler` handle the interrupt of a PCI function, until the function is unbound.
///
/// The function must be the driver's own, which `Device<Core>` says: only the callbacks of its own
/// driver have one. So the driver is not unloaded before the function is unbound.
///
/// The kernel crate's [`ThreadedRegistration`] requires a promise that it is never leaked, which a
/// driver without `unsafe` cannot give: here the device owns the registration. The interrupt is an
/// MSI if the function has one.
///
/// # Errors
///
/// - [`EBUSY`]: the function has an MSI already, as after an earlier call.
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
    // SAFETY: The kernel crate's type is `repr(transparent)` over a `pci_dev`. The function reads
    // two bits. Another task with a `Device<Bound>` may set them at the same time: a known hole,
    // which this check only makes smaller.
    // - `DeviceBorrowed`: the function lives as long as `pdev` is borrowed.
    let irq_type = unsafe { bindings::pci_irq_type(raw) };

    // Freeing vectors frees all that the function has, and so would free an earlier handler's.
    if irq_type != bindings::PCI_IRQ_INTX {
        return Err(EBUSY);
    }
    // SAFETY: This only changes a lifetime.
    // - `AbiLayout`: only the lifetime of the type differs.
    // - `DeviceBound`: what is made of the device is dropped before the device is unbound: here if
    //   this function fails, and else by devres, which owns it. The reference reaches no handler:
    //   these are `fn handle(&self)` and `fn handle_threaded(&self)`, which are given no device.
    // - `DropOrder`: a reference to the device borrows nothing else.
    let bound =
        unsafe { mem::transmute::<&pci::Device<Bound>, &'static pci::Device<Bound>>(bound) };
    let vectors = bound.alloc_irq_vectors(1, 1, IrqTypes::all())?;
    // SAFETY: This only changes a lifetime.
    // - `AbiLayout`: only the lifetime of the type differs.
    // - `DeviceBound`: the request ends up in the registration, which devres owns.
    // - `DropOrder`: it is the number of a vector, which stays until `vectors` is dropped, wherever
    //   that is moved. In `Handled` this stands after the registration, and here it is declared
    //   before it. Who allocates vectors as well can free it before: a known hole.
    let request =
        unsafe { mem::transmute::<IrqRequest<'_>, IrqRequest<'static>>(vectors.index(0)?.into()) };
    let handler: Result<H> = Ok(handler);
    // SAFETY: The registration is not leaked.
    // - `DeviceBound`: devres owns it, and drops it before the device is unbound.
    let registration = unsafe { ThreadedRegistration::new(request, Flags::SHARED, name, handler) };

    // INVARIANT: The registration is of the vector of `vectors`, and stands before it.
    devres::register(
        bound.as_ref(),
        try_pin_init!(Handled {
            registration <- registration,
            vectors,
        }),
        GFP_KERNEL,
    )
}

/// What the device keeps while it is bound.
///
/// # Invariants
///
/// `registration` is of a vector of `vectors`, and stands before it, so that it is dropped first.
#[pin_data]
struct Handled<H: ThreadedHandler + 'static> {
    #[pin]
    registration: ThreadedRegistration<'static, H>,
    vectors: IrqVectorRegistration<'static>,
}

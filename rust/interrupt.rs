// SPDX-License-Identifier: GPL-2.0

//! The interrupt of a device that shares memory.
//!
//! C header: `include/linux/interrupt.h`

use core::mem;
use kernel::{
    device::Bound,
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

/// Has `handler` handle the interrupt of a PCI function, until that is unbound from its driver.
///
/// The kernel crate's [`ThreadedRegistration`] has a driver promise that it is never leaked, which
/// a driver without `unsafe` cannot: here it is the device's own. Its interrupt is an MSI where it
/// has one.
///
/// # Errors
///
/// Those of the kernel's `pci_alloc_irq_vectors()` and `request_threaded_irq()`, and [`ENOMEM`].
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
    pdev: &pci::Device<Bound>,
    name: &'static CStr,
    handler: H,
) -> Result {
    // SAFETY:
    // - `AbiLayout`: only the lifetime of the type differs.
    // - `DeviceBound`: what is made of it is dropped, below, before the device is unbound.
    let bound = unsafe { mem::transmute::<&pci::Device<Bound>, &'static pci::Device<Bound>>(pdev) };
    let vectors = bound.alloc_irq_vectors(1, 1, IrqTypes::all())?;
    // SAFETY:
    // - `AbiLayout`: only the lifetime of the type differs.
    // - `DeviceBound`: the vector is there until `vectors` is dropped, which is after the
    //   registration.
    let request =
        unsafe { mem::transmute::<IrqRequest<'_>, IrqRequest<'static>>(vectors.index(0)?.into()) };
    let handler: Result<H> = Ok(handler);
    // SAFETY:
    // - `DeviceBound`: it is not leaked: the device drops it when it is unbound.
    let registration = unsafe { ThreadedRegistration::new(request, Flags::SHARED, name, handler) };

    devres::register(
        pdev.as_ref(),
        try_pin_init!(Handled {
            registration <- registration,
            vectors,
        }),
        GFP_KERNEL,
    )
}

/// What the device keeps while it is bound.
#[pin_data]
struct Handled<H: ThreadedHandler + 'static> {
    // Dropped first.
    #[pin]
    registration: ThreadedRegistration<'static, H>,
    vectors: IrqVectorRegistration<'static>,
}

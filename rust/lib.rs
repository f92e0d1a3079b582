// SPDX-License-Identifier: GPL-2.0

//! Share vmalloc memory with programs through `mmap(2)`.
//!
//! An [`Area`] is memory that the driver and any number of programs see at the same time. It is
//! made of large folios if there are any, is mapped when it is touched, and is refcounted. Its
//! [`Flags`] say what its mappings may do. A driver needs no `unsafe`, because [`Area::mmap`] takes
//! a [`Mapping`], which only an mmap hook has.
//!
//! # A whole driver
//!
//! Each open file of `/dev/scratch` has a page of its own, which all processes share that have the
//! file. `ioctl` counts the zero bytes that a program has left in the page.
//!
//! ```ignore
//! use kernel::{
//!     fs::File,
//!     io::io_read,
//!     miscdevice::MiscDeviceOptions,
//!     prelude::*,
//! };
//! use vmremap::{Area, Flags, Mapping, MiscArgs, MiscDevice, MiscDeviceRegistration};
//!
//! module! {
//!     type: ScratchModule,
//!     name: "scratch",
//!     authors: ["You"],
//!     description: "A page for every opener",
//!     license: "GPL",
//! }
//!
//! #[pin_data]
//! struct ScratchModule {
//!     #[pin]
//!     device: MiscDeviceRegistration<Scratch>,
//! }
//!
//! impl kernel::InPlaceModule for ScratchModule {
//!     fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
//!         let options = MiscDeviceOptions { name: c"scratch" };
//!         try_pin_init!(Self {
//!             device <- MiscDeviceRegistration::register(options, ()),
//!         })
//!     }
//! }
//!
//! struct Scratch {
//!     page: Area<[u8]>,
//! }
//!
//! #[vtable]
//! impl MiscDevice for Scratch {
//!     type Ptr = KBox<Self>;
//!     type RegistrationData = ();
//!
//!     fn open(_: MiscArgs<'_, Self>) -> Result<KBox<Self>> {
//!         let page = Area::<u8>::zeroed_slice(4096, Flags::NONE)?;
//!         Ok(KBox::new(Self { page }, GFP_KERNEL)?)
//!     }
//!
//!     fn mmap(me: &Self, _file: &File, mapping: &Mapping<'_>) -> Result {
//!         me.page.mmap(mapping, mapping.page_offset())
//!     }
//!
//!     fn ioctl(me: &Self, _file: &File, _cmd: u32, _arg: usize) -> Result<isize> {
//!         let mut zeros = 0;
//!         for i in 0..me.page.len() {
//!             if io_read!(&me.page, [try: i]) == 0 {
//!                 zeros += 1;
//!             }
//!         }
//!         Ok(zeros)
//!     }
//! }
//! ```
//!
//! # What a driver does with an area
//!
//! **Share it.** An area is of any type of which any bytes are a value. A program maps it, and each
//! side sees what the other writes, field by field:
//!
//! ```
//! use kernel::io::{io_read, io_write};
//! use vmremap::{Area, Flags, Mapping};
//!
//! #[repr(C)]
//! #[derive(FromBytes, IntoBytes)]
//! struct Settings {
//!     rate: u32,
//!     gain: u32,
//! }
//!
//! // What `MiscDevice::mmap` does.
//! fn mmap(settings: &Area<Settings>, mapping: &Mapping<'_>) -> Result {
//!     settings.mmap(mapping, mapping.page_offset())
//! }
//!
//! let settings = Area::<Settings>::zeroed(Flags::NONE)?;
//! io_write!(&settings, .rate, 48000);
//! let gain = io_read!(&settings, .gain); // whatever a program has written there: check this copy
//! assert_eq!(gain, 0);
//! # Ok::<(), Error>(())
//! ```
//!
//! **Order it.** If one side waits for the other, access the field that says so with an ordering,
//! by a view of it. A program's C11 atomics are its other half:
//!
//! ```
//! use kernel::{
//!     io::{io_project, io_write},
//!     sync::atomic::{Acquire, Release},
//! };
//! use vmremap::{Area, Flags};
//!
//! #[repr(C)]
//! #[derive(FromBytes, IntoBytes)]
//! struct Ring {
//!     head: u32, // how many the program has read
//!     tail: u32, // how many the driver has written
//!     samples: [u64; 64],
//! }
//!
//! fn push(ring: &Area<Ring>, written: u32, sample: u64) -> Result<u32> {
//!     let read = io_project!(ring, .head).load(Acquire);
//!     if written.wrapping_sub(read) >= 64 {
//!         return Err(EAGAIN);
//!     }
//!     io_write!(ring, .samples[try: written as usize % 64], sample);
//!     let written = written.wrapping_add(1);
//!     io_project!(ring, .tail).store(written, Release);
//!     Ok(written)
//! }
//!
//! let ring = Area::<Ring>::zeroed(Flags::NONE)?;
//! assert_eq!(push(&ring, 0, 7), Ok(1));
//! assert_eq!(push(&ring, 64, 7), Err(EAGAIN));
//! # Ok::<(), Error>(())
//! ```
//!
//! **Have a device access it.** A `DmaArea` maps an area for a device's DMA until that is unbound,
//! as the kernel crate's `dma::Coherent` is memory of one device. It knows who owns the memory:
//!
//! ```
//! use kernel::{
//!     device::{Bound, Device},
//!     dma::DataDirection,
//! };
//! use vmremap::{Area, DmaArea, Flags};
//!
//! fn probe(dev: &Device<Bound>) -> Result<DmaArea<[u8]>> {
//!     let frame = Area::<u8>::zeroed_slice(1 << 20, Flags::REVOCABLE)?;
//!     DmaArea::new(dev, frame, DataDirection::FromDevice)
//! }
//!
//! fn start(frame: &DmaArea<[u8]>) -> Result {
//!     frame.sync_for_device()?;
//!     // Tell the device of each `entry.dma_address()` and `entry.dma_len()` of `frame.iter()`.
//!     Ok(())
//! }
//!
//! fn interrupt(frame: &DmaArea<[u8]>) -> Result {
//!     // Now a program sees in its mapping what the device has written.
//!     frame.sync_for_cpu()
//! }
//! # Ok::<(), Error>(())
//! ```
//!
//! **Take it back**, from programs, where the area is [`Flags::REVOCABLE`]: for a while, to check
//! bytes and use them in place, or for ever, when the device is gone:
//!
//! ```
//! use vmremap::{Area, Flags};
//!
//! let mut commands = Area::<u32>::zeroed_slice(1000, Flags::REVOCABLE)?;
//! {
//!     let frozen = commands.freeze()?;
//!     // An ordinary slice, which no program can change: one that tries waits.
//!     assert!(frozen.iter().all(|&command| command < 16));
//! }
//! // A touch raises SIGBUS from now on.
//! commands.revoke()?;
//! # Ok::<(), Error>(())
//! ```
//!
//! To freeze an area takes a `&mut Area`, which a driver that shares the area has in a lock. An
//! mmap hook does not take that lock: it maps by a [`WeakArea`].
//!
//! # What is safe about it
//!
//! Whatever a program does with its mapping, the driver sees different values, but never undefined
//! behaviour. `docs/contract.md` says why, and each `SAFETY` comment here cites its clauses. One
//! thing is left to the driver: each read can return a different value, so it must check the value
//! that it then uses.

// What a `SAFETY` comment says is about one operation.
#![warn(clippy::multiple_unsafe_ops_per_block)]

#[path = "../bindings/mod.rs"]
mod bindings;

mod area;
mod assert;
mod atomic;
mod bulk;
mod dma;
#[cfg(CONFIG_DMA_SHARED_BUFFER)]
mod dma_buf;
mod flags;
mod frozen;
mod handle;
#[cfg(CONFIG_PCI)]
mod interrupt;
mod mapping;
mod miscdevice;
mod poll;
mod view;

pub use area::Area;
pub use dma::DmaArea;
#[cfg(CONFIG_DMA_SHARED_BUFFER)]
pub use dma_buf::DmaBuf;
pub use flags::Flags;
pub use frozen::Frozen;
pub use handle::WeakArea;
#[cfg(CONFIG_PCI)]
pub use interrupt::handle_interrupt;
pub use mapping::Mapping;
pub use miscdevice::{
    MiscArgs,
    MiscDevice,
    MiscDeviceRegistration, //
};
pub use poll::PollEvents;
pub use view::{
    SharedMem,
    SharedMemBackend, //
};

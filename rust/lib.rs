// SPDX-License-Identifier: GPL-2.0

//! Share vmalloc memory with programs through `mmap(2)`.
//!
//! An [`Area`] is memory that the driver and any number of programs see at the same time. It
//! consists of large folios if the kernel can allocate them, is mapped on page faults, and is
//! refcounted. Its [`Flags`] say what its mappings may do. A driver needs no `unsafe`, because
//! [`Area::mmap`] takes a [`Mapping`], which only an mmap hook gets.
//!
//! # A complete driver
//!
//! Each open file of `/dev/scratch` has its own page. If several processes have the file, they
//! share this page. `ioctl` counts the zero bytes in the page.
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
//! **Share it.** An area holds a value of any type for which any bytes are valid. A program maps
//! it, and each side sees what the other writes, field by field:
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
//! **Order accesses.** If one side waits for the other, it waits for a field to change. Access this
//! field through a view, with an ordering; the program uses C11 atomics:
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
//! **Let a device access it.** A [`DmaArea`] maps an area for the DMA of a device, until the device
//! is unbound. It keeps track of whether the device or the CPU owns the memory:
//!
//! ```
//! use kernel::{
//!     device::{Core, Device},
//!     dma::DataDirection,
//! };
//! use vmremap::{Area, DmaArea, Flags};
//!
//! fn probe(dev: &Device<Core<'_>>) -> Result<DmaArea<[u8]>> {
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
//! **Take it back** from programs, if the area is [`Flags::REVOCABLE`]. Freeze it for a while, to
//! check bytes and use them in place, or revoke it for good, when the device is gone:
//!
//! ```
//! use vmremap::{Area, Flags};
//!
//! let mut commands = Area::<u32>::zeroed_slice(1000, Flags::REVOCABLE)?;
//! {
//!     let frozen = commands.freeze()?;
//!     // An ordinary slice. A program that accesses the memory now waits for `frozen`.
//!     assert!(frozen.iter().all(|&command| command < 16));
//! }
//! // From now on, an access by a program raises SIGBUS.
//! commands.revoke()?;
//! # Ok::<(), Error>(())
//! ```
//!
//! Freezing takes a `&mut Area`, so a driver that shares the area keeps it in a lock. An mmap hook
//! does not take this lock: it maps the memory through a [`WeakArea`].
//!
//! # Safety of drivers
//!
//! Whatever a program does with its mapping, it can only make the driver read other values. It
//! cannot cause undefined behaviour. Except for a few known holes, nor can a driver that compiles
//! with `#![forbid(unsafe_code)]`. Put this attribute at the top of your driver: code can do harm
//! without the word `unsafe`, for instance by `#[link_section]`. `docs/contract.md` says why, and
//! each `SAFETY` comment here names clauses of that page. One thing is left to the driver: two
//! reads can return different values, so it must read a value once, and check and use that copy.

// So that each `SAFETY` comment is about one operation.
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
#[cfg(CONFIG_DMA_SHARED_BUFFER)]
mod importer;
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
#[cfg(CONFIG_DMA_SHARED_BUFFER)]
pub use importer::DmaBufImporter;
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

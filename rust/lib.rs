// SPDX-License-Identifier: GPL-2.0

//! Share vmalloc memory with programs through `mmap(2)`.
//!
//! An [`Area`] is memory that the driver and any number of programs see at the same time. It is
//! made of large folios if there are any, is mapped when it is touched, and is refcounted. Its
//! [`Flags`] say what its mappings may do. A driver needs no `unsafe`, because [`Area::mmap`] takes
//! a [`VmaNew`], which only an `mmap` callback has.
//!
//! [`VmaNew`]: kernel::mm::virt::VmaNew
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
//!     miscdevice::{self, MiscDevice, MiscDeviceOptions},
//!     mm::virt::VmaNew,
//!     prelude::*,
//! };
//! use vmremap::{Area, Flags, MiscDeviceRegistration, VmaNewExt};
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
//!         try_pin_init!(Self {
//!             device <- MiscDeviceRegistration::register(MiscDeviceOptions { name: c"scratch" }),
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
//!
//!     fn open(_: &File, _: &miscdevice::MiscDeviceRegistration<Self>) -> Result<KBox<Self>> {
//!         let page = Area::<u8>::zeroed_slice(4096, Flags::NONE)?;
//!         Ok(KBox::new(Self { page }, GFP_KERNEL)?)
//!     }
//!
//!     fn mmap(me: &Self, _file: &File, vma: &VmaNew) -> Result {
//!         me.page.mmap(vma, vma.page_offset())
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
mod atomic;
mod bulk;
#[cfg(CONFIG_DMA_NEED_SYNC)]
mod dma;
mod flags;
mod frozen;
#[cfg(CONFIG_PCI)]
mod interrupt;
mod miscdevice;
mod pages;
mod vma;

pub use area::Area;
pub use atomic::{
    AtomicCount,
    AtomicField,
    AtomicView, //
};
#[cfg(CONFIG_DMA_NEED_SYNC)]
pub use dma::DmaArea;
pub use flags::Flags;
pub use frozen::Frozen;
#[cfg(CONFIG_PCI)]
pub use interrupt::handle_interrupt;
pub use miscdevice::{
    MiscDeviceRegistration,
    SharedDevice,
    SharedDeviceRegistration, //
};
pub use vma::VmaNewExt;

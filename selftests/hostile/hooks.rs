// SPDX-License-Identifier: GPL-2.0

//! What a driver's file operations can do, when a program asks for it: `selftests/hostile.c` does.
//!
//! Both devices do the same, one by `mmap` and one by `mmap_prepare`. The offset of `mmap(2)` says
//! what happens in the hook.

use crate::{
    dma_buf::ExportAtEnd,
    registration::Inner,
    Function, //
};
use core::mem;
use kernel::{
    dma::DataDirection,
    fs::{
        file::flags::O_RDWR,
        File,
        Kiocb, //
    },
    iov::{
        IovIterDest,
        IovIterSource, //
    },
    new_mutex,
    new_poll_condvar,
    page::PAGE_SIZE,
    prelude::*,
    sync::{
        poll::PollCondVar,
        Arc,
        Mutex, //
    },
    uaccess::UserSlice, //
};
use vmremap::{
    Area,
    DmaArea,
    DmaBufImporter,
    Flags,
    Mapping,
    MiscArgs,
    MiscDevice,
    MiscDeviceRegistration,
    PollEvents,
    WeakArea, //
};

/// How large the area of a file is.
const LEN: usize = 16 * PAGE_SIZE;

// What a hook does.
const PLAIN: usize = 0;
const FREEZE_AFTER: usize = 1;
const FREEZE_BEFORE: usize = 2;
const REVOKE_AFTER: usize = 3;
const REPLACE_AFTER: usize = 4;
const FAIL_AFTER: usize = 5;
const WEAK: usize = 6;
const WEAK_FROZEN: usize = 7;
const WEAK_AFTER_DROP: usize = 8;
const WEAK_REFUSED: usize = 9;

// What `ioctl` does.
const SET: u32 = 0x100;
const DROP: u32 = 0x101;
const OVERLAP: u32 = 0x102;
const SYNC: u32 = 0x103;
const REGISTER: u32 = 0x104;
const UNREGISTER: u32 = 0x105;
const FREEZE: u32 = 0x106;
const EXPORT_AT_END: u32 = 0x107;
const EXPORT_RESULT: u32 = 0x108;
const HOLD: u32 = 0x109;
const RELEASE: u32 = 0x10a;

// What `read_iter` and `write_iter` return, by the position in the file.
const QUEUED: i64 = 0;
const ONE_MORE: i64 = 1;
const QUEUED_AS_COUNT: i64 = 2;

/// Returns what a driver says that it has transferred.
fn transferred(position: i64, len: usize) -> Result<usize> {
    match position {
        QUEUED => Err(EIOCBQUEUED),
        ONE_MORE => Ok(len + 1),
        QUEUED_AS_COUNT => Ok(EIOCBQUEUED.to_errno() as usize),
        _ => Ok(len),
    }
}

/// What a registration and its files have, also when the device is gone.
#[pin_data]
pub(crate) struct Shared {
    dma: DmaArea<[u8]>,
    importer: DmaBufImporter,
    #[pin]
    held: Mutex<bool>,
    #[pin]
    inner: Mutex<Option<Pin<KBox<MiscDeviceRegistration<Inner>>>>>,
    #[pin]
    pub(crate) changed: PollCondVar,
}

impl Shared {
    pub(crate) fn new(pdev: &Function<'_>) -> Result<Arc<Self>> {
        let area = Area::<u8>::zeroed_slice(LEN, Flags::NONE)?;

        Arc::pin_init(
            try_pin_init!(Self {
                dma: DmaArea::new(pdev.as_ref(), area, DataDirection::Bidirectional)?,
                importer: DmaBufImporter::new(pdev.as_ref())?,
                held <- new_mutex!(false),
                inner <- new_mutex!(None),
                changed <- new_poll_condvar!(),
            }),
            GFP_KERNEL,
        )
    }

    /// Maps an area as a dma-buf until a program releases it.
    fn hold(&self, area: Area<[u8]>) -> Result {
        let dma_buf = area.dma_buf(O_RDWR)?;

        self.importer
            .map(&dma_buf, DataDirection::Bidirectional, |_| {
                let mut held = self.held.lock();

                *held = true;
                while *held {
                    self.changed.wait(&mut held);
                }
            })
    }

    fn release(&self) {
        *self.held.lock() = false;
        self.changed.notify_all();
    }
}

/// An open file.
#[pin_data]
pub(crate) struct Opened {
    shared: Arc<Shared>,
    weak: WeakArea,
    #[pin]
    area: Mutex<Option<Area<[u8]>>>,
    // Another area, whose lock no hook takes.
    apart: WeakArea,
    #[pin]
    locked: Mutex<Option<Area<[u8]>>>,
    #[pin]
    at_end: Mutex<Option<ExportAtEnd>>,
}

impl Opened {
    fn new(shared: &Arc<Shared>) -> Result<Pin<KBox<Self>>> {
        let area = Area::<u8>::zeroed_slice(LEN, Flags::REVOCABLE | Flags::POPULATE)?;
        let other = Area::<u8>::zeroed_slice(LEN, Flags::REVOCABLE)?;

        KBox::pin_init(
            try_pin_init!(Self {
                shared: shared.clone(),
                weak: area.downgrade(),
                area <- new_mutex!(Some(area)),
                apart: other.downgrade(),
                locked <- new_mutex!(Some(other)),
                at_end <- new_mutex!(None),
            }),
            GFP_KERNEL,
        )
    }

    fn mmap(&self, mapping: &Mapping<'_>) -> Result {
        if mapping.page_offset() == WEAK {
            return self.apart.mmap(mapping, 0);
        }
        let mut slot = self.area.lock();
        let area = (*slot).as_mut().ok_or(ENODEV)?;

        match mapping.page_offset() {
            PLAIN => area.mmap(mapping, 0),
            FREEZE_AFTER => {
                area.mmap(mapping, 0)?;
                mem::forget(area.freeze()?);
                Ok(())
            }
            FREEZE_BEFORE => {
                mem::forget(area.freeze()?);
                area.mmap(mapping, 0)
            }
            REVOKE_AFTER => {
                area.mmap(mapping, 0)?;
                area.revoke()
            }
            REPLACE_AFTER => {
                area.mmap(mapping, 0)?;
                *slot = None;
                Ok(())
            }
            FAIL_AFTER => {
                area.mmap(mapping, 0)?;
                Err(EPROTO)
            }
            WEAK_FROZEN => {
                let mut frozen = area.freeze()?;

                self.weak.mmap(mapping, 0)?;
                frozen.fill(2);
                Ok(())
            }
            WEAK_AFTER_DROP => {
                *slot = None;
                self.weak.mmap(mapping, 0)
            }
            WEAK_REFUSED => {
                area.mmap(mapping, 0)?;
                *slot = None;
                match self.weak.mmap(mapping, 0) {
                    Err(EFAULT) => Ok(()),
                    _ => Err(EPROTO),
                }
            }
            _ => Err(ENXIO),
        }
    }

    /// Copies from a program under the lock that it needs to freeze the area. Returns how many
    /// frozen bytes have changed meanwhile.
    fn freeze(&self, arg: usize) -> Result<isize> {
        let mut slot = self.locked.lock();
        let area = (*slot).as_mut().ok_or(ENODEV)?;
        let user = UserSlice::new(UserPtr::from_addr(arg), LEN);

        // Each page is a fault, which takes the mmap lock.
        area.bytes().copy_from_user(0, LEN, &mut user.reader())?;
        let mut frozen = area.freeze()?;
        let mut changed = 0;
        for round in 1..8 {
            frozen.fill(round);
            changed += frozen.iter().filter(|&&byte| byte != round).count();
        }
        Ok(changed as isize)
    }

    fn ioctl(&self, cmd: u32, arg: usize) -> Result<isize> {
        match cmd {
            SET => {
                let area = self.area.lock().as_ref().ok_or(ENODEV)?.clone();

                area.bytes().write_at(0, &[arg as u8])?;
                let other = self.locked.lock().as_ref().ok_or(ENODEV)?.clone();

                other.bytes().write_at(0, &[arg as u8])?;
            }
            DROP => {
                drop(self.area.lock().take());
                drop(self.locked.lock().take());
            }
            OVERLAP => {
                let area = self.area.lock().as_ref().ok_or(ENODEV)?.clone();
                let user = || UserSlice::new(UserPtr::from_addr(arg), LEN - 8);

                area.bytes()
                    .copy_from_user(8, LEN - 8, &mut user().reader())?;
                area.bytes()
                    .copy_to_user(8, LEN - 8, &mut user().writer())?;
            }
            SYNC => {
                let device = self.shared.dma.sync_for_device();

                if self.shared.dma.sync_for_cpu() != device {
                    return Err(EPROTO);
                }
                device?;
            }
            REGISTER => {
                let registration = Inner::register(self.shared.clone())?;

                *self.shared.inner.lock() = Some(registration);
            }
            FREEZE => return self.freeze(arg),
            EXPORT_AT_END => {
                let area = self.area.lock().as_ref().ok_or(ENODEV)?.clone();

                *self.at_end.lock() = Some(ExportAtEnd(area));
            }
            HOLD => {
                let area = self.area.lock().as_ref().ok_or(ENODEV)?.clone();

                self.shared.hold(area)?;
            }
            RELEASE => self.shared.release(),
            EXPORT_RESULT => return Ok(ExportAtEnd::result() as isize),
            UNREGISTER => {
                let registration = self.shared.inner.lock().take();

                drop(registration);
                self.shared.changed.notify_all();
            }
            _ => return Err(ENOTTY),
        }
        Ok(0)
    }
}

pub(crate) struct Hostile;

#[vtable]
impl MiscDevice for Hostile {
    type Ptr = Pin<KBox<Opened>>;
    type RegistrationData = Arc<Shared>;

    fn open(args: MiscArgs<'_, Self>) -> Result<Pin<KBox<Opened>>> {
        Opened::new(args.data)
    }

    fn mmap(me: Pin<&Opened>, _: &File, mapping: &Mapping<'_>) -> Result {
        me.mmap(mapping)
    }

    fn read_iter(kiocb: Kiocb<'_, Self::Ptr>, iov: &mut IovIterDest<'_>) -> Result<usize> {
        transferred(kiocb.ki_pos(), iov.len())
    }

    fn write_iter(kiocb: Kiocb<'_, Self::Ptr>, iov: &mut IovIterSource<'_>) -> Result<usize> {
        transferred(kiocb.ki_pos(), iov.len())
    }

    fn ioctl(me: Pin<&Opened>, _: &File, cmd: u32, arg: usize) -> Result<isize> {
        me.ioctl(cmd, arg)
    }
}

pub(crate) struct Prepared;

#[vtable]
impl MiscDevice for Prepared {
    type Ptr = Pin<KBox<Opened>>;
    type RegistrationData = Arc<Shared>;

    fn open(args: MiscArgs<'_, Self>) -> Result<Pin<KBox<Opened>>> {
        Opened::new(args.data)
    }

    fn mmap_prepare(me: Pin<&Opened>, _: &File, mapping: &Mapping<'_>) -> Result {
        me.mmap(mapping)
    }

    fn poll_condvar<'a>(me: &'a Pin<&Opened>) -> &'a PollCondVar {
        &me.shared.changed
    }

    fn poll(_: Pin<&Opened>, _: &File) -> PollEvents {
        PollEvents::NONE
    }

    fn ioctl(me: Pin<&Opened>, _: &File, cmd: u32, arg: usize) -> Result<isize> {
        me.ioctl(cmd, arg)
    }
}

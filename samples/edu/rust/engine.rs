// SPDX-License-Identifier: GPL-2.0

//! The device: its registers, its engine, its interrupt, and the memory that it shares.

#![forbid(unsafe_code)]

use crate::{
    module_parameters,
    uapi, //
};
use kernel::{
    device::Core,
    dma::{
        DataDirection,
        DmaAddress, //
    },
    io::Io,
    irq::{
        IrqReturn,
        ThreadedHandler,
        ThreadedIrqReturn, //
    },
    new_mutex,
    new_poll_condvar,
    pci::{
        self,
        DevresBar, //
    },
    prelude::*,
    scatterlist::{
        SGEntry,
        SGTable, //
    },
    sync::{
        lock::{
            mutex::MutexBackend,
            Guard, //
        },
        poll::PollCondVar,
        Arc,
        Mutex, //
    },
    time::{
        delay::fsleep,
        Delta, //
    }, //
};
use vmremap::{
    Area,
    DmaArea,
    DmaBuf,
    DmaBufImporter,
    Flags,
    Mapping, //
};

// Registers, and the device's address of its buffer. QEMU's docs/specs/edu.rst describes all.
const IRQ_STATUS: usize = 0x24;
const IRQ_ACK: usize = 0x64;
const DMA_FROM: usize = 0x80;
const DMA_TO: usize = 0x88;
const DMA_BYTES: usize = 0x90;
const DMA_COMMAND: usize = 0x98;
const END: usize = 0xa0;
const DMA_START: u64 = 1 << 0;
const DMA_FROM_DEVICE: u64 = 1 << 1;
const DMA_IRQ: u64 = 1 << 2;
const BUFFER: u64 = 0x40000;

/// The state of the engine.
struct State {
    busy: bool,
    unplugged: bool,
    /// The device cannot access memory any more.
    cut_off: bool,
}

/// The device. The driver holds a reference until the device is unplugged, and each open file holds
/// one, so that open files can still return `ENODEV`.
#[pin_data]
pub(crate) struct Edu {
    memory: Area<[u8]>,
    bar: DevresBar<END>,
    dma: DmaArea<[u8]>,
    importer: DmaBufImporter,
    #[pin]
    state: Mutex<State>,
    #[pin]
    pub(crate) stopped: PollCondVar,
}

impl Edu {
    pub(crate) fn new(pdev: &pci::Device<Core<'_>>) -> Result<Arc<Self>> {
        let memory = Area::<u8>::zeroed_slice(uapi::VMREMAP_EDU_BYTES as usize, Flags::REVOCABLE)?;
        let bar = pdev.iomap_region_sized::<END>(0, c"vmremap_edu_rust")?;
        let shared = memory.clone();
        let state = State {
            busy: false,
            unplugged: false,
            cut_off: false,
        };

        let dma = DmaArea::new(pdev.as_ref(), shared, DataDirection::Bidirectional)?;

        if !dma.iter().all(reaches) {
            pr_err!("dma_mask is too small for this memory\n");
            return Err(EIO);
        }
        Arc::pin_init(
            try_pin_init!(Self {
                memory,
                bar: bar.into_devres()?,
                dma,
                importer: DmaBufImporter::new(pdev.as_ref())?,
                state <- new_mutex!(state),
                stopped <- new_poll_condvar!(),
            }),
            GFP_KERNEL,
        )
    }

    /// Waits until no copy runs. A copy from before an unplug may still run, but has no access to
    /// memory.
    pub(crate) fn wait_idle(&self) -> Result {
        const A_MOMENT: Delta = Delta::from_millis(1);

        for _ in 0..5000 {
            let bar = self.bar.try_access().ok_or(ENODEV)?;
            let command = bar.try_read64(DMA_COMMAND)?;

            drop(bar);
            // A device that is gone returns only ones.
            if command == u64::MAX {
                return Err(ENODEV);
            }
            if command & DMA_START == 0 {
                self.acknowledge();
                return Ok(());
            }
            fsleep(A_MOMENT);
        }
        Err(ETIMEDOUT)
    }

    /// Copies between the memory and the device's buffer.
    pub(crate) fn start(&self, copy: uapi::Copy) -> Result {
        check(copy, uapi::VMREMAP_EDU_BYTES as usize)?;
        let mut state = self.idle()?;

        // The device owns the memory from here on until the interrupt.
        self.dma.sync_for_device()?;
        self.command(copy, address(&self.dma, copy).ok_or(ENODEV)?, DMA_IRQ)?;
        state.busy = true;
        Ok(())
    }

    /// Copies between a dma-buf of the program and the device's buffer, and waits until the engine
    /// has stopped.
    pub(crate) fn import(&self, fd: u32, copy: uapi::Copy) -> Result {
        let dma_buf = DmaBuf::from_fd(fd)?;
        let [.., from_device] = copy;
        let direction = match from_device {
            0 => DataDirection::ToDevice,
            _ => DataDirection::FromDevice,
        };

        check(copy, dma_buf.size())?;
        // Do not hold the lock: other calls take it, and mapping may wait for other drivers.
        self.idle()?.busy = true;
        let copied = self.importer.map(&dma_buf, direction, |table| {
            self.command(copy, address(table, copy).ok_or(EINVAL)?, 0)?;
            self.wait_stopped()
        });

        self.state.lock().busy = false;
        self.stopped.notify_all();
        // The device was unplugged after the look at the state.
        copied.map_err(|err| if err == ENXIO { ENODEV } else { err })?
    }

    /// Waits until the engine does not access memory any more.
    fn wait_stopped(&self) -> Result {
        loop {
            match self.wait_idle() {
                Err(ETIMEDOUT) if !self.state.lock().cut_off => {}
                stopped => return stopped,
            }
        }
    }

    /// Returns the state, locked, if a copy can start.
    fn idle(&self) -> Result<Guard<'_, State, MutexBackend>> {
        let state = self.state.lock();

        if state.unplugged {
            return Err(ENODEV);
        }
        if state.busy {
            return Err(EBUSY);
        }
        Ok(state)
    }

    /// Starts a copy from or to the DMA address `addr`. `flags` is `DMA_IRQ`, or 0.
    fn command(&self, [_, bytes, from_device]: uapi::Copy, addr: DmaAddress, flags: u64) -> Result {
        let bar = self.bar.try_access().ok_or(ENODEV)?;
        let (from, to, direction) = match from_device {
            0 => (addr, BUFFER, 0),
            _ => (BUFFER, addr, DMA_FROM_DEVICE),
        };
        // Checked at run time, because the kernel crate can prove that an access to a BAR is
        // aligned only for up to 32 bits.
        bar.try_write64(from, DMA_FROM)?;
        bar.try_write64(to, DMA_TO)?;
        bar.try_write64(bytes.into(), DMA_BYTES)?;
        bar.try_write64(DMA_START | flags | direction, DMA_COMMAND)
    }

    /// Waits until the engine has stopped.
    pub(crate) fn wait(&self) -> Result {
        let mut state = self.state.lock();

        while state.busy && !state.unplugged {
            if self.stopped.wait_interruptible(&mut state) {
                return Err(EINTR);
            }
        }
        if state.unplugged {
            return Err(ENODEV);
        }
        Ok(())
    }

    /// Returns whether the engine has stopped, or an error if the device is gone.
    pub(crate) fn has_stopped(&self) -> Result<bool> {
        let state = self.state.lock();

        if state.unplugged {
            return Err(ENODEV);
        }
        Ok(!state.busy)
    }

    /// Maps the memory. Fails if the memory was revoked.
    pub(crate) fn mmap(&self, mapping: &Mapping<'_>) -> Result {
        self.memory.mmap(mapping, mapping.page_offset())
    }

    /// Makes each later call fail, because the device goes away.
    pub(crate) fn unplug(&self) {
        self.state.lock().unplugged = true;
    }

    /// Takes the memory back from programs, once the device cannot reach it.
    pub(crate) fn take_back(&self) {
        // Reading a register flushes the writes of the device to memory.
        self.acknowledge();
        self.state.lock().cut_off = true;
        self.stopped.notify_all();
        self.importer.end();
        if self.memory.revoke().is_err() {
            pr_err!("the memory cannot be revoked\n");
        }
    }

    /// Acknowledges an interrupt of the device. Returns whether there was one.
    fn acknowledge(&self) -> bool {
        let Some(bar) = self.bar.try_access() else {
            return false;
        };
        let status = bar.read32(IRQ_STATUS);

        if status != 0 {
            bar.write32(status, IRQ_ACK);
        }
        status != 0
    }
}

/// Checks the arguments of a copy between the device and `size` bytes of memory.
fn check([offset, bytes, from_device]: uapi::Copy, size: usize) -> Result {
    let most = uapi::VMREMAP_EDU_COPY_MAX;

    if bytes == 0
        || bytes > most.saturating_sub(offset % most)
        || from_device > 1
        || offset as usize >= size
    {
        return Err(EINVAL);
    }
    Ok(())
}

/// Returns whether the engine reaches this memory. The kernel believes that the device reaches
/// 4 GiB, because safe code cannot set a DMA mask.
fn reaches(entry: &SGEntry) -> bool {
    let more = entry.dma_len().saturating_sub(1);
    let last = entry.dma_address().checked_add(more);

    last.is_some_and(|last| last <= module_parameters::dma_mask.value())
}

/// Returns the DMA address of the bytes to copy. If they are not in one entry of the table, as some
/// exporters of dma-bufs may have it, or out of reach, the engine cannot copy them.
fn address(table: &SGTable, [offset, bytes, _]: uapi::Copy) -> Option<DmaAddress> {
    let mut offset = u64::from(offset);

    for entry in table.iter() {
        match offset.checked_sub(entry.dma_len()) {
            Some(rest) => offset = rest,
            None if offset + u64::from(bytes) > entry.dma_len() => return None,
            None if !reaches(entry) => return None,
            None => return entry.dma_address().checked_add(offset),
        }
    }
    None
}

/// The handler of the interrupt that the engine raises when it stops.
pub(crate) struct Interrupt {
    edu: Arc<Edu>,
}

impl Interrupt {
    pub(crate) fn new(edu: Arc<Edu>) -> Self {
        Self { edu }
    }
}

impl ThreadedHandler for Interrupt {
    fn handle(&self) -> ThreadedIrqReturn {
        match self.edu.acknowledge() {
            true => ThreadedIrqReturn::WakeThread,
            false => ThreadedIrqReturn::None,
        }
    }

    fn handle_threaded(&self) -> IrqReturn {
        let mut state = self.edu.state.lock();

        // A program that sees that the engine has stopped also sees what it has copied.
        if self.edu.dma.sync_for_cpu().is_ok() {
            state.busy = false;
        }
        self.edu.stopped.notify_all();
        IrqReturn::Handled
    }
}

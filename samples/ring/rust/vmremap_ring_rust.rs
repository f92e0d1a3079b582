// SPDX-License-Identifier: GPL-2.0

//! vmremap ring sample in Rust: a timer stores samples in a ring that a program has mapped, and
//! `poll(2)` waits for them. It is the same device as `samples/ring/vmremap_ring_c.c`.

#![forbid(unsafe_code)]

use kernel::{
    fs::File,
    impl_has_hr_timer,
    io::{io_project, io_write},
    miscdevice::MiscDeviceOptions,
    new_poll_condvar,
    prelude::*,
    sync::atomic::{Acquire, Atomic, Relaxed, Release},
    sync::poll::PollCondVar,
    sync::{Arc, ArcBorrow},
    time::{hrtimer::*, Delta, Monotonic},
};
use vmremap::{Area, Flags, Mapping, MiscArgs, MiscDevice, MiscDeviceRegistration, PollEvents};

module! {
    type: RingModule,
    name: "vmremap_ring_rust",
    authors: ["vmremap"],
    description: "vmremap sample: a timer that fills a ring",
    license: "GPL",
}

#[pin_data]
struct RingModule {
    #[pin]
    device: MiscDeviceRegistration<RingFile>,
}

impl kernel::InPlaceModule for RingModule {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        let name = c"vmremap-ring-rust";

        try_pin_init!(Self {
            device <- MiscDeviceRegistration::register(MiscDeviceOptions { name }, ()),
        })
    }
}

// These are the numbers and the struct of vmremap_ring.h.
const PERIOD: Delta = Delta::from_millis(1);
const SLOTS: u32 = 256;

#[repr(C)]
#[derive(FromBytes, IntoBytes)]
struct Shared {
    head: u32,
    tail: u32,
    lost: u32,
    samples: [[u32; 2]; SLOTS as usize], // number, value
}

/// The state of an open file. Only the timer writes the two counts. They are the driver's own,
/// because the program can write any number to the area.
#[pin_data]
struct Ring {
    area: Area<Shared>,
    periods: Atomic<u32>, // that have ended
    tail: Atomic<u32>,    // number of samples that were stored
    #[pin]
    readable: PollCondVar,
    #[pin]
    timer: HrTimer<Self>,
}

impl Ring {
    /// Returns how many samples the program has not read. If its head is wrong, so is the result.
    fn unread(&self, tail: u32) -> u32 {
        // Pairs with the program's release: it has read the samples below its head.
        tail.wrapping_sub(io_project!(&self.area, .head).load(Acquire))
    }

    /// Stores a sample, unless the ring is full. The program's head decides only that: the driver
    /// counts its own position, and takes that modulo the size of the ring.
    fn store(&self, number: u32) -> Result {
        let tail = self.tail.load(Relaxed);
        let sample = [number, number.wrapping_mul(0x9e37_79b1)];

        if self.unread(tail) >= SLOTS {
            io_write!(&self.area, .lost, number.wrapping_sub(tail));
            return Err(ENOSPC);
        }
        io_write!(&self.area, .samples[try: (tail % SLOTS) as usize], sample);
        let tail = tail.wrapping_add(1);
        io_write!(&self.area, .lost, number.wrapping_sub(tail));
        // Pairs with the program's acquire: it sees all that was written before the tail.
        io_project!(&self.area, .tail).store(tail, Release);
        self.tail.store(tail, Release); // pairs with `poll`
        Ok(())
    }
}

impl_has_hr_timer! {
    // Not a `HardMode`: on a real-time kernel, `notify_all` takes a lock that may sleep.
    impl HasHrTimer<Self> for Ring { mode: RelativeMode<Monotonic>, field: self.timer }
}

impl HrTimerCallback for Ring {
    type Pointer<'a> = Arc<Self>;

    // This runs in an interrupt: it must not sleep, so it must not allocate, map, revoke, freeze,
    // lock a `Mutex` or drop an `Arc`. If it is late, it stores only one sample, so that it takes
    // no longer than otherwise.
    fn run(ring: ArcBorrow<'_, Self>, mut ctx: HrTimerCallbackContext<'_, Self>) -> HrTimerRestart {
        let ended = ctx.forward_now(PERIOD) as u32;
        let periods = ring.periods.fetch_add(ended, Relaxed).wrapping_add(ended);

        if ring.store(periods).is_ok() {
            ring.readable.notify_all();
        }
        HrTimerRestart::Restart
    }
}

/// The private data of an open file. Dropping it first cancels the timer, which waits for `run`,
/// and then drops the rest. A mapping may remain: it keeps the area, but not this module.
struct RingFile {
    _timer: ArcHrTimerHandle<Ring>,
    ring: Arc<Ring>,
}

#[vtable]
impl MiscDevice for RingFile {
    type Ptr = KBox<Self>;
    type RegistrationData = ();

    fn open(_: MiscArgs<'_, Self>) -> Result<KBox<Self>> {
        let ring = try_pin_init!(Ring {
            area: Area::zeroed(Flags::DONT_COPY)?,
            periods: Atomic::new(0),
            tail: Atomic::new(0),
            readable <- new_poll_condvar!(),
            timer <- HrTimer::new(),
        });
        let ring = Arc::pin_init(ring, GFP_KERNEL)?;
        let _timer = ring.clone().start(PERIOD);

        Ok(KBox::new(Self { _timer, ring }, GFP_KERNEL)?)
    }

    fn poll_condvar<'a>(me: &'a &Self) -> &'a PollCondVar {
        &me.ring.readable
    }

    // The program is already registered, so a sample that is stored from now on wakes it.
    fn poll(me: &Self, _: &File) -> PollEvents {
        // Pairs with the release in `store`: a program that reads the ring sees this tail, too.
        match me.ring.unread(me.ring.tail.load(Acquire)) {
            1..=SLOTS => PollEvents::IN,
            _ => PollEvents::NONE,
        }
    }

    fn mmap(me: &Self, _: &File, mapping: &Mapping<'_>) -> Result {
        me.ring.area.mmap(mapping, mapping.page_offset())
    }
}

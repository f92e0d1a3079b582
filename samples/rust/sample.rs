// SPDX-License-Identifier: GPL-2.0

//! The two areas, and what the driver does with them.

#![forbid(unsafe_code)]

use crate::uapi::{
    self,
    vmremap_sample_control,
    vmremap_sample_rings, //
};
use kernel::{
    io::{
        io_project,
        io_read,
        io_write,
        Io, //
    },
    new_mutex,
    page::{
        PAGE_SHIFT,
        PAGE_SIZE, //
    },
    prelude::*,
    sync::{
        atomic::{
            Acquire,
            Relaxed,
            Release, //
        },
        barrier::{
            smp_mb,
            Write, //
        },
        Mutex, //
    }, //
};
use vmremap::{
    Area,
    Flags,
    Mapping,
    WeakArea, //
};

/// The page of the file where the data begins.
const DATA: usize = uapi::VMREMAP_SAMPLE_DATA as usize >> PAGE_SHIFT;

/// What an opener has, and shares with whoever inherits or is sent the file.
///
/// The lock keeps calls of the driver apart; nothing keeps a program from writing the data at any
/// time. The mmap hook takes no lock.
#[pin_data]
pub(crate) struct Sample {
    control: Area<vmremap_sample_control>,
    mappable: WeakArea,
    #[pin]
    locked: Mutex<Locked>,
}

struct Locked {
    data: Area<[u8]>,
    // The control page's own count, where no program sees it: the page only gets copies.
    sequence: u64,
}

impl Sample {
    /// Allocates the areas, the data of `size` bytes, and fills in the control page.
    pub(crate) fn new(size: usize) -> Result<Pin<KBox<Self>>> {
        let control = Area::zeroed(Flags::READ_ONLY)?;
        let data = Area::<u8>::zeroed_slice(size, Flags::REVOCABLE)?;
        let sample = KBox::pin_init(
            pin_init!(Self {
                control,
                mappable: data.downgrade(),
                locked <- new_mutex!(Locked { data, sequence: 0 }),
            }),
            GFP_KERNEL,
        )?;

        sample.publish(&mut sample.locked.lock(), 0);
        Ok(sample)
    }

    /// Maps what the program asks for: the offset in the file says which area is meant, and where
    /// in it. All else is vmremap's to check: the length, the protection, the policy.
    pub(crate) fn mmap(&self, mapping: &Mapping<'_>) -> Result {
        match mapping.page_offset() {
            offset @ DATA.. => self.mappable.mmap(mapping, offset - DATA),
            offset => self.control.mmap(mapping, offset),
        }
    }

    /// Fills the data with the pattern of `seed`.
    pub(crate) fn fill(&self, seed: u64) -> Result {
        let mut locked = self.locked.lock();

        for i in 0..locked.data.len() {
            io_write!(&locked.data, [try: i], uapi::byte(seed, i as u64));
            interruption_point(i)?;
        }
        let checksum = checksum(&locked.data)?;
        self.publish(&mut locked, checksum);
        Ok(())
    }

    /// Returns the checksum of the data as it is now.
    pub(crate) fn sum(&self) -> Result<u64> {
        let mut locked = self.locked.lock();
        let checksum = checksum(&locked.data)?;
        self.publish(&mut locked, checksum);
        Ok(checksum)
    }

    /// Returns how many bytes of the data differ from the pattern of `seed`.
    ///
    /// Frozen, the data is the driver's alone: what is checked is what is used.
    pub(crate) fn verify(&self, seed: u64) -> Result<u64> {
        let mut locked = self.locked.lock();
        let frozen = locked.data.freeze()?;
        let mut wrong = 0;

        for (i, byte) in frozen.iter().enumerate() {
            wrong = u64::wrapping_add(wrong, (*byte != uapi::byte(seed, i as u64)).into());
            interruption_point(i)?;
        }
        Ok(wrong)
    }

    /// Answers each request by its complement; returns how many there were.
    ///
    /// A program can write what it likes at both ends of the rings: so there is a limit to what one
    /// call does, and each place is counted modulo the size of the ring.
    pub(crate) fn echo(&self) -> Result<isize> {
        const MESSAGES: usize = uapi::MESSAGES as usize;

        let locked = self.locked.lock();
        let rings = locked.data.bytes().try_cast::<vmremap_sample_rings>()?;
        let shown_head = io_project!(rings, .requests.head);
        let shown_tail = io_project!(rings, .answers.tail);
        let mut head = shown_head.load(Relaxed);
        let mut answered = shown_tail.load(Relaxed);
        // The messages are there when the program says that there are so many.
        let tail = io_project!(rings, .requests.tail).load(Acquire);
        let count = tail.wrapping_sub(head).min(uapi::MESSAGES);

        for _ in 0..count {
            let message = io_read!(rings, .requests.messages[try: head as usize % MESSAGES]);

            // The program may use this place again.
            head = head.wrapping_add(1);
            shown_head.store(head, Release);
            io_write!(rings, .answers.messages[try: answered as usize % MESSAGES], !message);
            // The answer is there when the program sees that there is one more.
            answered = answered.wrapping_add(1);
            shown_tail.store(answered, Release);
        }
        Ok(count as isize)
    }

    /// Takes the data back from programs, for ever.
    pub(crate) fn revoke(&self) -> Result {
        self.locked.lock().data.revoke()
    }

    /// Writes the control page, which a program reads without a lock: an odd sequence tells it
    /// that the rest is being changed.
    fn publish(&self, locked: &mut Locked, checksum: u64) {
        let control = &self.control;
        let shown = io_project!(control, .sequence);
        let next = locked.sequence.wrapping_add(2);

        shown.store(locked.sequence.wrapping_add(1), Relaxed);
        // Readers that see a new value below must see the odd sequence, too.
        smp_mb(Write);
        io_write!(control, .bytes, locked.data.len() as u64);
        io_write!(control, .checksum, checksum);
        // Readers that see the even sequence must see the values above.
        shown.store(next, Release);

        locked.sequence = next;
    }
}

/// Returns the checksum of the data as it is now.
fn checksum(data: &Area<[u8]>) -> Result<u64> {
    let mut checksum = uapi::CHECKSUM_INIT;
    for i in 0..data.len() {
        checksum = uapi::checksum(checksum, io_read!(data, [try: i]));
        interruption_point(i)?;
    }
    Ok(checksum)
}

/// Lets a signal end work on many bytes.
fn interruption_point(i: usize) -> Result {
    if i % PAGE_SIZE == 0 && current!().signal_pending() {
        return Err(EINTR);
    }
    Ok(())
}

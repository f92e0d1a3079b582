// SPDX-License-Identifier: GPL-2.0

//! The two areas of an open file, and the operations on them.

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

/// The offset in the file at which the data begins, in pages.
const DATA: usize = uapi::VMREMAP_SAMPLE_DATA as usize >> PAGE_SHIFT;

/// The state of an open file, which several processes may share.
///
/// The lock serialises the ioctls; nothing keeps a program from writing the data at any time. The
/// mmap hook takes no lock, because it maps the data through a `WeakArea`.
#[pin_data]
pub(crate) struct Sample {
    control: Area<vmremap_sample_control>,
    mappable: WeakArea,
    #[pin]
    locked: Mutex<Locked>,
}

struct Locked {
    data: Area<[u8]>,
    // The driver keeps its own sequence, and only writes copies of it to the control page.
    sequence: u64,
}

impl Sample {
    /// Allocates the control page and `size` bytes of data, and fills in the control page.
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

    /// Maps an area: the offset in the file selects the area and a page in it. vmremap checks
    /// everything else: the length, the protection and the policy.
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
    /// While the data is frozen, no program can change it. So the driver can check it in place.
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

    /// Answers each request with its complement. Returns the number of answers.
    ///
    /// A program can write anything to head and tail of a ring. So the number of requests is
    /// limited, and each index is taken modulo the size of the ring.
    pub(crate) fn echo(&self) -> Result<isize> {
        const MESSAGES: usize = uapi::MESSAGES as usize;

        let locked = self.locked.lock();
        let rings = locked.data.bytes().try_cast::<vmremap_sample_rings>()?;
        let shown_head = io_project!(rings, .requests.head);
        let shown_tail = io_project!(rings, .answers.tail);
        let mut head = shown_head.load(Relaxed);
        let mut answered = shown_tail.load(Relaxed);
        // Pairs with the program's release: the messages below the tail are complete.
        let tail = io_project!(rings, .requests.tail).load(Acquire);
        let count = tail.wrapping_sub(head).min(uapi::MESSAGES);

        for _ in 0..count {
            let message = io_read!(rings, .requests.messages[try: head as usize % MESSAGES]);

            // The program may overwrite this message now.
            head = head.wrapping_add(1);
            shown_head.store(head, Release);
            io_write!(rings, .answers.messages[try: answered as usize % MESSAGES], !message);
            // Pairs with the program's acquire: the answer below the tail is complete.
            answered = answered.wrapping_add(1);
            shown_tail.store(answered, Release);
        }
        Ok(count as isize)
    }

    /// Takes the data back from programs for good.
    pub(crate) fn revoke(&self) -> Result {
        self.locked.lock().data.revoke()
    }

    /// Updates the control page, which programs read without a lock: an odd sequence tells them
    /// that the page is being changed.
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

/// Checks for a signal once a page, so that a signal ends a loop over many bytes.
fn interruption_point(i: usize) -> Result {
    if i % PAGE_SIZE == 0 && current!().signal_pending() {
        return Err(EINTR);
    }
    Ok(())
}

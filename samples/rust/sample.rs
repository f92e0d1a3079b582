// SPDX-License-Identifier: GPL-2.0

//! The two areas, and what the driver does with them.

#![forbid(unsafe_code)]

use crate::uapi::{
    self,
    vmremap_sample_control, //
};
use kernel::{
    io::{
        io_project,
        io_read,
        io_write, //
    },
    new_mutex,
    page::PAGE_SIZE,
    prelude::*,
    sync::{
        atomic::{
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
    AtomicView,
    Flags, //
};

/// What an opener has, and shares with whoever inherits or is sent the file.
///
/// The lock keeps calls of the driver apart; nothing keeps a program from writing the data at any
/// time.
#[pin_data]
pub(crate) struct Sample {
    pub(crate) control: Area<vmremap_sample_control>,
    pub(crate) data: Area<[u8]>,
    // The control page's own count, where no program sees it: the page only gets copies.
    #[pin]
    sequence: Mutex<u64>,
}

impl Sample {
    /// Allocates the areas, the data of `size` bytes, and fills in the control page.
    pub(crate) fn new(size: usize) -> Result<Pin<KBox<Self>>> {
        let control = Area::zeroed(Flags::READ_ONLY)?;
        let data = Area::<u8>::zeroed_slice(size, Flags::NONE)?;
        let sample = KBox::pin_init(
            pin_init!(Self {
                control,
                data,
                sequence <- new_mutex!(0),
            }),
            GFP_KERNEL,
        )?;

        sample.publish(&mut sample.sequence.lock(), 0);
        Ok(sample)
    }

    /// Fills the data with the pattern of `seed`.
    pub(crate) fn fill(&self, seed: u64) -> Result {
        let mut sequence = self.sequence.lock();

        for i in 0..self.data.len() {
            io_write!(&self.data, [try: i], uapi::byte(seed, i as u64));
            interruption_point(i)?;
        }
        let checksum = self.checksum()?;
        self.publish(&mut sequence, checksum);
        Ok(())
    }

    /// Returns the checksum of the data as it is now.
    pub(crate) fn sum(&self) -> Result<u64> {
        let mut sequence = self.sequence.lock();
        let checksum = self.checksum()?;
        self.publish(&mut sequence, checksum);
        Ok(checksum)
    }

    fn checksum(&self) -> Result<u64> {
        let mut checksum = uapi::CHECKSUM_INIT;
        for i in 0..self.data.len() {
            checksum = uapi::checksum(checksum, io_read!(&self.data, [try: i]));
            interruption_point(i)?;
        }
        Ok(checksum)
    }

    /// Writes the control page, which a program reads without a lock: an odd sequence tells it
    /// that the rest is being changed.
    fn publish(&self, sequence: &mut u64, checksum: u64) {
        let control = &self.control;
        let shown = AtomicView::new(io_project!(control, .sequence));
        let next = sequence.wrapping_add(2);

        shown.store(sequence.wrapping_add(1), Relaxed);
        // Readers that see a new value below must see the odd sequence, too.
        smp_mb(Write);
        io_write!(control, .bytes, self.data.len() as u64);
        io_write!(control, .checksum, checksum);
        // Readers that see the even sequence must see the values above.
        shown.store(next, Release);

        *sequence = next;
    }
}

/// Lets a signal end work on many bytes.
fn interruption_point(i: usize) -> Result {
    if i % PAGE_SIZE == 0 && current!().signal_pending() {
        return Err(EINTR);
    }
    Ok(())
}

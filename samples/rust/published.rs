// SPDX-License-Identifier: GPL-2.0

//! How `open` finds the areas: a `MiscDevice` has nothing of its own to hand to it.

#![forbid(unsafe_code)]

use crate::sample::Sample;
use kernel::{
    new_mutex,
    prelude::*,
    sync::{
        Arc,
        Mutex,
        SetOnce, //
    }, //
};

// A static is never dropped. Therefore `Published` takes out of it what it put in; the empty slot
// stays behind.
static SLOT: SetOnce<Arc<Slot>> = SetOnce::new();

#[pin_data]
struct Slot {
    #[pin]
    sample: Mutex<Option<Arc<Sample>>>,
}

/// While it lives, [`get`] finds a sample.
pub(crate) struct Published(());

impl Published {
    /// Lets [`get`] find `sample`.
    pub(crate) fn new(sample: Arc<Sample>) -> Result<Self> {
        let slot = Arc::pin_init(
            pin_init!(Slot { sample <- new_mutex!(Some(sample)) }),
            GFP_KERNEL,
        )?;
        SLOT.populate(slot);
        Ok(Self(()))
    }
}

impl Drop for Published {
    fn drop(&mut self) {
        if let Some(slot) = SLOT.as_ref() {
            slot.sample.lock().take();
        }
    }
}

/// Returns the sample that is published.
pub(crate) fn get() -> Option<Arc<Sample>> {
    SLOT.as_ref()?.sample.lock().clone()
}

// SPDX-License-Identifier: GPL-2.0

//! The events of a file that `poll(2)` reports.
//!
//! C header: `include/uapi/linux/eventpoll.h`

use core::ops::BitOr;
use kernel::bindings;

/// The events of a file that `poll(2)` reports.
///
/// # Examples
///
/// ```
/// use vmremap::PollEvents;
///
/// let gone = PollEvents::ERR | PollEvents::HUP;
/// assert!(gone != PollEvents::NONE);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PollEvents(u32);

impl PollEvents {
    /// No event: the program waits.
    pub const NONE: Self = Self(0);
    /// There is something to read: `POLLIN | POLLRDNORM`.
    pub const IN: Self = Self(bindings::POLLIN | bindings::POLLRDNORM);
    /// There is room to write: `POLLOUT | POLLWRNORM`.
    pub const OUT: Self = Self(bindings::POLLOUT | bindings::POLLWRNORM);
    /// There was an error: `POLLERR`.
    pub const ERR: Self = Self(bindings::POLLERR);
    /// The device is gone: `POLLHUP`.
    pub const HUP: Self = Self(bindings::POLLHUP);

    #[inline]
    pub(crate) fn as_raw(self) -> bindings::__poll_t {
        self.0
    }
}

impl BitOr for PollEvents {
    type Output = Self;

    #[inline]
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

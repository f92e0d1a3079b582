// SPDX-License-Identifier: GPL-2.0

//! The policy of an area.

use crate::bindings;
use core::ops::BitOr;

/// Flags that an [`Area`](crate::Area) is made with: the policy for each of its mappings.
///
/// Whatever they are, no mapping of an area is executable, none can grow, none is dumped into a
/// core file, and none is both private and writable.
///
/// # Examples
///
/// ```
/// use vmremap::Flags;
///
/// let flags = Flags::READ_ONLY | Flags::DONT_COPY;
/// assert!(flags.contains(Flags::READ_ONLY));
/// assert!(!flags.contains(Flags::POPULATE));
/// assert_eq!(Flags::default(), Flags::NONE);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags(u32);

impl Flags {
    /// Programs can read and write, a child made by `fork(2)` inherits the mapping, nobody is
    /// charged, and pages are mapped when they are touched.
    pub const NONE: Self = Self(0);

    /// Programs can only read: `PROT_WRITE` is refused, and `mprotect(2)` cannot add it. The
    /// kernel can still write.
    pub const READ_ONLY: Self = Self(bindings::VMREMAP_RDONLY);

    /// A child made by `fork(2)` does not inherit the mapping.
    pub const DONT_COPY: Self = Self(bindings::VMREMAP_DONTCOPY);

    /// The pages are charged to the memory cgroup of the task that makes the area.
    pub const ACCOUNT: Self = Self(bindings::VMREMAP_ACCOUNT);

    /// Every page is mapped at the time of `mmap(2)`, so that no touch takes a fault.
    pub const POPULATE: Self = Self(bindings::VMREMAP_POPULATE);

    /// [`Area::revoke`](crate::Area::revoke) and [`Area::freeze`](crate::Area::freeze) can take the
    /// memory back from programs. No page is mapped before it is touched, then.
    pub const REVOCABLE: Self = Self(bindings::VMREMAP_REVOCABLE);

    /// All memory is below 4 GiB, for a device that reaches no more.
    pub const DMA32: Self = Self(bindings::VMREMAP_DMA32);

    /// Returns whether `self` has every flag of `flags`.
    #[inline]
    pub const fn contains(self, flags: Self) -> bool {
        self.0 & flags.0 == flags.0
    }

    #[inline]
    pub(crate) const fn as_raw(self) -> u32 {
        self.0
    }
}

impl BitOr for Flags {
    type Output = Self;

    #[inline]
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

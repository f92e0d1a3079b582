// SPDX-License-Identifier: GPL-2.0

//! The policy of an area.

use crate::bindings;
use core::ops::BitOr;

/// Flags with which an [`Area`](crate::Area) is allocated. They are the policy for each of its
/// mappings.
///
/// With any flags, a mapping of an area is never executable, never both private and writable,
/// cannot grow, and is left out of core dumps.
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
    /// Programs can read and write the memory, a child made by `fork(2)` inherits the mapping, no
    /// memory cgroup is charged, and pages are mapped when they are accessed, apart from a few that
    /// `mmap(2)` maps.
    pub const NONE: Self = Self(0);

    /// Programs can only read the memory: `PROT_WRITE` is refused, and `mprotect(2)` cannot add it.
    /// The kernel can still write to the memory.
    pub const READ_ONLY: Self = Self(bindings::VMREMAP_RDONLY);

    /// A child made by `fork(2)` does not inherit the mapping.
    pub const DONT_COPY: Self = Self(bindings::VMREMAP_DONTCOPY);

    /// The pages are charged to the memory cgroup of the task that allocates the area.
    pub const ACCOUNT: Self = Self(bindings::VMREMAP_ACCOUNT);

    /// `mmap(2)` maps every page, so that no access takes a page fault.
    pub const POPULATE: Self = Self(bindings::VMREMAP_POPULATE);

    /// [`Area::revoke`](crate::Area::revoke) and [`Area::freeze`](crate::Area::freeze) can take the
    /// memory back from programs. If such an area is mapped in an `mmap` hook, no page is mapped
    /// before it is accessed: [`POPULATE`](Self::POPULATE) works only in an `mmap_prepare` hook.
    pub const REVOCABLE: Self = Self(bindings::VMREMAP_REVOCABLE);

    /// All memory is below 4 GiB, for a device that cannot access more.
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

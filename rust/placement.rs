// SPDX-License-Identifier: GPL-2.0

//! Addresses at which large folios fit.
//!
//! C header: `c/vmremap.h`

use crate::bindings;
use kernel::{
    error::from_err_ptr,
    mm::virt::AddressSearch,
    prelude::*, //
};

/// Chooses an address at which large folios fit, for `MiscDevice::get_unmapped_area`.
///
/// # Errors
///
/// Those of the kernel's `mm_get_unmapped_area()`.
pub fn get_unmapped_area(search: &AddressSearch<'_>) -> Result<usize> {
    // SAFETY:
    // - `Context`: these are the arguments of the hook that this is for, by the type invariant of
    //   `AddressSearch` with the mmap lock held.
    let addr = unsafe {
        bindings::vmremap_get_unmapped_area(
            search.file().as_ptr(),
            search.hint(),
            search.len(),
            search.pgoff(),
            search.flags(),
        )
    };

    // As C does it: an error is an address that no mapping can have.
    from_err_ptr(addr as *mut c_void).map(|addr| addr as usize)
}

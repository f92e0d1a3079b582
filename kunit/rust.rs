// SPDX-License-Identifier: GPL-2.0

//! KUnit suites of the crate vmremap, which they use as a driver does.

use kernel::{
    bindings,
    error::from_result,
    mm::virt::{
        VmaDesc,
        VmaNew, //
    },
    prelude::*, //
};

const __LOG_PREFIX: &[u8] = b"vmremap\0";

#[macro_use]
mod assert;

/// Makes a suite of functions that return an error where they fail.
macro_rules! checks {
    ($suite:ident: $($check:ident),* $(,)?) => {
        #[kunit_tests($suite)]
        mod suite {
            $(
                #[test]
                fn $check() -> kernel::error::Result {
                    super::$check()
                }
            )*
        }
    };
}

mod callback;
mod checks;

/// The examples of the documentation.
mod examples {
    #![allow(dead_code)]

    use kernel::prelude::*;

    include!(env!("VMREMAP_EXAMPLES"));
}

/// The `.mmap` of `callback.c`.
///
/// # Safety
///
/// - `VmaInit`: `vma` is being set up by this thread.
#[no_mangle]
pub unsafe extern "C" fn vmremap_kunit_callback(vma: *mut bindings::vm_area_struct) -> c_int {
    // SAFETY:
    // - `VmaInit`: promised by the caller, for as long as this function runs.
    let vma = unsafe { VmaNew::from_raw(vma) };

    from_result(|| callback::mmap(vma).map(|()| 0))
}

/// The `.mmap_prepare` of `callback.c`.
///
/// # Safety
///
/// - `VmaInit`: `desc` is what the hook was given.
#[no_mangle]
pub unsafe extern "C" fn vmremap_kunit_prepare(desc: *mut bindings::vm_area_desc) -> c_int {
    // SAFETY:
    // - `VmaInit`: promised by the caller, for as long as this function runs.
    let desc = unsafe { VmaDesc::from_raw(desc) };

    from_result(|| callback::mmap_prepare(desc).map(|()| 0))
}

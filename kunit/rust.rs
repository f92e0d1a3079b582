// SPDX-License-Identifier: GPL-2.0

//! KUnit suites of the crate vmremap, which they use as a driver does.

use kernel::{
    bindings,
    error::from_result,
    mm::virt::VmaNew,
    prelude::*,
    types::Opaque,
    ModuleMetadata, //
};
use vmremap::Mapping;

const __LOG_PREFIX: &[u8] = b"vmremap\0";

/// The module that `#[vtable]` says owns the devices of the examples. `module!` would make one, and
/// the kernel's own examples have one like this. This file is built with
/// `CONFIG_VMREMAP_KUNIT_TEST` only.
struct LocalModule;

impl ModuleMetadata for LocalModule {
    const NAME: &'static CStr = c"vmremap";

    #[cfg(MODULE)]
    const THIS_MODULE: ThisModule = {
        extern "C" {
            static __this_module: Opaque<bindings::module>;
        }

        // SAFETY:
        // - `RightModule`: the symbol is that of the module into which this file is linked.
        unsafe { ThisModule::from_ptr(__this_module.get()) }
    };

    #[cfg(not(MODULE))]
    const THIS_MODULE: ThisModule = {
        let built_in = core::ptr::null_mut();
        // SAFETY:
        // - `RightModule`: null is the owner of operations that are built into the kernel.
        unsafe { ThisModule::from_ptr(built_in) }
    };
}

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
/// - `VmaUntouched`: it is no mixed map, and the caller changes nothing of it.
#[no_mangle]
pub unsafe extern "C" fn vmremap_kunit_callback(vma: *mut bindings::vm_area_struct) -> c_int {
    // SAFETY:
    // - `VmaInit`: promised by the caller, for as long as this function runs.
    let vma = unsafe { VmaNew::from_raw(vma) };
    // SAFETY:
    // - `VmaUntouched`: promised by the caller; here, nothing but the mapping changes the VMA.
    let mapping = unsafe { Mapping::from_vma(vma) };

    from_result(|| callback::mmap(&mapping).map(|()| 0))
}

/// The `.mmap_prepare` of `callback.c`.
///
/// # Safety
///
/// - `VmaInit`: `desc` is what the hook was given.
/// - `VmaUntouched`: the caller changes nothing of it.
#[no_mangle]
pub unsafe extern "C" fn vmremap_kunit_prepare(desc: *mut bindings::vm_area_desc) -> c_int {
    // SAFETY:
    // - `VmaInit`: promised by the caller, for as long as this function runs.
    // - `VmaUntouched`: promised by the caller; here, only the mapping changes the description.
    let mapping = unsafe { Mapping::from_desc(desc) };

    from_result(|| callback::mmap(&mapping).map(|()| 0))
}

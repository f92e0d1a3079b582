// SPDX-License-Identifier: GPL-2.0

//! KUnit suites of the crate vmremap. They use the crate like a driver.

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

/// The module that owns the devices of the examples: `#[vtable]` refers to it by this name.
/// In a driver, `module!` defines such a type; the kernel's examples define it by hand, like this
/// file. The file is built only with `CONFIG_VMREMAP_KUNIT_TEST`.
struct LocalModule;

impl ModuleMetadata for LocalModule {
    const NAME: &'static CStr = c"vmremap";

    #[cfg(MODULE)]
    const THIS_MODULE: ThisModule = {
        extern "C" {
            static __this_module: Opaque<bindings::module>;
        }

        // SAFETY:
        // - `RightModule`: the symbol belongs to the module into which this file is linked.
        unsafe { ThisModule::from_ptr(__this_module.get()) }
    };

    #[cfg(not(MODULE))]
    const THIS_MODULE: ThisModule = {
        let built_in = core::ptr::null_mut();
        // SAFETY:
        // - `RightModule`: the operations are built into the kernel, so their owner is null.
        unsafe { ThisModule::from_ptr(built_in) }
    };
}

#[macro_use]
mod assert;

/// Makes a suite of functions that return an error if they fail.
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
/// - `VmaUntouched`: `vma` has no `VM_MIXEDMAP`, and the caller does not change it.
#[no_mangle]
pub unsafe extern "C" fn vmremap_kunit_callback(vma: *mut bindings::vm_area_struct) -> c_int {
    // SAFETY:
    // - `VmaInit`: the caller promises it until this function returns.
    let vma = unsafe { VmaNew::from_raw(vma) };
    // SAFETY:
    // - `VmaUntouched`: the caller promises not to change the VMA; this function changes it only
    //   through the mapping.
    let mapping = unsafe { Mapping::from_vma(vma) };

    from_result(|| callback::mmap(&mapping).map(|()| 0))
}

/// The `.mmap_prepare` of `callback.c`.
///
/// # Safety
///
/// - `VmaInit`: `desc` is the argument of the hook.
/// - `VmaUntouched`: the caller does not change it.
#[no_mangle]
pub unsafe extern "C" fn vmremap_kunit_prepare(desc: *mut bindings::vm_area_desc) -> c_int {
    // SAFETY:
    // - `VmaInit`: the caller promises it until this function returns.
    // - `VmaUntouched`: the caller promises not to change the descriptor; this function changes it
    //   only through the mapping.
    let mapping = unsafe { Mapping::from_desc(desc) };

    from_result(|| callback::mmap(&mapping).map(|()| 0))
}

// SPDX-License-Identifier: GPL-2.0

//! Tests of the crate vmremap: in the kernel at load time, reported in KTAP, and by a device whose
//! `mmap` does what a driver should not.

#![forbid(unsafe_code)]

use kernel::{
    miscdevice::MiscDeviceOptions,
    prelude::*, //
};
use vmremap::MiscDeviceRegistration;

module! {
    type: TestModule,
    name: "vmremap_rust_test",
    authors: ["vmremap"],
    description: "tests of the crate vmremap",
    license: "GPL",
}

#[macro_use]
#[path = "../../kunit/assert.rs"]
mod assert;

/// A test: its name, and what returns an error where it fails.
type Check = (&'static str, fn() -> Result);

/// What is a KUnit suite in kernels that have KUnit.
macro_rules! checks {
    ($suite:ident: $($check:ident),* $(,)?) => {
        pub(crate) const CHECKS: &[crate::Check] = &[$((stringify!($check), $check)),*];
    };
}

#[path = "../../kunit/callback.rs"]
mod callback;
#[path = "../../kunit/checks.rs"]
mod checks;
mod device;

/// The examples of the crate's documentation.
mod examples {
    #![allow(dead_code)]

    use kernel::prelude::*;

    include!(env!("VMREMAP_EXAMPLES"));
}

#[pin_data]
struct TestModule {
    #[pin]
    device: MiscDeviceRegistration<device::Device>,
    #[pin]
    prepared: MiscDeviceRegistration<device::Prepared>,
}

impl kernel::InPlaceModule for TestModule {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        pr_info!("KTAP version 1\n");
        pr_info!("1..{}\n", checks::CHECKS.len() + examples::CHECKS.len());
        let all = Iterator::chain(checks::CHECKS.iter(), examples::CHECKS);
        for (nr, (name, test)) in all.enumerate() {
            let verdict = if test().is_ok() { "ok" } else { "not ok" };
            pr_info!("{} {} {}\n", verdict, nr + 1, name);
        }

        let options = |name| MiscDeviceOptions { name };

        try_pin_init!(Self {
            device <- MiscDeviceRegistration::register(options(c"vmremap-rust-test"), ()),
            prepared <- MiscDeviceRegistration::register(
                options(c"vmremap-rust-test-prepare"),
                (),
            ),
        })
    }
}

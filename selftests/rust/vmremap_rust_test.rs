// SPDX-License-Identifier: GPL-2.0

//! Tests of the crate vmremap: in the kernel at load time, reported in KTAP, and by a device whose
//! `mmap` does what a driver should not.

#![forbid(unsafe_code)]

use kernel::{
    miscdevice::{
        MiscDeviceOptions,
        MiscDeviceRegistration, //
    },
    prelude::*, //
};

module! {
    type: TestModule,
    name: "vmremap_rust_test",
    authors: ["vmremap"],
    description: "tests of the crate vmremap",
    license: "GPL",
}

/// Ends a test with an error, where the macro of this name would panic.
macro_rules! assert {
    ($condition:expr $(,)?) => {
        if !$condition {
            kernel::prelude::pr_info!("# line {}: {}\n", line!(), stringify!($condition));
            return Err(kernel::error::code::EPROTO);
        }
    };
}

/// Ends a test with an error, where the macro of this name would panic.
macro_rules! assert_eq {
    ($left:expr, $right:expr $(,)?) => {
        match (&$left, &$right) {
            (left, right) if left != right => {
                kernel::prelude::pr_info!("# line {}: {:?}, not {:?}\n", line!(), left, right);
                return Err(kernel::error::code::EPROTO);
            }
            _ => {}
        }
    };
}

/// A test: its name, and what returns an error where it fails.
type Check = (&'static str, fn() -> Result);

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
}

impl kernel::InPlaceModule for TestModule {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        pr_info!("KTAP version 1\n");
        pr_info!("1..{}\n", checks::CHECKS.len() + examples::EXAMPLES.len());
        let all = Iterator::chain(checks::CHECKS.iter(), examples::EXAMPLES);
        for (nr, (name, test)) in all.enumerate() {
            let verdict = if test().is_ok() { "ok" } else { "not ok" };
            pr_info!("{} {} {}\n", verdict, nr + 1, name);
        }

        try_pin_init!(Self {
            device <- MiscDeviceRegistration::register(MiscDeviceOptions {
                name: c"vmremap-rust-test",
            }),
        })
    }
}

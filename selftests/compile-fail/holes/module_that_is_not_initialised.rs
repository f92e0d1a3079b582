// SPDX-License-Identifier: GPL-2.0

//! *Borrowed name*: `module!` calls a function of the driver instead of one of `pin_init`.

use kernel::prelude::*;

extern crate pin_init as real; //~ found
extern crate self as pin_init; //~ found
pub use real::*;

pub fn raw_try_init<T, I>(_: *mut T, _: I) -> Result {
    Ok(())
}

struct Module(&'static u32);

impl kernel::Module for Module {
    fn init(_: &'static ThisModule) -> Result<Self> {
        Ok(Self(&1))
    }
}

module! {
    type: Module,
    name: "module_that_is_not_initialised",
    license: "GPL",
}

// SPDX-License-Identifier: GPL-2.0

//! *False initialiser*: a function of the driver takes the place of `HasPinData::__pin_data`, and of
//! `HasInitData::__init_data`.

use kernel::prelude::*;
use pin_init::__internal::InitOk;

struct Never {
    pointer: &'static u64,
}

#[derive(Clone, Copy)]
struct Data;

struct Guard(&'static u64);

impl Guard {
    fn write(self, _: &'static u64) -> Self {
        self
    }

    fn let_binding(&mut self) -> &mut &'static u64 {
        &mut self.0
    }
}

impl Data {
    fn __make_closure<F, E>(self, _: F) -> impl FnOnce(*mut Never) -> Result<(), E>
    where
        F: FnOnce(*mut Never) -> Result<InitOk, E>,
    {
        |_| Ok(())
    }

    fn pointer(&self, _: *mut Never) -> Guard {
        Guard(&0)
    }
}

impl Never {
    fn __pin_data() -> Data {
        Data
    }

    fn __init_data() -> Data {
        Data
    }
}

fn pinned() -> Result<Pin<KBox<Never>>> {
    KBox::pin_init(pin_init!(Never { pointer: &7 }), GFP_KERNEL) //~ E0277
}

fn unpinned() -> Result<KBox<Never>> {
    KBox::init(init!(Never { pointer: &7 }), GFP_KERNEL) //~ E0271
}

// SPDX-License-Identifier: GPL-2.0

//! `FileOpen`: what a program waits on lives until the file is closed.

use kernel::{
    fs::File,
    prelude::*,
    sync::{
        poll::PollCondVar,
        Arc,
        Mutex, //
    }, //
};
use vmremap::{
    MiscArgs,
    MiscDevice,
    PollEvents, //
};

module! {
    type: Module,
    name: "polled_condvar_is_dropped",
    authors: ["vmremap"],
    description: "does not compile",
    license: "GPL",
}

struct Module;

impl kernel::Module for Module {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        Ok(Self)
    }
}

#[pin_data]
struct Device {
    #[pin]
    condvar: Mutex<Arc<PollCondVar>>,
}

#[vtable]
impl MiscDevice for Device {
    type Ptr = Pin<KBox<Self>>;
    type RegistrationData = ();

    fn open(_: MiscArgs<'_, Self>) -> Result<Pin<KBox<Self>>> {
        Err(ENODEV)
    }

    fn poll_condvar<'a>(me: &'a Pin<&Self>) -> &'a PollCondVar {
        let condvar = me.condvar.lock().clone();
        &condvar //~ E0515
    }

    fn poll(_: Pin<&Self>, _: &File) -> PollEvents {
        PollEvents::NONE
    }
}

// SPDX-License-Identifier: GPL-2.0

//! What can be done to a registration.

use crate::{
    hooks::Shared,
    in_another_thread,
    Function, //
};
use kernel::{
    fs::File,
    miscdevice::MiscDeviceOptions,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        poll::PollCondVar,
        Arc,
        ArcBorrow, //
    }, //
};
use vmremap::{
    MiscArgs,
    MiscDevice,
    MiscDeviceRegistration,
    PollEvents, //
};

crate::checks! {
    empty_name,
    name_that_is_too_long,
    name_that_is_taken,
    data_that_fails,
    registered_again_and_again,
    dropped_by_some_other_thread,
}

/// What counts how many of it there are.
struct Counted;

static COUNT: Atomic<i32> = Atomic::new(0);

impl Counted {
    fn new() -> Self {
        COUNT.fetch_add(1, Relaxed);
        Self
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        COUNT.fetch_sub(1, Relaxed);
    }
}

struct Device;

#[vtable]
impl MiscDevice for Device {
    type Ptr = ();
    type RegistrationData = Counted;

    fn open(_: MiscArgs<'_, Self>) -> Result {
        Ok(())
    }
}

type Registration = Pin<KBox<MiscDeviceRegistration<Device>>>;

fn register_as(name: &'static CStr) -> Result<Registration> {
    KBox::pin_init(
        MiscDeviceRegistration::register(MiscDeviceOptions { name }, Counted::new()),
        GFP_KERNEL,
    )
}

fn register() -> Result<Registration> {
    register_as(c"vmremap-hostile-counted")
}

/// The kernel would warn.
fn empty_name(_: &Function<'_>) -> Result {
    assert_eq!(register_as(c"").err(), Some(EINVAL));
    assert_eq!(COUNT.load(Relaxed), 0);
    Ok(())
}

/// If a name were some 950 bytes long, the kernel would warn.
fn name_that_is_too_long(_: &Function<'_>) -> Result {
    static NAME: [u8; 257] = {
        let mut name = [b'x'; 257];

        name[256] = 0;
        name
    };
    let name_of = |len: usize| CStr::from_bytes_with_nul(&NAME[256 - len..]).map_err(|_| EINVAL);

    drop(register_as(name_of(255)?)?);
    assert_eq!(register_as(name_of(256)?).err(), Some(EINVAL));
    assert_eq!(COUNT.load(Relaxed), 0);
    Ok(())
}

/// `RegistrationEnds`: what was not registered is not deregistered, and its data is dropped.
fn name_that_is_taken(_: &Function<'_>) -> Result {
    let first = register()?;

    for _ in 0..3 {
        assert_eq!(register().err(), Some(EEXIST));
        assert_eq!(COUNT.load(Relaxed), 1);
    }
    drop(first);
    assert_eq!(COUNT.load(Relaxed), 0);
    drop(register()?);
    Ok(())
}

/// `Initialised`: without data nothing is registered.
fn data_that_fails(_: &Function<'_>) -> Result {
    let options = MiscDeviceOptions {
        name: c"vmremap-hostile-counted",
    };
    let data =
        pin_init::pin_init_scope(|| -> Result<Result<Counted, Error>, Error> { Err(ECANCELED) });
    let registration = KBox::pin_init(
        MiscDeviceRegistration::<Device>::register(options, data),
        GFP_KERNEL,
    );

    assert_eq!(registration.err(), Some(ECANCELED));
    drop(register()?);
    Ok(())
}

/// `RegistrationEnds`: the next one is the next one's.
fn registered_again_and_again(_: &Function<'_>) -> Result {
    let mut last = register()?;

    for _ in 0..16 {
        drop(last);
        last = register()?;
        assert_eq!(COUNT.load(Relaxed), 1);
    }
    Ok(())
}

/// `AnyThread`: to deregister, any thread will do.
fn dropped_by_some_other_thread(_: &Function<'_>) -> Result {
    let registration = register()?;

    in_another_thread(move || drop(registration))?;
    assert_eq!(COUNT.load(Relaxed), 0);
    Ok(())
}

/// A device that a file of another device registers, and deregisters while it is open.
pub(crate) struct Inner;

impl Inner {
    pub(crate) fn register(shared: Arc<Shared>) -> Result<Pin<KBox<MiscDeviceRegistration<Self>>>> {
        let options = MiscDeviceOptions {
            name: c"vmremap-hostile-inner",
        };

        KBox::pin_init(
            MiscDeviceRegistration::register(options, shared),
            GFP_KERNEL,
        )
    }
}

#[vtable]
impl MiscDevice for Inner {
    type Ptr = Arc<Shared>;
    type RegistrationData = Arc<Shared>;

    fn open(args: MiscArgs<'_, Self>) -> Result<Arc<Shared>> {
        Ok(Arc::clone(args.data))
    }

    fn poll_condvar<'a>(me: &'a ArcBorrow<'_, Shared>) -> &'a PollCondVar {
        &me.changed
    }

    fn poll(_: ArcBorrow<'_, Shared>, _: &File) -> PollEvents {
        PollEvents::IN
    }

    fn ioctl(_: ArcBorrow<'_, Shared>, _: &File, cmd: u32, _: usize) -> Result<isize> {
        Ok(cmd as isize)
    }
}

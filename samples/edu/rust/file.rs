// SPDX-License-Identifier: GPL-2.0

//! The file operations.

#![forbid(unsafe_code)]

use crate::{
    engine::Edu,
    uapi, //
};
use kernel::{
    fs::File,
    ioctl::_IOC_SIZE,
    prelude::*,
    sync::{
        poll::PollCondVar,
        Arc,
        ArcBorrow, //
    },
    uaccess::UserSlice, //
};
use vmremap::{
    Mapping,
    MiscArgs,
    MiscDevice,
    PollEvents, //
};

pub(crate) struct EduFile;

#[vtable]
impl MiscDevice for EduFile {
    type Ptr = Arc<Edu>;
    type RegistrationData = Arc<Edu>;

    fn open(args: MiscArgs<'_, Self>) -> Result<Arc<Edu>> {
        args.data.has_stopped()?;
        Ok(Arc::clone(args.data))
    }

    fn mmap(edu: ArcBorrow<'_, Edu>, _file: &File, mapping: &Mapping<'_>) -> Result {
        edu.mmap(mapping)
    }

    fn poll_condvar<'a>(edu: &'a ArcBorrow<'_, Edu>) -> &'a PollCondVar {
        &edu.stopped
    }

    fn poll(edu: ArcBorrow<'_, Edu>, _file: &File) -> PollEvents {
        match edu.has_stopped() {
            Ok(true) => PollEvents::IN,
            Ok(false) => PollEvents::NONE,
            Err(_) => PollEvents::ERR | PollEvents::HUP,
        }
    }

    fn ioctl(edu: ArcBorrow<'_, Edu>, _file: &File, cmd: u32, arg: usize) -> Result<isize> {
        let user = UserSlice::new(UserPtr::from_addr(arg), _IOC_SIZE(cmd));

        match cmd {
            uapi::VMREMAP_EDU_START => edu.start(user.reader().read::<uapi::Copy>()?)?,
            uapi::VMREMAP_EDU_WAIT => edu.wait()?,
            uapi::VMREMAP_EDU_IMPORT => {
                let [fd, copy @ ..] = user.reader().read::<uapi::Import>()?;

                edu.import(fd, copy)?;
            }
            _ => return Err(ENOTTY),
        }
        Ok(0)
    }
}

// SPDX-License-Identifier: GPL-2.0

//! What programs do with the device.

#![forbid(unsafe_code)]

use crate::{
    engine::Edu,
    uapi, //
};
use kernel::{
    bindings::{
        POLLERR,
        POLLHUP,
        POLLIN,
        POLLRDNORM, //
    },
    fs::File,
    ioctl::_IOC_SIZE,
    miscdevice::{
        MiscDevice,
        MiscDeviceRegistration, //
    },
    mm::virt::VmaNew,
    prelude::*,
    sync::{
        poll::PollTable,
        Arc,
        ArcBorrow, //
    },
    uaccess::UserSlice, //
};
use vmremap::{
    SharedDevice,
    SharedDeviceRegistration, //
};

pub(crate) struct EduFile;

#[vtable]
impl MiscDevice for EduFile {
    type Ptr = Arc<Edu>;

    fn open(_file: &File, device: &MiscDeviceRegistration<Self>) -> Result<Arc<Edu>> {
        let edu = SharedDeviceRegistration::shared(device).ok_or(ENODEV)?;

        edu.has_stopped()?;
        Ok(edu.clone())
    }

    fn mmap(edu: ArcBorrow<'_, Edu>, _file: &File, vma: &VmaNew) -> Result {
        edu.mmap(vma)
    }

    fn ioctl(edu: ArcBorrow<'_, Edu>, _file: &File, cmd: u32, arg: usize) -> Result<isize> {
        let user = UserSlice::new(UserPtr::from_addr(arg), _IOC_SIZE(cmd));

        match cmd {
            uapi::VMREMAP_EDU_START => edu.start(user.reader().read::<uapi::Copy>()?)?,
            uapi::VMREMAP_EDU_WAIT => edu.wait()?,
            _ => return Err(ENOTTY),
        }
        Ok(0)
    }
}

impl SharedDevice for EduFile {
    type Shared = Arc<Edu>;

    fn poll(edu: ArcBorrow<'_, Edu>, file: &File, table: &PollTable<'_>) -> u32 {
        table.register_wait(file, &edu.stopped);
        match edu.has_stopped() {
            Ok(true) => POLLIN | POLLRDNORM,
            Ok(false) => 0,
            Err(_) => POLLERR | POLLHUP,
        }
    }
}

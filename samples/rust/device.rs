// SPDX-License-Identifier: GPL-2.0

//! The device: how programs reach the areas.

#![forbid(unsafe_code)]

use crate::{
    module_parameters,
    sample::Sample,
    uapi, //
};
use kernel::{
    fs::File,
    ioctl::_IOC_SIZE,
    miscdevice::{
        MiscDevice,
        MiscDeviceRegistration, //
    },
    mm::virt::VmaNew,
    page::PAGE_SHIFT,
    prelude::*,
    uaccess::UserSlice, //
};
use vmremap::VmaNewExt;

/// What programs open: each time, areas of its own.
pub(crate) struct Device;

#[vtable]
impl MiscDevice for Device {
    type Ptr = Pin<KBox<Sample>>;

    fn open(_file: &File, _misc: &MiscDeviceRegistration<Self>) -> Result<Pin<KBox<Sample>>> {
        Sample::new(module_parameters::size.value())
    }

    // The offset in the file says which area is meant, and where in it. All else is vmremap's to
    // check: the length, the protection, the policy.
    fn mmap(sample: Pin<&Sample>, _file: &File, vma: &VmaNew) -> Result {
        const DATA: usize = uapi::VMREMAP_SAMPLE_DATA as usize >> PAGE_SHIFT;

        match vma.page_offset() {
            offset @ DATA.. => sample.map_data(vma, offset - DATA),
            offset => sample.map_control(vma, offset),
        }
    }

    fn ioctl(sample: Pin<&Sample>, _file: &File, cmd: u32, arg: usize) -> Result<isize> {
        let user = UserSlice::new(UserPtr::from_addr(arg), _IOC_SIZE(cmd));

        match cmd {
            uapi::VMREMAP_SAMPLE_FILL => sample.fill(user.reader().read::<u64>()?)?,
            uapi::VMREMAP_SAMPLE_SUM => user.writer().write::<u64>(&sample.sum()?)?,
            uapi::VMREMAP_SAMPLE_VERIFY => {
                let (mut reader, mut writer) = user.reader_writer();
                let seed = reader.read::<u64>()?;
                writer.write::<[u64; 2]>(&[seed, sample.verify(seed)?])?;
            }
            uapi::VMREMAP_SAMPLE_ECHO => return sample.echo(),
            uapi::VMREMAP_SAMPLE_REVOKE => sample.revoke()?,
            _ => return Err(ENOTTY),
        }
        Ok(0)
    }
}

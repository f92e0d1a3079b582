// SPDX-License-Identifier: GPL-2.0

//! The file operations of the two devices.

#![forbid(unsafe_code)]

use crate::{
    module_parameters,
    sample::Sample,
    uapi, //
};
use kernel::{
    fs::File,
    ioctl::_IOC_SIZE,
    prelude::*,
    uaccess::UserSlice, //
};
use vmremap::{
    Mapping,
    MiscArgs,
    MiscDevice, //
};

/// The device. Each open file has its own areas.
pub(crate) struct Device;

#[vtable]
impl MiscDevice for Device {
    type Ptr = Pin<KBox<Sample>>;
    type RegistrationData = ();

    fn open(_args: MiscArgs<'_, Self>) -> Result<Pin<KBox<Sample>>> {
        Sample::new(module_parameters::size.value())
    }

    fn mmap(sample: Pin<&Sample>, _file: &File, mapping: &Mapping<'_>) -> Result {
        sample.mmap(mapping)
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

/// The same device, mapped by the newer hook, `.mmap_prepare`.
pub(crate) struct Prepared;

#[vtable]
impl MiscDevice for Prepared {
    type Ptr = Pin<KBox<Sample>>;
    type RegistrationData = ();

    fn open(_args: MiscArgs<'_, Self>) -> Result<Pin<KBox<Sample>>> {
        Sample::new(module_parameters::size.value())
    }

    fn mmap_prepare(sample: Pin<&Sample>, _file: &File, mapping: &Mapping<'_>) -> Result {
        sample.mmap(mapping)
    }

    fn ioctl(sample: Pin<&Sample>, file: &File, cmd: u32, arg: usize) -> Result<isize> {
        Device::ioctl(sample, file, cmd, arg)
    }
}

// SPDX-License-Identifier: GPL-2.0

//! The devices: how programs reach the areas.

#![forbid(unsafe_code)]

use crate::{
    module_parameters,
    sample::Sample,
    uapi, //
};
#[cfg(CONFIG_VMREMAP_RUST)]
use kernel::mm::virt::AddressSearch;
use kernel::{
    fs::File,
    ioctl::_IOC_SIZE,
    miscdevice::{
        MiscDevice,
        MiscDeviceRegistration, //
    },
    mm::virt::VmaNew,
    prelude::*,
    uaccess::UserSlice, //
};
#[cfg(not(CONFIG_VMREMAP_RUST))]
use vmremap::MmapPrepare;
use vmremap::VmaDesc;

/// What programs open: each time, areas of its own.
pub(crate) struct Device;

#[vtable]
impl MiscDevice for Device {
    type Ptr = Pin<KBox<Sample>>;

    fn open(_file: &File, _misc: &MiscDeviceRegistration<Self>) -> Result<Pin<KBox<Sample>>> {
        Sample::new(module_parameters::size.value())
    }

    fn mmap(sample: Pin<&Sample>, _file: &File, vma: &VmaNew) -> Result {
        sample.mmap(vma)
    }

    #[cfg(CONFIG_VMREMAP_RUST)]
    fn get_unmapped_area(_: Pin<&Sample>, search: &AddressSearch<'_>) -> Result<usize> {
        vmremap::get_unmapped_area(search)
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

/// The same, but for the hook by which it is mapped: `.mmap_prepare`, which is the newer one.
pub(crate) struct Prepared;

#[vtable]
impl MiscDevice for Prepared {
    type Ptr = Pin<KBox<Sample>>;

    fn open(_file: &File, _misc: &MiscDeviceRegistration<Self>) -> Result<Pin<KBox<Sample>>> {
        Sample::new(module_parameters::size.value())
    }

    #[cfg(CONFIG_VMREMAP_RUST)]
    fn mmap_prepare(sample: Pin<&Sample>, _file: &File, desc: &VmaDesc) -> Result {
        sample.mmap_prepare(desc)
    }

    #[cfg(CONFIG_VMREMAP_RUST)]
    fn get_unmapped_area(_: Pin<&Sample>, search: &AddressSearch<'_>) -> Result<usize> {
        vmremap::get_unmapped_area(search)
    }

    fn ioctl(sample: Pin<&Sample>, file: &File, cmd: u32, arg: usize) -> Result<isize> {
        Device::ioctl(sample, file, cmd, arg)
    }
}

#[cfg(not(CONFIG_VMREMAP_RUST))]
impl MmapPrepare for Prepared {
    fn mmap_prepare(sample: Pin<&Sample>, _file: &File, desc: &VmaDesc) -> Result {
        sample.mmap_prepare(desc)
    }
}

// SPDX-License-Identifier: GPL-2.0

//! `/dev/vmremap-rust-dma-buf`, whose files have one area each and export it as a dma-buf, by the
//! ioctls of `selftests/vmremap_test.h`. For tests only.

#![forbid(unsafe_code)]

mod uapi;

use kernel::{
    fs::File,
    ioctl::_IOC_SIZE,
    miscdevice::MiscDeviceOptions,
    new_mutex,
    prelude::*,
    sync::Mutex,
    uaccess::UserSlice, //
};
use uapi::vmremap_test_memory;
use vmremap::{
    Area,
    Flags,
    MiscArgs,
    MiscDevice,
    MiscDeviceRegistration, //
};

module! {
    type: DmaBufModule,
    name: "vmremap_rust_dma_buf",
    authors: ["vmremap"],
    description: "vmremap test module: exports areas as dma-bufs",
    license: "GPL",
    imports_ns: ["DMA_BUF"],
}

#[pin_data]
struct DmaBufModule {
    #[pin]
    device: MiscDeviceRegistration<Exporter>,
}

impl kernel::InPlaceModule for DmaBufModule {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        let options = MiscDeviceOptions {
            name: c"vmremap-rust-dma-buf",
        };

        try_pin_init!(Self {
            device <- MiscDeviceRegistration::register(options, ()),
        })
    }
}

#[pin_data]
struct Exporter {
    #[pin]
    area: Mutex<Option<Area<[u8]>>>,
}

/// Allocates the area that a program has asked for.
fn alloc(user: UserSlice) -> Result<Area<[u8]>> {
    let mut bytes = [0; size_of::<vmremap_test_memory>()];
    let mut flags = Flags::NONE;

    user.reader().read_slice(&mut bytes)?;
    let request = vmremap_test_memory::read_from_bytes(&bytes).map_err(|_| EINVAL)?;

    if request.flags & uapi::VMREMAP_RDONLY != 0 {
        flags = flags | Flags::READ_ONLY;
    }
    if request.flags & uapi::VMREMAP_REVOCABLE != 0 {
        flags = flags | Flags::REVOCABLE;
    }
    Area::<u8>::zeroed_slice(request.size as usize, flags)
}

#[vtable]
impl MiscDevice for Exporter {
    type Ptr = Pin<KBox<Self>>;
    type RegistrationData = ();

    fn open(_args: MiscArgs<'_, Self>) -> Result<Pin<KBox<Self>>> {
        KBox::pin_init(pin_init!(Self { area <- new_mutex!(None) }), GFP_KERNEL)
    }

    fn ioctl(me: Pin<&Self>, _file: &File, cmd: u32, arg: usize) -> Result<isize> {
        let mut area = me.area.lock();

        match cmd {
            uapi::VMREMAP_TEST_ALLOC => {
                let user = UserSlice::new(UserPtr::from_addr(arg), _IOC_SIZE(cmd));

                *area = Some(alloc(user)?);
            }
            uapi::VMREMAP_TEST_PUT_AREA => *area = None,
            uapi::VMREMAP_TEST_REVOKE => area.as_ref().ok_or(EFAULT)?.revoke()?,
            uapi::VMREMAP_TEST_DMA_BUF_EXPORT => {
                let dma_buf = area.as_ref().ok_or(EFAULT)?.dma_buf(arg as u32)?;

                return Ok(dma_buf.into_fd()? as isize);
            }
            _ => return Err(ENOTTY),
        }
        Ok(0)
    }
}

// SPDX-License-Identifier: GPL-2.0

//! vmremap Rust sample: `/dev/vmremap-sample-rust`, the same device as in `samples/c`, and
//! `/dev/vmremap-sample-rust-prepare`, which is mapped by the newer hook.
//!
//! A program that uses it, without error handling:
//!
//! ```c
//! #include <fcntl.h>
//! #include <stdio.h>
//! #include <sys/ioctl.h>
//! #include <sys/mman.h>
//! #include "vmremap_sample.h"
//!
//! int main(void)
//! {
//!     int fd = open("/dev/vmremap-sample-rust", O_RDWR);
//!     volatile struct vmremap_sample_control *control =
//!         mmap(NULL, sizeof(*control), PROT_READ, MAP_SHARED, fd, VMREMAP_SAMPLE_CONTROL);
//!     unsigned char *data =
//!         mmap(NULL, control->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, VMREMAP_SAMPLE_DATA);
//!     struct vmremap_sample_fill fill = { .seed = 42 };
//!     struct vmremap_sample_sum sum;
//!
//!     ioctl(fd, VMREMAP_SAMPLE_FILL, &fill);
//!     printf("the driver wrote %u\n", data[0]);
//!
//!     data[0] = 7;
//!     ioctl(fd, VMREMAP_SAMPLE_SUM, &sum);
//!     printf("the driver sums %llu\n", control->checksum);
//!     return 0;
//! }
//! ```

#![forbid(unsafe_code)]

mod device;
mod sample;
mod uapi;

use device::{
    Device,
    Prepared, //
};
use kernel::{
    miscdevice::MiscDeviceOptions,
    prelude::*, //
};
use vmremap::MiscDeviceRegistration;

module! {
    type: SampleModule,
    name: "vmremap_sample_rust",
    authors: ["vmremap"],
    description: "vmremap sample: a device that shares memory with programs",
    license: "GPL",
    params: {
        size: usize {
            default: 1 << 20,
            description: "size of the data buffer in bytes (default 1 MiB)",
        },
    },
}

#[pin_data]
struct SampleModule {
    #[pin]
    device: MiscDeviceRegistration<Device>,
    #[pin]
    prepared: MiscDeviceRegistration<Prepared>,
}

impl kernel::InPlaceModule for SampleModule {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        let options = |name| MiscDeviceOptions { name };

        try_pin_init!(Self {
            device <- MiscDeviceRegistration::register(options(c"vmremap-sample-rust"), ()),
            prepared <- MiscDeviceRegistration::register(
                options(c"vmremap-sample-rust-prepare"),
                (),
            ),
        })
    }
}

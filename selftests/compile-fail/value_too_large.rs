// SPDX-License-Identifier: GPL-2.0

//! *Large frame*: a value that is too large for the stack is not copied.

use kernel::io::IoCapable;
use vmremap::{
    SharedMem,
    SharedMemBackend, //
};

pub fn write(view: SharedMem<'_, [u8; 1025]>, value: [u8; 1025]) {
    SharedMemBackend::io_write(view, value); //~ E0080
}

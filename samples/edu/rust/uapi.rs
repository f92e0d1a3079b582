// SPDX-License-Identifier: GPL-2.0

//! The interface between the device and programs, from `vmremap_edu.h`.

#![forbid(unsafe_code)]
#![allow(missing_docs, non_camel_case_types, unreachable_pub)]

use kernel::ffi;

include!(env!("VMREMAP_EDU_UAPI"));

/// A `struct vmremap_edu_copy`: offset, bytes, from_device.
pub(crate) type Copy = [u32; 3];

/// A `struct vmremap_edu_import`: the descriptor, and a copy.
pub(crate) type Import = [u32; 4];

// SPDX-License-Identifier: GPL-2.0

//! The interface between the device and programs, from `samples/vmremap_sample.h`.

#![forbid(unsafe_code)]
#![allow(dead_code, missing_docs, non_camel_case_types, unreachable_pub)]

use kernel::{
    ffi,
    prelude::*, //
};
use pin_init::MaybeZeroable;

include!(env!("VMREMAP_SAMPLE_UAPI"));

/// The checksum of no bytes. `bindgen` takes it for a signed number.
pub(crate) const CHECKSUM_INIT: u64 = VMREMAP_SAMPLE_CHECKSUM_INIT as u64;

/// The number of messages that fit into a ring.
pub(crate) const MESSAGES: u32 = VMREMAP_SAMPLE_MESSAGES;

/// Returns byte `i` of the pattern of `seed`.
pub(crate) const fn byte(seed: u64, i: u64) -> u8 {
    (seed.wrapping_add(i).wrapping_mul(0x9e3779b97f4a7c15) >> 56) as u8
}

/// Adds a byte to a checksum. Returns the new checksum.
pub(crate) const fn checksum(sum: u64, byte: u8) -> u64 {
    (sum ^ byte as u64).wrapping_mul(0x100000001b3)
}

static_assert!(size_of::<vmremap_sample_control>() == 24);
static_assert!(core::mem::offset_of!(vmremap_sample_control, sequence) == 0);
static_assert!(core::mem::offset_of!(vmremap_sample_control, bytes) == 8);
static_assert!(core::mem::offset_of!(vmremap_sample_control, checksum) == 16);
static_assert!(size_of::<vmremap_sample_fill>() == 8);
static_assert!(size_of::<vmremap_sample_sum>() == 8);
static_assert!(size_of::<vmremap_sample_verify>() == 16);
static_assert!(VMREMAP_SAMPLE_FILL == 0x4008_7660);
static_assert!(VMREMAP_SAMPLE_SUM == 0x8008_7661);
static_assert!(VMREMAP_SAMPLE_VERIFY == 0xc010_7662);
static_assert!(VMREMAP_SAMPLE_REVOKE == 0x7663);
static_assert!(size_of::<vmremap_sample_rings>() == 2 * (8 + 256 * 8));
static_assert!(core::mem::offset_of!(vmremap_sample_ring, tail) == 4);
static_assert!(core::mem::offset_of!(vmremap_sample_ring, messages) == 8);
static_assert!(VMREMAP_SAMPLE_ECHO == 0x7664);
static_assert!(VMREMAP_SAMPLE_CONTROL == 0);
static_assert!(VMREMAP_SAMPLE_DATA == 0x4000_0000);

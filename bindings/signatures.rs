// SPDX-License-Identifier: GPL-2.0

//! The C prototypes that this crate expects. If one changes in C, this file does not compile.

use super::*;
use kernel::prelude::*;

const _: unsafe extern "C" fn(usize, c_uint) -> *mut vmremap_area = vmremap_area_alloc;
const _: unsafe extern "C" fn(*mut vmremap_area) -> *mut vmremap_area = vmremap_area_get;
const _: unsafe extern "C" fn(*mut vmremap_area) = vmremap_area_put;
const _: unsafe extern "C" fn(*const vmremap_area) -> *mut c_void = vmremap_area_addr;
const _: unsafe extern "C" fn(*const vmremap_area) -> usize = vmremap_area_size;
const _: unsafe extern "C" fn(*const vmremap_area) -> bool = vmremap_area_is_sole_reference;
const _: unsafe extern "C" fn(*const vmremap_area) -> bool = vmremap_area_is_mapped;
const _: unsafe extern "C" fn(*mut vmremap_area) -> c_int = vmremap_area_revoke;
const _: unsafe extern "C" fn(*mut vmremap_area) -> c_int = vmremap_area_freeze;
const _: unsafe extern "C" fn(*mut vmremap_area) = vmremap_area_thaw;
const _: unsafe extern "C" fn(*mut vmremap_area, c_uint) -> *mut dma_buf = vmremap_area_dma_buf;
const _: unsafe extern "C" fn(*mut vmremap_area, *mut sg_table, gfp_t) -> c_int =
    vmremap_area_sg_table;
const _: unsafe extern "C" fn(*mut vmremap_area, *mut vm_area_struct, c_ulong) -> c_int =
    vmremap_area_mmap;
const _: unsafe extern "C" fn(*mut vmremap_area, *mut vm_area_desc, c_ulong) -> c_int =
    vmremap_area_mmap_prepare;
const _: unsafe extern "C" fn(*mut file, c_ulong, c_ulong, c_ulong, c_ulong) -> c_ulong =
    vmremap_get_unmapped_area;
const _: unsafe extern "C" fn(*mut vm_area_struct, *mut c_void, c_ulong) -> c_int = vmremap_range;
const _: unsafe extern "C" fn(
    *mut vm_area_struct,
    c_ulong,
    *mut c_void,
    c_ulong,
    c_ulong,
) -> c_int = vmremap_range_partial;

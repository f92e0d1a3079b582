// SPDX-License-Identifier: GPL-2.0
/*
 * The C sample with the older .mmap hook in place of .mmap_prepare, as
 * /dev/vmremap-sample-c-mmap.
 */

#define VMREMAP_SAMPLE_MMAP
#include "vmremap_sample_c.c"

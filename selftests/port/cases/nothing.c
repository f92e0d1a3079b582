// SPDX-License-Identifier: GPL-2.0
/* Nothing to port: it only speaks of remap_vmalloc_range(). */
#include <linux/module.h>

MODULE_DESCRIPTION("remap_vmalloc_range()");
MODULE_LICENSE("GPL");

// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>

MODULE_DESCRIPTION("Share vmalloc memory with programs through mmap(2)");
MODULE_AUTHOR("The vmremap authors");
MODULE_VERSION(VMREMAP_VERSION);
MODULE_LICENSE("GPL");

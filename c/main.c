// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>

#include "nested.h"

static int __init vmremap_init(void)
{
	return vmremap_nested_ask();
}
module_init(vmremap_init);

/* There is nothing to end, but without this the module could not be unloaded. */
static void __exit vmremap_exit(void)
{
}
module_exit(vmremap_exit);

MODULE_DESCRIPTION("Share vmalloc memory with programs through mmap(2)");
MODULE_AUTHOR("The vmremap authors");
MODULE_LICENSE("GPL");

// SPDX-License-Identifier: GPL-2.0
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/vmalloc.h>
#include "ring.h"

void *ring;

int card_alloc(void)
{
	ring = vmalloc_user(PAGE_SIZE);
	return ring ? 0 : -ENOMEM;
}

void card_drop(void)
{
	vfree(ring);
}

static int card_mmap(struct file *file, struct vm_area_struct *vma)
{
	return remap_vmalloc_range(vma, ring, 0);
}

const struct file_operations card_fops = { .mmap = card_mmap };

MODULE_DESCRIPTION("A case of tools/port");
MODULE_LICENSE("GPL");

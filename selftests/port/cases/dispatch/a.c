// SPDX-License-Identifier: GPL-2.0
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/vmalloc.h>
#include "ring.h"

struct card { void *ring; };

int ring_map(struct card *card, struct vm_area_struct *vma)
{
	return remap_vmalloc_range(vma, card->ring, 0);
}

int ring_get(struct card *card)
{
	card->ring = vmalloc_user(PAGE_SIZE);
	return card->ring ? 0 : -ENOMEM;
}

void ring_put(struct card *card)
{
	vfree(card->ring);
}

MODULE_DESCRIPTION("A case of tools/port");
MODULE_LICENSE("GPL");

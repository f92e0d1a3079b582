// SPDX-License-Identifier: GPL-2.0
/* What another file allocates and frees. */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>

#include "card.h"

int card_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct card *card = file->private_data;

	return remap_vmalloc_range(vma, card->ring, vma->vm_pgoff);
}

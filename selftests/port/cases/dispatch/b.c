// SPDX-License-Identifier: GPL-2.0
#include <linux/fs.h>
#include <linux/mm.h>
#include "ring.h"

static const struct vm_operations_struct counted = { .name = NULL };

static int any_mmap(struct file *file, struct vm_area_struct *vma)
{
	int error = ring_map(file->private_data, vma);

	if (!error)
		vma->vm_ops = &counted;
	return error;
}

const struct file_operations any_fops = { .mmap = any_mmap };

// SPDX-License-Identifier: GPL-2.0
/* What a driver gets to know about its mappings: by vm_ops that count VMAs, and by .fsync. */

#include <linux/fs.h>
#include <linux/mm.h>

#include "test.h"

/* The processes of a program that maps one file take turns. */
static void test_count_open(struct vm_area_struct *vma)
{
	struct vmremap_test_counts *counts = vma->vm_private_data;

	counts->opened++;
}

static void test_count_close(struct vm_area_struct *vma)
{
	struct vmremap_test_counts *counts = vma->vm_private_data;

	counts->closed++;
}

static int test_access(struct vm_area_struct *vma, unsigned long addr, void *buf, int len,
		       int write)
{
	return -EIO;
}

const struct vm_operations_struct test_count_vm_ops = {
	.open = test_count_open,
	.close = test_count_close,
};

const struct vm_operations_struct test_access_vm_ops = {
	.open = test_count_open,
	.close = test_count_close,
	.access = test_access,
};

int test_fsync(struct file *file, loff_t start, loff_t end, int datasync)
{
	struct test_file *tf = file->private_data;

	tf->counts.synced++;
	tf->counts.start = start;
	tf->counts.end = end;
	return start ? 0 : -EIO;
}

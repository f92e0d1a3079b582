// SPDX-License-Identifier: GPL-2.0
/* What a driver gets to know about its mappings: by vm_ops that count VMAs, and by .fsync. */

#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/uaccess.h>

#include "test.h"

static void test_count_open(struct vm_area_struct *vma)
{
	struct test_counts *counts = vma->vm_private_data;

	atomic_inc(&counts->opened);
}

static void test_count_close(struct vm_area_struct *vma)
{
	struct test_counts *counts = vma->vm_private_data;

	atomic_inc(&counts->closed);
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

	atomic_inc(&tf->counts.synced);
	tf->counts.start = start;
	tf->counts.end = end;
	return start ? 0 : -EIO;
}

long test_counts_ioctl(struct test_file *tf, void __user *argp)
{
	struct vmremap_test_counts counts = {
		.opened = atomic_read(&tf->counts.opened),
		.closed = atomic_read(&tf->counts.closed),
		.synced = atomic_read(&tf->counts.synced),
		.start = tf->counts.start,
		.end = tf->counts.end,
	};

	return copy_to_user(argp, &counts, sizeof(counts)) ? -ENXIO : 0;
}

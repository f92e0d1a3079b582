// SPDX-License-Identifier: GPL-2.0
/*
 * The benchmark's driver: one buffer for each open file, allocated and mapped by the
 * method that the program selects. /dev/vmremap-bench has an .mmap callback,
 * /dev/vmremap-bench-prepare an .mmap_prepare callback.
 */
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "methods.h"

static const struct bench_method *const methods[BENCH_METHODS] = {
	[BENCH_REMAP_VMALLOC_RANGE] = &bench_remap_vmalloc_range,
	[BENCH_INSERT_PAGES] = &bench_insert_pages,
	[BENCH_RANGE_FOREIGN] = &bench_range_foreign,
	[BENCH_SHMEM] = &bench_shmem,
	[BENCH_SHMEM_HUGE] = &bench_shmem,
	[BENCH_DMA] = &bench_dma,
	[BENCH_MEMFD] = &bench_memfd,
	[BENCH_MEMFD_HUGE] = &bench_memfd,
	[BENCH_MEMFD_HUGETLB] = &bench_memfd,
	[BENCH_MMAP] = &bench_area,
	[BENCH_MMAP_PREPARE] = &bench_area,
	[BENCH_POPULATE] = &bench_area_populate,
	[BENCH_RANGE] = &bench_area_range,
	[BENCH_ZERO] = &bench_zero,
	[BENCH_BARE] = &bench_bare,
};

static void bench_free(struct bench *bench)
{
	if (bench->method)
		bench->method->free(bench);
	memset(bench, 0, sizeof(*bench));
}

static int bench_alloc(struct bench *bench, const struct vmremap_bench_alloc *arg)
{
	int err;

	bench_free(bench);
	if (!arg->size)
		return 0;
	if (arg->method >= BENCH_METHODS || !methods[arg->method])
		return -EINVAL;
	bench->method = methods[arg->method];
	bench->request = *arg;
	err = bench->method->alloc(bench);
	if (err)
		bench_free(bench);
	return err;
}

static int bench_revoke(struct file *file)
{
	struct bench *bench = file->private_data;

	if (!bench->method)
		return -EINVAL;
	if (bench->method->revoke)
		return bench->method->revoke(bench);
	unmap_mapping_range(file->f_mapping, 0, 0, 1);
	return 0;
}

static int bench_inspect(struct bench *bench, bool in_place)
{
	if (!bench->method || !bench->method->inspect)
		return -EINVAL;
	return bench->method->inspect(bench, in_place);
}

static int bench_metadata(const struct bench *bench, u64 __user *bytes)
{
	if (!bench->method || !bench->method->metadata)
		return -EINVAL;
	return put_user(bench->method->metadata(bench), bytes);
}

static long bench_ioctl(struct file *file, unsigned int cmd, unsigned long p)
{
	struct vmremap_bench_alloc arg;

	if (cmd == VMREMAP_BENCH_REVOKE)
		return bench_revoke(file);
	if (cmd == VMREMAP_BENCH_INSPECT)
		return bench_inspect(file->private_data, p);
	if (cmd == VMREMAP_BENCH_METADATA)
		return bench_metadata(file->private_data, (u64 __user *)p);
	if (cmd != VMREMAP_BENCH_ALLOC)
		return -ENOTTY;
	if (copy_from_user(&arg, (void __user *)p, sizeof(arg)))
		return -EFAULT;
	return bench_alloc(file->private_data, &arg);
}

static int bench_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct bench *bench = file->private_data;

	if (!bench->method || !bench->method->mmap)
		return -ENODEV;
	return bench->method->mmap(bench, vma);
}

static int bench_mmap_prepare(struct vm_area_desc *desc)
{
	struct bench *bench = desc->file->private_data;

	if (!bench->method || !bench->method->mmap_prepare)
		return -ENODEV;
	return bench->method->mmap_prepare(bench, desc);
}

static int bench_open(struct inode *inode, struct file *file)
{
	file->private_data = kzalloc_obj(struct bench);
	return file->private_data ? 0 : -ENOMEM;
}

static int bench_release(struct inode *inode, struct file *file)
{
	bench_free(file->private_data);
	kfree(file->private_data);
	return 0;
}

static const struct file_operations mmap_fops = {
	.owner = THIS_MODULE,
	.open = bench_open,
	.release = bench_release,
	.unlocked_ioctl = bench_ioctl,
	.mmap = bench_mmap,
	.get_unmapped_area = vmremap_get_unmapped_area,
};

static const struct file_operations mmap_prepare_fops = {
	.owner = THIS_MODULE,
	.open = bench_open,
	.release = bench_release,
	.unlocked_ioctl = bench_ioctl,
	.mmap_prepare = bench_mmap_prepare,
	.get_unmapped_area = vmremap_get_unmapped_area,
};

static struct miscdevice devices[] = {
	{ MISC_DYNAMIC_MINOR, "vmremap-bench", &mmap_fops },
	{ MISC_DYNAMIC_MINOR, "vmremap-bench-prepare", &mmap_prepare_fops },
};

static int __init bench_init(void)
{
	int err = bench_peers_init();

	if (err)
		return err;
	err = misc_register(&devices[0]);
	if (err)
		goto peers;
	err = misc_register(&devices[1]);
	if (err)
		goto first;
	return 0;

first:
	misc_deregister(&devices[0]);
peers:
	bench_peers_exit();
	return err;
}
module_init(bench_init);

static void __exit bench_exit(void)
{
	misc_deregister(&devices[1]);
	misc_deregister(&devices[0]);
	bench_peers_exit();
}
module_exit(bench_exit);

MODULE_DESCRIPTION("vmremap benchmark");
MODULE_AUTHOR("The vmremap authors");
MODULE_LICENSE("GPL");

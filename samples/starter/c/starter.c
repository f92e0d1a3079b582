// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/starter: each open file has 64 KiB of memory, which the driver shares with programs.
 * ioctl() returns the byte at the offset in its argument.
 */

#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/sizes.h>

#include <vmremap.h>

static int starter_open(struct inode *inode, struct file *file)
{
	struct vmremap_area *area = vmremap_area_alloc(SZ_64K, 0);
	u8 *bytes;

	if (IS_ERR(area))
		return PTR_ERR(area);
	bytes = vmremap_area_addr(area);
	WRITE_ONCE(bytes[0], 42);
	file->private_data = area;
	return 0;
}

static int starter_release(struct inode *inode, struct file *file)
{
	vmremap_area_put(file->private_data);
	return 0;
}

/* From Linux 7.1 on, .mmap_prepare can be used instead: see vmremap_area_mmap_prepare(). */
static int starter_mmap(struct file *file, struct vm_area_struct *vma)
{
	return vmremap_area_mmap(file->private_data, vma, vma->vm_pgoff);
}

/* A program can write at any time, so read each byte only once. */
static long starter_ioctl(struct file *file, unsigned int cmd, unsigned long place)
{
	const u8 *bytes = vmremap_area_addr(file->private_data);

	if (place >= vmremap_area_size(file->private_data))
		return -EINVAL;
	return READ_ONCE(bytes[place]);
}

static const struct file_operations starter_fops = {
	.owner = THIS_MODULE,
	.open = starter_open,
	.release = starter_release,
	.mmap = starter_mmap,
	.get_unmapped_area = vmremap_get_unmapped_area,
	.unlocked_ioctl = starter_ioctl,
};

static struct miscdevice starter_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "starter",
	.fops = &starter_fops,
};
module_misc_device(starter_device);

MODULE_DESCRIPTION("Memory that programs share with a driver");
MODULE_LICENSE("GPL");

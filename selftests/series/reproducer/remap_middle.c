// SPDX-License-Identifier: GPL-2.0
/*
 * A driver that maps its buffer of 4 pages from the 3rd page on, and a program that maps 4 pages:
 * insmod, when it loads the module. remap_vmalloc_range() must refuse this. The log says what
 * mmap() has returned.
 */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/vmalloc.h>

#define PAGES 4

static int remap_middle_mmap(struct file *file, struct vm_area_struct *vma)
{
	return remap_vmalloc_range(vma, file->private_data + 2 * PAGE_SIZE, 0);
}

static const struct file_operations remap_middle_fops = {
	.owner = THIS_MODULE,
	.mmap = remap_middle_mmap,
};

static int __init remap_middle_init(void)
{
	void *buffer = vmalloc_user(PAGES * PAGE_SIZE);
	unsigned long uaddr;
	struct file *file;

	if (!buffer)
		return -ENOMEM;
	file = anon_inode_getfile("[remap_middle]", &remap_middle_fops, buffer, O_RDWR);
	if (IS_ERR(file)) {
		vfree(buffer);
		return PTR_ERR(file);
	}
	uaddr = vm_mmap(file, 0, PAGES * PAGE_SIZE, PROT_READ, MAP_SHARED, 0);
	pr_info("remap_middle: mmap: %ld\n", (long)uaddr);
	/* Not later, when the file is released: its f_op may be gone by then. */
	__fput_sync(file);
	vfree(buffer);
	return 0;
}
module_init(remap_middle_init);

static void __exit remap_middle_exit(void)
{
}
module_exit(remap_middle_exit);

MODULE_DESCRIPTION("Reproducer: remap_vmalloc_range() maps past the end of an area");
MODULE_LICENSE("GPL");

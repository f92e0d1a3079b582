// SPDX-License-Identifier: GPL-2.0
/* A variable of the file. */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/vmalloc.h>

static char *ring;

static int card_mmap(struct file *file, struct vm_area_struct *vma)
{
	unsigned long i, pages = vma_pages(vma);
	int error;

	for (i = 0; i < pages; i++) {
		error = vm_insert_page(vma, vma->vm_start + i * PAGE_SIZE,
				       vmalloc_to_page(ring + i * PAGE_SIZE));
		if (error)
			return error;
	}
	return 0;
}

const struct file_operations variable_fops = {
	.owner = THIS_MODULE,
	.mmap = card_mmap,
};

static int __init variable_start(void)
{
	ring = vzalloc(PAGE_SIZE);
	return ring ? 0 : -ENOMEM;
}

static void __exit variable_stop(void)
{
	vfree(ring);
}
module_init(variable_start);
module_exit(variable_stop);
MODULE_DESCRIPTION("A case of tools/port");
MODULE_LICENSE("GPL");

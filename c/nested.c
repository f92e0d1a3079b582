// SPDX-License-Identifier: GPL-2.0
/*
 * An .mmap hook may pass on to another driver's .mmap_prepare, through the kernel's
 * compat_vma_mmap(). That takes a reference of its own on the file that the
 * descriptor brings. Linux 7.3 does not give back the one that came with it, a
 * later kernel may: ask the kernel that is there.
 */
#include <linux/anon_inodes.h>
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/rwsem.h>
#include <linux/slab.h>

#include "vma.h"

/* Whoever brought the file has to give that reference back. */
bool vmremap_nested_leaves_file __ro_after_init;

static int bring_file(struct vm_area_desc *desc)
{
	desc->vm_file = get_file(desc->file->private_data);
	return 0;
}

static const struct file_operations fops = {
	.mmap_prepare = bring_file,
};

static int __init ask(struct vm_area_struct *vma, struct file *nested, struct file *brought)
{
	int err;

	vma->vm_file = get_file(nested);
	down_write(&vma->vm_mm->mmap_lock);
	err = compat_vma_mmap(nested, vma);
	up_write(&vma->vm_mm->mmap_lock);
	fput(vma->vm_file);
	vmremap_nested_leaves_file = !err && file_count(brought) > 1;
	if (vmremap_nested_leaves_file)
		fput(brought);
	return err;
}

/* Once, before any mapping. */
static int __init ask_kernel(void)
{
	/* Of nobody: as much of both as that layer looks at. */
	struct vm_area_struct *vma __free(kfree) = kzalloc_obj(*vma);
	struct mm_struct *mm __free(kfree) = kzalloc_obj(*mm);
	struct file *brought, *nested;
	int err;

	if (!vma || !mm)
		return -ENOMEM;
	init_rwsem(&mm->mmap_lock);
	vma->vm_mm = mm;
	brought = anon_inode_getfile("[vmremap]", &fops, NULL, O_RDWR);
	if (IS_ERR(brought))
		return PTR_ERR(brought);
	nested = anon_inode_getfile("[vmremap]", &fops, brought, O_RDWR);
	err = IS_ERR(nested) ? PTR_ERR(nested) : ask(vma, nested, brought);
	/* At once: what files do when they end is in this module. */
	if (!IS_ERR(nested))
		__fput_sync(nested);
	__fput_sync(brought);
	return err;
}
module_init(ask_kernel);

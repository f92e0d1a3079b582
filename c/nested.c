// SPDX-License-Identifier: GPL-2.0
/*
 * An .mmap hook may call another driver's .mmap_prepare through compat_vma_mmap(). Ours puts
 * a file with a reference into desc->vm_file. compat_vma_mmap() takes a second reference, and
 * in Linux 7.3 never puts the first. A later kernel may, so find out by a call on a VMA that
 * no process has.
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

/* True if compat_vma_mmap() leaves the first reference to us to put. */
bool vmremap_nested_leaves_file __ro_after_init;

static int bring_file(struct vm_area_desc *desc)
{
	desc->vm_file = get_file(desc->file->private_data);
	return 0;
}

static const struct file_operations fops = {
	.mmap_prepare = bring_file,
};

static int __init probe(struct vm_area_struct *vma, struct file *nested, struct file *brought)
{
	int err;

	vma->vm_file = get_file(nested);
	down_write(&vma->vm_mm->mmap_lock);
	err = compat_vma_mmap(nested, vma);
	up_write(&vma->vm_mm->mmap_lock);
	/* The VMA's own. The caller has one, a third was left over. */
	fput(vma->vm_file);
	vmremap_nested_leaves_file = !err && file_count(brought) > 1;
	if (vmremap_nested_leaves_file)
		fput(brought);
	return err;
}

/* Once, before any mapping. */
static int __init probe_kernel(void)
{
	/* Of no process, and with only those fields set that compat_vma_mmap() reads. */
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
	err = IS_ERR(nested) ? PTR_ERR(nested) : probe(vma, nested, brought);
	/* At once: their f_op is in this module, which is gone if this fails. */
	if (!IS_ERR(nested))
		__fput_sync(nested);
	__fput_sync(brought);
	return err;
}
module_init(probe_kernel);

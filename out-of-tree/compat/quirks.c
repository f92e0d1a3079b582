// SPDX-License-Identifier: GPL-2.0
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/rwsem.h>
#include <linux/slab.h>

#include "../../c/vma.h"

static vm_fault_t no_access(struct vm_fault *vmf)
{
	return VM_FAULT_SIGBUS;
}

/*
 * Each access raises SIGBUS. This would also hold without .fault if no kernel allowed
 * userfaultfd(2) to leave a marker in any VMA. Linux 6.15 to 7.0 and the first releases of 7.1 do:
 * for a marker, and without .fault, do_fault() returns VM_FAULT_NOPAGE, so that a system call would
 * fault for ever. This .fault must not be that of a VMA that has pages: unlike do_fault() without
 * .fault, it does not look whether the entry was only cleared for a moment.
 */
static const struct vm_operations_struct no_access_vm_ops = { .fault = no_access };

/**
 * vmremap_end_copy - make a VMA inaccessible if a child has inherited it in spite of its area
 * @vma: a copy of a VMA on an area that is %VMREMAP_DONTCOPY
 *
 * Such a VMA has VM_DONTCOPY, but in Linux 6.19 and older kernels MADV_DOFORK clears that. In
 * the child's VMA then each access raises SIGBUS, and by VM_WIPEONFORK it gets none of the parent's
 * private copies.
 *
 * Contract: guarantees PolicyHeld.
 * Context: as vm_operations_struct.open.
 * Return: true if that was done.
 */
bool vmremap_end_copy(struct vm_area_struct *vma)
{
	/* fork(2) makes a copy for another mm; a split of another task's VMA keeps the flag. */
	if (vma->vm_mm == current->mm || vma->vm_flags & VM_DONTCOPY)
		return false;
	vma->vm_ops = &no_access_vm_ops;
	vm_flags_set(vma, VM_WIPEONFORK);
	return true;
}

/* In a kernel without .mmap_prepare, nobody asks. */
#ifndef VMREMAP_LACKS_MMAP_PREPARE
bool vmremap_nested_leaves_file __ro_after_init;

static int bring_file(struct vm_area_desc *desc)
{
	desc->vm_file = get_file(desc->file->private_data);
	return 0;
}

static const struct file_operations probe_fops = {
	.mmap_prepare = bring_file,
};

/* Not fput(), which ends a file later: if the probe fails, its f_op is gone by then. */
DEFINE_FREE(file, struct file *, IS_ERR(_T) ? (void)0 : __fput_sync(_T));

/* Find it out, before any mapping, by a call on a VMA that no process has. */
static int __init probe_kernel(void)
{
	/* Of no process, and with only those fields set that compat_vma_mmap() reads. */
	struct vm_area_struct *vma __free(kfree) = kzalloc_obj(*vma);
	struct mm_struct *mm __free(kfree) = kzalloc_obj(*mm);
	struct file *brought __free(file) = anon_inode_getfile("[vmremap]", &probe_fops, NULL, 0);
	struct file *nested __free(file) = anon_inode_getfile("[vmremap]", &probe_fops, brought, 0);
	int err;

	if (!vma || !mm || IS_ERR(brought) || IS_ERR(nested))
		return -ENOMEM;
	init_rwsem(&mm->mmap_lock);
	vma->vm_mm = mm;
	vma->vm_file = get_file(nested);
	down_write(&mm->mmap_lock);
	err = compat_vma_mmap(nested, vma);
	up_write(&mm->mmap_lock);
	/* This was the VMA's own reference. One is ours: a second one was left to us. */
	fput(vma->vm_file);
	vmremap_nested_leaves_file = !err && file_count(brought) > 1;
	if (vmremap_nested_leaves_file)
		fput(brought);
	return err;
}
module_init(probe_kernel);
#endif

// SPDX-License-Identifier: GPL-2.0
/* What .mmap_prepare callbacks call. */
#include <linux/anon_inodes.h>
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "area.h"
#include "span.h"
#include "vma.h"

/*
 * An .mmap hook may call another driver's .mmap_prepare through compat_vma_mmap(). Ours puts
 * a file with a reference into desc->vm_file. compat_vma_mmap() takes a second reference, and
 * in Linux 7.3 never puts the first. A later kernel may, so find out by a call on a VMA that
 * no process has. This is true if compat_vma_mmap() leaves the first reference to us to put.
 */
static bool nested_leaves_file __ro_after_init;

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

/* Once, before any mapping. */
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
	nested_leaves_file = !err && file_count(brought) > 1;
	if (nested_leaves_file)
		fput(brought);
	return err;
}
module_init(probe_kernel);

/*
 * For vma_mapped(): only because there is a .close does the kernel, when a mapping replaces a
 * VMA, take the vm_ops of that VMA away before it calls .mapped for the new one.
 */
static void vma_close_nothing(struct vm_area_struct *vma)
{
}

static const struct vm_operations_struct prepared_vm_ops;

/*
 * .mmap_prepare has no VMA yet to map into. When this is called, the new VMA is in the tree:
 * prefault it. But compat_vma_mmap(), which an .mmap hook calls for a nested .mmap_prepare,
 * calls this before that. The lookup then finds nothing, or a VMA that is to be replaced and
 * whose vm_ops are gone: leave all to faults, and drop the reference that is left to us.
 */
static int vma_mapped(unsigned long start, unsigned long end, pgoff_t pgoff,
		      const struct file *file, void **vm_private_data)
{
	struct vm_area_struct *vma = vma_lookup(current->mm, start);

	if (!vma || vma->vm_ops != &prepared_vm_ops) {
		if (nested_leaves_file)
			fput((struct file *)file);
	} else if (vmremap_area_of_file(file)) {
		vmremap_prefault(vma);
	}
	return 0;
}

/* Not vmremap_area_vm_ops, because the kernel refuses .mapped in a VMA that .mmap set up. */
static const struct vm_operations_struct prepared_vm_ops = {
	.close = vma_close_nothing,
	.mapped = vma_mapped,
	VMREMAP_COVER_VM_OPS
};

/*
 * Undo an earlier call on the same descriptor that succeeded: the kernel does not put
 * desc->vm_file when the callback fails.
 */
static void take_back(struct vm_area_desc *desc)
{
	if (desc->vm_ops != &prepared_vm_ops)
		return;
	fput(desc->vm_file);
	desc->vm_file = desc->file;
	desc->vm_ops = &vmremap_no_vm_ops;
}

int vmremap_area_mmap_prepare(struct vmremap_area *area,
			      struct vm_area_desc *desc, unsigned long pgoff)
{
	struct vmremap_request req = { .pgoff = pgoff };
	enum vmremap_clause clause;
	vm_flags_t old_flags, vm_flags;

	if (!desc)
		return vmremap_reject(VMREMAP_VMA_INIT, &req);
	req.uaddr = desc->start;
	req.size = desc->end - desc->start;
	old_flags = vma_flags_to_legacy(desc->vma_flags);
	vm_flags = old_flags;

	clause = vmremap_check_area(area, &req);
	if (!clause && (desc->action.type != MMAP_NOTHING || old_flags & VM_PFNMAP ||
			vmremap_has_owner(desc->vm_ops)))
		clause = VMREMAP_VMA_INIT;
	if (!clause)
		clause = vmremap_check_use(area, VMREMAP_PRIVATE_RDONLY, &vm_flags);
	if (clause) {
		take_back(desc);
		return vmremap_reject(clause, &req);
	}

	desc->vm_file = get_file(area->file);
	desc->pgoff = vmremap_area_index(area, &req);
	desc->vma_flags = legacy_to_vma_flags(vm_flags);
	if ((old_flags ^ vm_flags) & VM_EXEC)
		desc->page_prot = vm_get_page_prot(vm_flags);
	desc->vm_ops = &prepared_vm_ops;
	return 0;
}
EXPORT_SYMBOL_GPL(vmremap_area_mmap_prepare);

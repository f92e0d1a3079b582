// SPDX-License-Identifier: GPL-2.0
/* The functions that a driver's .mmap_prepare callback calls. */
#include <linux/export.h>
#include <linux/file.h>
#include <linux/sched.h>

#include "span.h"
#include "vma.h"

static const struct vm_operations_struct prepared_vm_ops;

/*
 * When .mmap_prepare runs, there is no VMA yet. When the kernel calls .mapped, the new VMA is in
 * the tree, so prefault it. But if one driver's .mmap calls another driver's .mmap_prepare by
 * compat_vma_mmap(), that function calls .mapped before the VMA is in the tree. The lookup then
 * finds nothing, or a VMA that is to be replaced and whose vm_ops are gone. In this case, faults
 * map all pages. On some kernels, .mapped must then drop the reference on the file.
 */
static int vma_mapped(unsigned long start, unsigned long end, pgoff_t pgoff,
		      const struct file *file, void **vm_private_data)
{
	struct vm_area_struct *vma = vma_lookup(current->mm, start);

	if (!vma || vma->vm_ops != &prepared_vm_ops) {
		if (vmremap_nested_leaves_file)
			fput((struct file *)file);
	} else if (vmremap_mapping_of(file)) {
		vmremap_prefault(vma);
	}
	return 0;
}

/*
 * An .mmap callback does not set these vm_ops, because the kernel ignores .mapped there. When a new
 * VMA replaces an old one that has them, the kernel first calls their .close and takes them from
 * the old VMA, and then calls .mapped for the new one.
 */
static const struct vm_operations_struct prepared_vm_ops = {
	.mapped = vma_mapped,
	VMREMAP_COVER_VM_OPS
};

/*
 * Undo an earlier call on the same descriptor that succeeded: the kernel does not put
 * desc->vm_file when the callback fails.
 */
static int take_back(struct vm_area_desc *desc, int err)
{
	if (desc->vm_ops == &prepared_vm_ops) {
		fput(desc->vm_file);
		desc->vm_file = desc->file;
		desc->vm_ops = &vmremap_no_vm_ops;
	}
	return err;
}

int vmremap_area_mmap_prepare(struct vmremap_area *area,
			      struct vm_area_desc *desc, unsigned long pgoff)
{
	struct vmremap_request req = { .pgoff = pgoff };
	enum vmremap_clause clause;
	vm_flags_t old_flags, vm_flags;
	struct file *file;

	if (!desc)
		return vmremap_reject(VMREMAP_VMA_INIT, &req);
	req.uaddr = desc->start;
	req.size = desc->end - desc->start;
	old_flags = vma_flags_to_legacy(desc->vma_flags);
	vm_flags = old_flags;

	clause = vmremap_check_area(area, &req);
	if (!clause && (desc->action.type != MMAP_NOTHING || old_flags & VM_PFNMAP ||
			vmremap_has_owner(desc->vm_ops) ||
			(desc->vm_file != desc->file && vmremap_counts(desc->vm_ops))))
		clause = VMREMAP_VMA_INIT;
	clause = clause ?: vmremap_check_use(area, VMREMAP_PRIVATE_RDONLY, &vm_flags);
	if (clause)
		return take_back(desc, vmremap_reject(clause, &req));

	file = vmremap_mapping_file(area, &req, desc->vm_ops, desc->vm_file, desc->pgoff);
	if (IS_ERR(file))
		return take_back(desc, PTR_ERR(file));
	desc->vm_file = file;
	desc->pgoff = vmremap_area_index(area, &req);
	desc->vma_flags = legacy_to_vma_flags(vm_flags);
	if ((old_flags ^ vm_flags) & VM_EXEC)
		desc->page_prot = vm_get_page_prot(vm_flags);
	desc->vm_ops = &prepared_vm_ops;
	return 0;
}
EXPORT_SYMBOL_GPL(vmremap_area_mmap_prepare);

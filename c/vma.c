// SPDX-License-Identifier: GPL-2.0
#include <linux/personality.h>
#include <linux/sched.h>

#include "area.h"
#include "vma.h"

/* As the kernel's vma_dummy_vm_ops, which modules cannot have. */
const struct vm_operations_struct vmremap_no_vm_ops = {};

/**
 * vmremap_check_vma - is the VMA free for vmremap?
 * @vma: the VMA
 * @ours: vm_ops that vmremap may have put there before, or NULL
 *
 * Contract: checks VmaInit.
 * Return: VmaInit, or %VMREMAP_HOLDS: somebody has the mmap lock, and no owner has
 * put its vm_ops or a map of bare page frames there.
 */
enum vmremap_clause vmremap_check_vma(const struct vm_area_struct *vma,
				      const struct vm_operations_struct *ours)
{
	if (WARN_ONCE(!rwsem_is_locked(&vma->vm_mm->mmap_lock),
		      "vmremap: mapped outside of an .mmap callback\n") ||
	    vma->vm_flags & VM_PFNMAP || (vma->vm_ops != ours && vmremap_has_owner(vma->vm_ops)))
		return VMREMAP_VMA_INIT;
	return VMREMAP_HOLDS;
}

/**
 * vmremap_end_copy - make a VMA inaccessible if a child has inherited it in spite of its area
 * @vma: a copy of a VMA on an area that is %VMREMAP_DONTCOPY
 *
 * Such a VMA has VM_DONTCOPY, but in Linux 6.19 and older kernels MADV_DOFORK clears that. The
 * child's VMA then gets no fault handler, so that each access raises SIGBUS, and by
 * VM_WIPEONFORK none of the parent's private copies.
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
	vma->vm_ops = &vmremap_no_vm_ops;
	vm_flags_set(vma, VM_WIPEONFORK);
	return true;
}

/**
 * vmremap_check_use - may an area be mapped in this way?
 * @area: the area
 * @private: what a private mapping may do
 * @vm_flags: as for vmremap_policy()
 *
 * Contract: checks NotRevoked, PolicyHeld.
 * Return: NotRevoked, PolicyHeld or %VMREMAP_HOLDS.
 */
enum vmremap_clause vmremap_check_use(const struct vmremap_area *area,
				      enum vmremap_private private, vm_flags_t *vm_flags)
{
	if (READ_ONCE(area->state) == VMREMAP_REVOKED)
		return VMREMAP_NOT_REVOKED;
	return vmremap_policy(area->flags, private,
			      current->personality & READ_IMPLIES_EXEC, vm_flags);
}

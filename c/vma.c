// SPDX-License-Identifier: GPL-2.0
#include <linux/personality.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "vma.h"

/* Like vma_dummy_vm_ops, which the kernel does not export. */
const struct vm_operations_struct vmremap_no_vm_ops = {};

/**
 * vmremap_has_owner - do vm_ops show that somebody has mapped a VMA, or will map it?
 * @ops: any vm_ops, or NULL
 *
 * The kernel's default vm_ops are empty. A driver that only counts VMAs sets .open and .close, and
 * leaves it to vmremap to map pages.
 *
 * Contract: requires nothing.
 * Return: true if @ops must not be replaced.
 */
bool vmremap_has_owner(const struct vm_operations_struct *ops)
{
	__auto_type rest = ops ? *ops : vmremap_no_vm_ops;

	rest.open = NULL;
	rest.close = NULL;
	return vmremap_is_own(ops) || memchr_inv(&rest, 0, sizeof(rest));
}

/**
 * vmremap_check_vma - may vmremap map an area into a VMA?
 * @vma: the VMA
 * @ours: vm_ops that an earlier call of vmremap may have set, or NULL
 *
 * Contract: checks VmaInit.
 * Return: VmaInit, or %VMREMAP_HOLDS: the mmap lock is held, and @vma has neither VM_PFNMAP
 * nor vm_ops, other than @ours, that map pages.
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

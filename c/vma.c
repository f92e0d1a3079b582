// SPDX-License-Identifier: GPL-2.0
#include "vma.h"

/* As the kernel's vma_dummy_vm_ops, which modules cannot have. */
const struct vm_operations_struct vmremap_no_vm_ops = {};

/**
 * vmremap_check_vma - is the VMA free for vmremap?
 * @vma: the VMA
 *
 * Contract: checks VmaInit.
 * Return: VmaInit, or %VMREMAP_HOLDS: no owner has put its vm_ops or a map of
 * bare page frames there.
 */
enum vmremap_clause vmremap_check_vma(const struct vm_area_struct *vma)
{
	if (vma->vm_flags & VM_PFNMAP || vmremap_has_owner(vma->vm_ops))
		return VMREMAP_VMA_INIT;
	return VMREMAP_HOLDS;
}

// SPDX-License-Identifier: GPL-2.0
#include <linux/mm.h>

#include "map.h"
#include "pieces.h"
#include "takeback.h"

/* As the kernel's vma_dummy_vm_ops, which modules cannot have. */
const struct vm_operations_struct vmremap_no_vm_ops = {};

/**
 * vmremap_take_back - after a failure, undo what went well before it
 * @vma: a VMA that is being set up
 * @err: how the last call ended
 *
 * The kernel does not close a VMA whose .mmap callback fails: pieces that earlier
 * calls have mapped there would keep their references for ever.
 *
 * Contract: requires VmaInit, AreaOutlives; guarantees AllOrNothing.
 * Return: @err.
 */
int vmremap_take_back(struct vm_area_struct *vma, int err)
{
	if (vma->vm_ops != &vmremap_area_vm_ops &&
	    vma->vm_ops != &vmremap_pieces_vm_ops)
		return err;

	zap_vma_range(vma, vma->vm_start, vma->vm_end - vma->vm_start);
	if (vma->vm_ops->close)
		vma->vm_ops->close(vma);
	vma->vm_ops = &vmremap_no_vm_ops;
	return err;
}

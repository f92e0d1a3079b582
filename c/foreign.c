// SPDX-License-Identifier: GPL-2.0
/*
 * Vmalloc memory that is no area's own. Its pages live while they are mapped,
 * but nothing tells when the memory behind the addresses becomes another's: so
 * there is no fault handler, and all is mapped at once.
 */
#include <linux/mm.h>
#include <linux/vmalloc.h>

#include "foreign.h"
#include "reject.h"

/*
 * find_vm_area() is not for modules. There, the kernel's own function judges
 * the area, but it takes any range for granted whose size the area has, even
 * when it starts in the middle: walk the range first, for it to have no hole.
 */
static enum vmremap_clause check_no_hole(const struct vmremap_request *req)
{
	unsigned long addr = req->kaddr + (req->pgoff << PAGE_SHIFT);
	unsigned long end = addr + PAGE_ALIGN(req->size);

	if (!is_vmalloc_addr((void *)req->kaddr) ||
	    !vmalloc_to_page((void *)req->kaddr))
		return VMREMAP_AREA_VALID;
	if (!is_vmalloc_addr((void *)(end - 1)))
		return VMREMAP_RANGE_IN_AREA;
	for (; addr < end; addr += PAGE_SIZE)
		if (!vmalloc_to_page((void *)addr))
			return VMREMAP_RANGE_IN_AREA;
	return VMREMAP_HOLDS;
}

/**
 * vmremap_map_foreign - map vmalloc memory that is no area's own
 * @vma: the VMA
 * @req: a request that vmremap_check_request() accepts, and that stays in @vma
 *
 * Context: An .mmap callback. May sleep.
 * Return: as vmremap_range_partial().
 */
int vmremap_map_foreign(struct vm_area_struct *vma,
			const struct vmremap_request *req)
{
	enum vmremap_clause clause = check_no_hole(req);
	int err;

	if (!clause && vma->vm_flags & VM_PFNMAP)
		clause = VMREMAP_VMA_INIT;
	if (clause)
		return vmremap_reject(clause, req);
	if (req->uaddr != vma->vm_start || req->uaddr + PAGE_ALIGN(req->size) != vma->vm_end)
		return -EOPNOTSUPP;

	err = remap_vmalloc_range(vma, (void *)req->kaddr, req->pgoff);
	if (err)
		zap_vma_range(vma, vma->vm_start, vma->vm_end - vma->vm_start);
	/* All else that it refuses was refused above. */
	return err == -EINVAL ? vmremap_reject(VMREMAP_AREA_SHAREABLE, req) : err;
}

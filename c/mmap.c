// SPDX-License-Identifier: GPL-2.0
/* The functions that a driver's .mmap callback calls. */
#include <linux/export.h>

#include "vma.h"

/*
 * If a call fails, undo what earlier calls have set up in the VMA, in case the driver ignores the
 * failure: from now on, no fault maps anything, and vmremap_has_owner() is true. The pages
 * that are mapped, and the pieces, belong to the VMA's file: if the callback fails, the kernel
 * puts that file and then unmaps the pages, for which vmremap_cache_drop() waits.
 */
static noinline __cold int take_back(struct vm_area_struct *vma, int err)
{
	if (vmremap_is_own(vma->vm_ops))
		vma->vm_ops = &vmremap_no_vm_ops;
	return err;
}

int vmremap_area_mmap(struct vmremap_area *area, struct vm_area_struct *vma, unsigned long pgoff)
{
	struct vmremap_request req = { .pgoff = pgoff };
	enum vmremap_clause clause;
	int err;

	if (!vma)
		return vmremap_reject(VMREMAP_VMA_INIT, &req);
	req.uaddr = vma->vm_start;
	req.size = vma->vm_end - vma->vm_start;
	clause = vmremap_check_area(area, &req);
	err = clause ? vmremap_reject(clause, &req) :
		       vmremap_cover(area, vma, &req, VMREMAP_PRIVATE_RDONLY);
	return err ? take_back(vma, err) : 0;
}
EXPORT_SYMBOL_GPL(vmremap_area_mmap);

/**
 * map_range - map memory of an area, or plain vmalloc memory
 * @vma: the VMA
 * @req: any request
 *
 * Contract: requires VmaInit; checks AddrAligned, SizeNonZero, RangeNoWrap,
 *	RangeInVma, AreaValid (2), RangeInArea (2), AreaShareable, VmaInit (3),
 *	NotRevoked (2), PolicyHeld (2); guarantees RightPage, PagesOutlive, AreaOutlives.
 * Return: as vmremap_range_partial().
 */
static int map_range(struct vm_area_struct *vma, const struct vmremap_request *req)
{
	enum vmremap_clause clause = vmremap_check_request(req) ?:
				     vmremap_check_in_vma(req, vma->vm_start, vma->vm_end);

	if (clause)
		return vmremap_reject(clause, req);

	struct vmremap_area *area __free(vmremap_area) = vmremap_index_get(req->kaddr);

	if (!area)
		return vmremap_map_foreign(vma, req);
	clause = IS_ERR(area) ? VMREMAP_AREA_VALID :
				vmremap_check_in_area(req, (unsigned long)area->addr, area->pages);
	if (clause)
		return vmremap_reject(clause, req);
	if (PAGE_ALIGN(req->size) == vma->vm_end - vma->vm_start)
		return vmremap_cover(area, vma, req, VMREMAP_PRIVATE_COPIES);
	return vmremap_map_piece(area, vma, req);
}

int vmremap_range_partial(struct vm_area_struct *vma, unsigned long uaddr,
			  void *kaddr, unsigned long pgoff, unsigned long size)
{
	struct vmremap_request req = { .uaddr = uaddr, .kaddr = (unsigned long)kaddr,
				       .pgoff = pgoff, .size = size };
	int err;

	if (!vma)
		return vmremap_reject(VMREMAP_VMA_INIT, &req);
	err = map_range(vma, &req);
	return err ? take_back(vma, err) : 0;
}
EXPORT_SYMBOL_GPL(vmremap_range_partial);

int vmremap_range(struct vm_area_struct *vma, void *addr, unsigned long pgoff)
{
	return vmremap_range_partial(vma, vma ? vma->vm_start : 0, addr, pgoff,
				     vma ? vma->vm_end - vma->vm_start : 0);
}
EXPORT_SYMBOL_GPL(vmremap_range);

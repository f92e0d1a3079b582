// SPDX-License-Identifier: GPL-2.0
/* The drop-ins for remap_vmalloc_range() and remap_vmalloc_range_partial(). */
#include <linux/export.h>
#include <linux/mm.h>

#include "area.h"
#include "foreign.h"
#include "index.h"
#include "map.h"
#include "pieces.h"
#include "reject.h"
#include "takeback.h"
#include "vmremap.h"

/**
 * map_own - map an area's own memory
 * @area: the area that @req->kaddr lies in
 * @vma: the VMA
 * @req: a request that vmremap_check_request() accepts, and that stays in @vma
 *
 * Contract: requires AddrAligned, SizeNonZero, RangeNoWrap, RangeInVma,
 *	AreaValid, VmaInit, AreaOutlives; checks RangeInArea (2), VmaInit (2),
 *	PolicyHeld (2); meets RangeNoWrap, AreaValid; guarantees RightPage,
 *	PagesOutlive, AreaOutlives.
 * Return: as vmremap_range_partial().
 */
static int map_own(struct vmremap_area *area, struct vm_area_struct *vma,
		   const struct vmremap_request *req)
{
	unsigned long addr = (unsigned long)area->addr;
	unsigned long index = req->pgoff + ((req->kaddr - addr) >> PAGE_SHIFT);
	enum vmremap_clause clause;

	clause = vmremap_check_in_area(req, addr, area->pages);
	if (clause)
		return vmremap_reject(clause, req);
	if (PAGE_ALIGN(req->size) == vma->vm_end - vma->vm_start)
		return vmremap_map_vma(area, vma, index, VMREMAP_PRIVATE_COPIES);
	return vmremap_map_piece(area, vma, req, index);
}

/**
 * map_range - map whatever memory it is
 * @vma: the VMA
 * @req: any request
 *
 * Contract: requires VmaInit; checks AddrAligned, SizeNonZero, RangeNoWrap,
 *	RangeInVma, AreaValid, RangeInArea (2), AreaShareable, VmaInit (2),
 *	PolicyHeld; guarantees RightPage, PagesOutlive, AreaOutlives.
 * Return: as vmremap_range_partial().
 */
static int map_range(struct vm_area_struct *vma,
		     const struct vmremap_request *req)
{
	enum vmremap_clause clause = vmremap_check_request(req);
	struct vmremap_area *area;
	int err;

	if (!clause)
		clause = vmremap_check_in_vma(req, vma->vm_start, vma->vm_end);
	if (clause)
		return vmremap_reject(clause, req);

	area = vmremap_index_get_by_addr(req->kaddr);
	if (!area)
		return vmremap_map_foreign(vma, req);
	err = map_own(area, vma, req);
	vmremap_area_put(area);
	return err;
}

int vmremap_range_partial(struct vm_area_struct *vma, unsigned long uaddr,
			  void *kaddr, unsigned long pgoff, unsigned long size)
{
	struct vmremap_request req = {
		.uaddr = uaddr,
		.kaddr = (unsigned long)kaddr,
		.pgoff = pgoff,
		.size = size,
	};
	int err;

	if (!vma)
		return vmremap_reject(VMREMAP_VMA_INIT, &req);
	err = map_range(vma, &req);
	return err ? vmremap_take_back(vma, err) : 0;
}
EXPORT_SYMBOL_GPL(vmremap_range_partial);

int vmremap_range(struct vm_area_struct *vma, void *addr, unsigned long pgoff)
{
	struct vmremap_request req = {
		.kaddr = (unsigned long)addr,
		.pgoff = pgoff,
	};

	if (!vma)
		return vmremap_reject(VMREMAP_VMA_INIT, &req);
	return vmremap_range_partial(vma, vma->vm_start, addr, pgoff,
				     vma->vm_end - vma->vm_start);
}
EXPORT_SYMBOL_GPL(vmremap_range);

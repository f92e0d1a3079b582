// SPDX-License-Identifier: GPL-2.0
/*
 * Plain vmalloc memory, which belongs to no area. A page lives while it is mapped,
 * but vmremap does not notice when the driver frees the memory and the addresses are
 * used for other memory. So no fault handler may look an address up later, and all
 * pages are mapped at once.
 */
#include <linux/vmalloc.h>

#include "vma.h"

/* Unlike vmremap_no_vm_ops, these do not mark a VMA as taken, so that another part can follow. */
static const struct vm_operations_struct empty_vm_ops = {};

/*
 * The kernel does not export find_vm_area(). remap_vmalloc_range() looks the vmalloc
 * area up and checks it, but it compares the length of the range with the size of the
 * whole area. This is wrong if the address is in the middle of the area. In that case,
 * first search for the end of the area.
 */
static bool mapped(unsigned long kaddr)
{
	return is_vmalloc_addr((void *)kaddr) && vmalloc_to_page((void *)kaddr);
}

/* A guard page follows each vmalloc area, and one that userspace may map has no hole. */
static bool leaves_area(const struct vmremap_request *req)
{
	unsigned long addr = req->kaddr;
	unsigned long end = addr + (req->pgoff << PAGE_SHIFT) + req->size;

	for (; addr < end; addr += PAGE_SIZE) {
		if (!mapped(addr))
			return true;
		cond_resched();
	}
	return false;
}

static int remap(struct vm_area_struct *vma, const struct vmremap_request *req)
{
#ifndef MODULE
	return remap_vmalloc_range_partial(vma, req->uaddr, (void *)req->kaddr,
					   req->pgoff, req->size);
#else
	if (PAGE_ALIGN(req->size) != vma->vm_end - vma->vm_start)
		return -EOPNOTSUPP;
	return remap_vmalloc_range(vma, (void *)req->kaddr, req->pgoff);
#endif
}

/**
 * vmremap_map_foreign - map plain vmalloc memory
 * @vma: the VMA
 * @req: a request that vmremap_check_request() accepts, and that stays in @vma
 *
 * Contract: requires AddrAligned, SizeNonZero, RangeNoWrap, RangeInVma,
 *	VmaInit; checks AreaValid, RangeInArea (2), AreaShareable,
 *	VmaInit; guarantees RightPage, PagesOutlive, AllOrNothing.
 * Context: An .mmap callback. May sleep.
 * Return: as vmremap_range_partial().
 */
int vmremap_map_foreign(struct vm_area_struct *vma, const struct vmremap_request *req)
{
	enum vmremap_clause clause = VMREMAP_HOLDS;
	int err;

	if (!mapped(req->kaddr))
		clause = VMREMAP_AREA_VALID;
	else if (mapped(req->kaddr - PAGE_SIZE) && leaves_area(req))
		clause = VMREMAP_RANGE_IN_AREA;
	else if (vma->vm_flags & VM_PFNMAP || vmremap_is_own(vma->vm_ops))
		clause = VMREMAP_VMA_INIT;
	if (clause)
		return vmremap_reject(clause, req);

	/* Without vm_ops, mm takes a VMA for anonymous: an access after a zap would find zeroes. */
	vma->vm_ops = vma->vm_ops ?: &empty_vm_ops;
	/* If this fails, the callback must fail, and the kernel unmaps pages that were mapped. */
	err = remap(vma, req);
	if (err != -EINVAL)
		return err;
	/* remap_vmalloc_range() returns -EINVAL for two clauses: find out which one. */
	return vmremap_reject(leaves_area(req) ? VMREMAP_RANGE_IN_AREA :
						 VMREMAP_AREA_SHAREABLE, req);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Plain vmalloc memory, which belongs to no area. Its pages live while they are
 * mapped, but nothing tells when the memory behind the addresses becomes another's.
 * So there is no fault handler, and all is mapped at once.
 */
#include <linux/vmalloc.h>

#include "vma.h"

/*
 * find_vm_area() is not for modules. The kernel's own function judges the area,
 * but compares the range with the size of the whole of it, which is wrong for
 * an address in the middle: there, look for the area's end first.
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

	/* What this has mapped when it fails, the kernel unmaps if the callback fails, too. */
	err = remap(vma, req);
	if (err != -EINVAL)
		return err;
	/* The kernel's one errno, clause by clause. */
	return vmremap_reject(leaves_area(req) ? VMREMAP_RANGE_IN_AREA :
						 VMREMAP_AREA_SHAREABLE, req);
}

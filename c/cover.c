// SPDX-License-Identifier: GPL-2.0
/*
 * A whole VMA on one area: vm_file is the area's file, or a file with the same page cache, see
 * mapping.c. This file keeps the area alive. vm_pgoff is the index of the first page. The kernel
 * keeps both right when it splits, moves or copies a VMA.
 */
#include <linux/file.h>

#include "revoke.h"
#include "span.h"
#include "vma.h"

/**
 * vmremap_cover_map_pages - the .map_pages of a VMA on one area
 * @vmf: the fault
 * @first: index of the first page that the kernel asks for
 * @last: index of the last
 *
 * Called for reads. Maps the pages that vmremap_map_around() chooses, not only those from @first
 * to @last. If the page at the address is not mapped here, the kernel calls vmremap_cover_fault(),
 * which may sleep.
 *
 * Contract: requires RangeInVma, RangeInArea; guarantees RightPage, PagesOutlive,
 *	NoUserAccess.
 * Context: as vm_operations_struct.map_pages: does not sleep.
 * Return: as vm_operations_struct.map_pages.
 */
vm_fault_t vmremap_cover_map_pages(struct vm_fault *vmf, pgoff_t first, pgoff_t last)
{
	struct vmremap_span span = vmremap_span_of_vma(vmf->vma);
	vm_fault_t ret;

	/* If a driver has set one of these flags, splitting a PMD leaks the entry's reference. */
	if (!span.area || vmf->vma->vm_flags & (VM_MIXEDMAP | VM_PFNMAP) ||
	    !vmremap_insert_begin(span.area))
		return 0;
	ret = vmremap_map_around(vmf, &span);
	vmremap_insert_end(span.area);
	return ret;
}

/**
 * vmremap_cover_fault - the .fault of a VMA on one area
 * @vmf: the fault
 *
 * Contract: requires RangeInVma, RangeInArea; guarantees RightPage, PagesOutlive,
 *	NoUserAccess.
 * Context: as vm_operations_struct.fault.
 * Return: as vm_operations_struct.fault.
 */
vm_fault_t vmremap_cover_fault(struct vm_fault *vmf)
{
	struct vmremap_span span = vmremap_span_of_vma(vmf->vma);
	vm_fault_t ret = 0;

	if (WARN_ONCE(!span.area || vmf->vma->vm_flags & VM_PFNMAP,
		      "vmremap: the driver has changed vm_file, or set VM_PFNMAP\n"))
		return VM_FAULT_SIGBUS;
	/* Copies are only made of areas that are not revocable, so the state is open. */
	if (vmremap_fault_copies(vmf))
		return vmremap_give_locked(vmf, &span);
	if (!vmremap_insert_begin(span.area))
		return vmremap_wait_thawed(span.area, vmf);
	if (!(vmf->vma->vm_flags & VM_MIXEDMAP))
		ret = vmremap_map_around(vmf, &span);
	else if (!vmremap_fault_has_marker(vmf))
		ret = vmremap_insert_page(vmf, &span);
	vmremap_insert_end(span.area);
	return ret ?: vmremap_give_locked(vmf, &span);
}

const struct vm_operations_struct vmremap_area_vm_ops = {
	VMREMAP_COVER_VM_OPS
};

/**
 * vmremap_cover - cover a VMA with an area
 * @area: the area
 * @vma: the VMA
 * @req: a request for the whole VMA that lies within @area
 * @private: what a private mapping may do
 *
 * Contract: requires AddrAligned, SizeNonZero, RangeNoWrap, RangeInVma, AreaValid,
 *	RangeInArea, VmaInit, AreaOutlives; checks VmaInit, NotRevoked, PolicyHeld; guarantees
 *	RightPage, PagesOutlive, AreaOutlives, AllOrNothing.
 * Context: An .mmap callback. May sleep.
 * Return: as vmremap_area_mmap().
 */
int vmremap_cover(struct vmremap_area *area, struct vm_area_struct *vma,
		  const struct vmremap_request *req, enum vmremap_private private)
{
	vm_flags_t vm_flags = vma->vm_flags;
	enum vmremap_clause clause = vmremap_check_vma(vma, NULL) ?:
				     vmremap_check_use(area, private, &vm_flags);
	struct file *file;

	if (clause)
		return vmremap_reject(clause, req);
	file = vmremap_mapping_file(area, req, vma->vm_ops, vma->vm_file, vma->vm_pgoff);
	if (IS_ERR(file))
		return PTR_ERR(file);

	vmremap_set_vm_flags(vma, vm_flags);
	vma->vm_ops = &vmremap_area_vm_ops;
	vma->vm_pgoff = vmremap_area_index(area, req);
	vma_set_file(vma, file);
	fput(file);

	/* The VMA is in i_mmap only after this callback, so revoke could not find these entries. */
	if (!(area->flags & VMREMAP_REVOCABLE))
		vmremap_prefault(vma);
	return 0;
}

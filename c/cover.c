// SPDX-License-Identifier: GPL-2.0
/*
 * A whole VMA on one area: vm_file is the area's in place of the driver's, and
 * keeps the area; vm_pgoff is the index of the first page. The kernel keeps both
 * right through splits, moves and forks.
 */
#include <linux/mm.h>

#include "cover.h"
#include "revoke.h"
#include "span.h"
#include "vma.h"

/**
 * vmremap_cover_huge_fault - the .huge_fault of a VMA on one area
 * @vmf: the fault
 * @order: size of the entry that is asked for
 *
 * Contract: requires RangeInVma, RangeInArea; guarantees RightPage, PagesOutlive,
 *	NoUserAccess.
 * Context: as vm_operations_struct.huge_fault.
 * Return: as vm_operations_struct.huge_fault.
 */
vm_fault_t vmremap_cover_huge_fault(struct vm_fault *vmf, unsigned int order)
{
	struct vmremap_area *area = vmremap_area_of_file(vmf->vma->vm_file);
	struct vmremap_span span = vmremap_span_of_vma(area, vmf->vma);
	vm_fault_t ret;

	if (WARN_ONCE(!area, "vmremap: the driver has changed vm_file\n"))
		return VM_FAULT_SIGBUS;
	if (!vmremap_insert_begin(area))
		return vmremap_wait_thawed(area, vmf);
	ret = order ? vmremap_huge_fault(vmf, order, &span) : vmremap_fault(vmf, &span);
	vmremap_insert_end(area);
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
	return vmremap_cover_huge_fault(vmf, 0);
}

const struct vm_operations_struct vmremap_area_vm_ops = {
	.fault = vmremap_cover_fault,
	.huge_fault = vmremap_cover_huge_fault,
};

/**
 * vmremap_cover - cover a VMA with an area
 * @area: the area
 * @vma: the VMA
 * @req: a request for the whole VMA that stays in @area
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
	const struct vm_operations_struct *old_ops = vma->vm_ops;
	unsigned long old_pgoff = vma->vm_pgoff;
	struct file *old_file = vma->vm_file;
	vm_flags_t old_flags = vma->vm_flags;
	pgprot_t old_prot = vma->vm_page_prot;
	vm_flags_t vm_flags = old_flags;
	enum vmremap_clause clause;
	int err;

	clause = vmremap_check_vma(vma);
	if (!clause)
		clause = vmremap_check_use(area, private, &vm_flags);
	if (clause)
		return vmremap_reject(clause, req);

	vmremap_set_vm_flags(vma, vm_flags);
	vma->vm_ops = &vmremap_area_vm_ops;
	vma->vm_pgoff = vmremap_area_index(area, req);
	vma_set_file(vma, area->file);

	/* Until the mmap has ended, who takes the area back does not find this VMA. */
	if (area->flags & VMREMAP_REVOCABLE)
		return 0;
	err = vmremap_prefault(area, vma);
	if (err) {
		zap_vma_range(vma, req->uaddr, req->size);
		vm_flags_init(vma, old_flags);
		vma->vm_page_prot = old_prot;
		vma->vm_ops = old_ops;
		vma->vm_pgoff = old_pgoff;
		vma_set_file(vma, old_file);
	}
	return err;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Map pages when a program touches them.
 *
 * No PMD goes into a mixed map, which would split it without giving its
 * reference back. Prefaulting leaves none, but a driver can set the flag again.
 */
#include "fault.h"

/* How many PMDs one fault maps: entries of one table, so few that it is quick. */
#define AROUND_PMDS	min(2 * VMREMAP_AROUND_PAGES, (unsigned long)PTRS_PER_PMD)

/* The part of @span in the naturally aligned window of @size around @addr. */
static void around(const struct vmremap_span *span, unsigned long addr,
		   unsigned long size, unsigned long *from, unsigned long *to)
{
	unsigned long start = ALIGN_DOWN(addr, size);

	*from = max(start, span->start);
	*to = span->end - start > size ? start + size : span->end;
}

/* Map the page that was touched, and its neighbours as far as they go. */
static vm_fault_t fault_around(struct vm_fault *vmf,
			       const struct vmremap_span *span)
{
	vm_fault_t ret = VM_FAULT_NOPAGE;
	unsigned long addr, end;

	around(span, vmf->address, VMREMAP_AROUND_PAGES << PAGE_SHIFT, &addr, &end);
	for (; addr < end; addr += PAGE_SIZE) {
		struct vm_fault here = { .vma = vmf->vma, .address = addr };
		struct vmremap_place place = vmremap_place_find(span, addr);
		bool touched = addr == vmf->address;
		vm_fault_t one;

		one = vmf_insert_page_mkwrite(&here,
					      vmremap_place_page(span, &place),
					      touched && vmf->flags & FAULT_FLAG_WRITE);
		if (touched)
			ret = one;
	}
	return ret;
}

/**
 * vmremap_fault - map the page that was touched, and more where that is cheap
 * @vmf: the fault
 * @span: the pages around it that may be mapped, all of them in the VMA
 *
 * Contract: requires RangeInVma, RangeInArea, AreaOutlives; guarantees
 *	RightPage, PagesOutlive.
 * Context: as vm_operations_struct.fault.
 * Return: as vm_operations_struct.fault.
 */
vm_fault_t vmremap_fault(struct vm_fault *vmf, const struct vmremap_span *span)
{
	struct vmremap_place place = vmremap_place_find(span, vmf->address);
	vm_flags_t vm_flags = vmf->vma->vm_flags;
	bool copies = vmf->flags & FAULT_FLAG_WRITE && !(vm_flags & VM_SHARED);
	bool whole = vmremap_left_to_fault(span, &place) &&
		     !(vm_flags & VM_MIXEDMAP);

	if (!place.block.pages)
		return VM_FAULT_SIGBUS;
	if (!copies && !whole)
		return fault_around(vmf, span);

	/* finish_fault() maps the whole block. */
	vmf->page = vmremap_place_page(span, &place);
	get_page(vmf->page);
	return 0;
}

#ifdef CONFIG_TRANSPARENT_HUGEPAGE
/**
 * vmremap_huge_fault - map the PMD that was touched, and its neighbours
 * @vmf: the fault
 * @order: size of the entry that is asked for
 * @span: the pages around it that may be mapped, all of them in the VMA
 *
 * Contract: requires RangeInVma, RangeInArea, AreaOutlives; guarantees
 *	RightPage, PagesOutlive.
 * Context: as vm_operations_struct.huge_fault.
 * Return: as vm_operations_struct.huge_fault.
 */
vm_fault_t vmremap_huge_fault(struct vm_fault *vmf, unsigned int order,
			      const struct vmremap_span *span)
{
	const struct vmremap_layout *layout = &span->area->layout;
	vm_fault_t ret = VM_FAULT_FALLBACK;
	unsigned long addr, end, nr;

	if (order != PMD_ORDER || PMD_ORDER > VMREMAP_MAX_ORDER ||
	    !(vmf->vma->vm_flags & VM_MAYSHARE) ||
	    vmf->vma->vm_flags & VM_MIXEDMAP)
		return VM_FAULT_FALLBACK;

	around(span, vmf->address, AROUND_PMDS << PMD_SHIFT, &addr, &end);
	addr = ALIGN(addr, PMD_SIZE);
	nr = span->index + ((addr - span->start) >> PAGE_SHIFT);
	if (!IS_ALIGNED(nr, PTRS_PER_PTE))
		return VM_FAULT_FALLBACK;

	/* The largest blocks come first: numbers of PMDs are theirs. */
	nr /= PTRS_PER_PTE;
	for (; nr < layout->blocks[PMD_ORDER] && end - addr >= PMD_SIZE &&
	     addr < end; nr++, addr += PMD_SIZE) {
		struct vm_fault here = {
			.vma = vmf->vma,
			.address = addr,
			.pmd = vmf->pmd + pmd_index(addr) - pmd_index(vmf->address),
		};
		bool touched = vmf->address - addr < PMD_SIZE;
		vm_fault_t one;

		one = vmf_insert_folio_pmd(&here, span->area->folios[nr],
					   touched && vmf->flags & FAULT_FLAG_WRITE);
		if (touched)
			ret = one;
	}
	return ret;
}
#else
vm_fault_t vmremap_huge_fault(struct vm_fault *vmf, unsigned int order,
			      const struct vmremap_span *span)
{
	return VM_FAULT_FALLBACK;
}
#endif

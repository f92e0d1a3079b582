// SPDX-License-Identifier: GPL-2.0
/*
 * Map pages when a program touches them: as many as one page table holds.
 *
 * No PMD goes into a mixed map, which would split it without giving its
 * reference back. vmremap makes none, but a driver can set the flag again.
 */
#include <linux/pagemap.h>

#include "fault.h"
#include "insert.h"

/* How many PMDs one fault maps: so few that it is quick. */
#define AROUND_PMDS	32UL

/**
 * vmremap_fault - map the page that was touched, and those around it
 * @vmf: the fault
 * @span: the whole VMA
 *
 * Contract: requires RangeInVma, RangeInArea, AreaOutlives; guarantees
 *	RightPage, PagesOutlive.
 * Context: as vm_operations_struct.fault.
 * Return: as vm_operations_struct.fault.
 */
vm_fault_t vmremap_fault(struct vm_fault *vmf, const struct vmremap_span *span)
{
	struct page *page = vmremap_span_page(span, vmf->address);
	struct vmremap_span table;
	vm_fault_t ret;

	if (!page)
		return VM_FAULT_SIGBUS;
	if (vmremap_fault_copies(vmf))
		return vmremap_fault_give(vmf, page);
	if (vmf->vma->vm_flags & VM_MIXEDMAP)
		return vmremap_insert_fault(vmf, span);

	table = vmremap_span_around(span, vmf->address, PMD_SIZE);
	ret = filemap_map_pages(vmf, table.index,
				vmremap_span_index(&table, table.end - 1));
	/* It passes over a folio that another task has locked. */
	return ret ?: vmremap_fault_give(vmf, page);
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
	struct vmremap_span table = vmremap_span_around(span, vmf->address, PUD_SIZE);
	unsigned long addr = ALIGN(table.start, PMD_SIZE);
	unsigned long index = vmremap_span_index(&table, addr);
	vm_fault_t ret = VM_FAULT_FALLBACK;
	unsigned long nr, touched, end;

	if (order != PMD_ORDER || PMD_ORDER > VMREMAP_MAX_ORDER ||
	    !(vmf->vma->vm_flags & VM_MAYSHARE) ||
	    vmf->vma->vm_flags & VM_MIXEDMAP || !IS_ALIGNED(index, PTRS_PER_PTE) ||
	    vmf->address < addr)
		return VM_FAULT_FALLBACK;

	/* The largest blocks come first: numbers of PMDs are theirs. */
	nr = index / PTRS_PER_PTE;
	touched = nr + (vmf->address - addr) / PMD_SIZE;
	end = min(span->area->layout.blocks[PMD_ORDER], nr + (table.end - addr) / PMD_SIZE);
	end = min(end, ALIGN_DOWN(touched, AROUND_PMDS) + AROUND_PMDS);
	for (nr = max(nr, ALIGN_DOWN(touched, AROUND_PMDS)); nr < end; nr++) {
		struct vm_fault here = {
			.vma = vmf->vma,
			.address = addr + (nr - index / PTRS_PER_PTE) * PMD_SIZE,
			.pmd = vmf->pmd + (long)(nr - touched),
		};
		bool write = nr == touched && vmf->flags & FAULT_FLAG_WRITE;
		struct folio *folio = span->area->folios[nr];
		vm_fault_t one = VM_FAULT_FALLBACK;

		/* Page by page, those whose memory has not failed can be had. */
		if (!folio_test_has_hwpoisoned(folio))
			one = vmf_insert_folio_pmd(&here, folio, write);

		if (nr == touched)
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

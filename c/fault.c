// SPDX-License-Identifier: GPL-2.0
/*
 * Map pages: when a program touches them, as many as one page table holds; and
 * when a VMA is set up, those that faults would map at too high a cost.
 *
 * No PMD goes into a mixed map, which would split it without giving its
 * reference back. vmremap makes none, but a driver can set the flag again.
 */
#include <linux/pagemap.h>

#include "revoke.h"
#include "span.h"

/* How many PMDs one fault maps: so few that it is quick. */
#define AROUND_PMDS	32UL

/* How many pages a fault tries to map. */
#define AROUND_PAGES	16UL

/* So many pages of a page table cost less to insert than a fault would. */
#define CHEAP_PAGES	8UL

/* Where the fault ends in a private copy of the page, give it to the kernel. */
static bool give_to_copy(struct vm_fault *vmf, struct page *page)
{
	if (!(vmf->flags & FAULT_FLAG_WRITE) || vmf->vma->vm_flags & VM_SHARED)
		return false;
	get_page(page);
	vmf->page = page;
	return true;
}

/* What a fault says of a VMA that is being set up. Failed memory is for a touch to find. */
static int fault_errno(vm_fault_t ret)
{
	return vm_fault_to_errno(ret & ~VM_FAULT_HWPOISON, 0);
}

/* No VM_MIXEDMAP is needed for this, which is for pages without references. */
static __always_inline vm_fault_t insert_page(struct vm_fault *vmf, struct page *page, bool write)
{
	/* memory_failure() has marked it, and the kernel does not look here. */
	if (PageHWPoison(page))
		return VM_FAULT_HWPOISON;
	return vmf_insert_page_mkwrite(vmf, page, write);
}

/**
 * vmremap_insert - map the pages of a span
 * @vma: the VMA that is being set up
 * @span: the pages to map, none of them mapped yet
 *
 * Contract: requires RangeInVma, RangeInArea, VmaInit, AreaOutlives;
 *	guarantees RightPage, PagesOutlive.
 * Context: mmap lock held for write. May sleep.
 * Return: 0, or -ENOMEM: the caller unmaps what was mapped by then. A page whose
 * memory has failed is left out.
 */
int vmremap_insert(struct vm_area_struct *vma, const struct vmremap_span *span)
{
	unsigned long addr;
	int err = 0;

	for (addr = span->start; !err && addr < span->end; addr += PAGE_SIZE) {
		struct vm_fault here = { .vma = vma, .address = addr };

		err = fault_errno(insert_page(&here, vmremap_span_page(span, addr), false));
	}
	return err;
}

/**
 * vmremap_insert_fault - map the page that was touched, and some around it
 * @vmf: the fault
 * @span: the pages around it that may be mapped, all of them in the VMA
 *
 * Contract: requires RangeInVma, RangeInArea, AreaOutlives; guarantees
 *	RightPage, PagesOutlive.
 * Context: as vm_operations_struct.fault.
 * Return: as vm_operations_struct.fault.
 */
vm_fault_t vmremap_insert_fault(struct vm_fault *vmf, const struct vmremap_span *span)
{
	struct vmremap_span around = vmremap_span_around(span, vmf->address,
							 AROUND_PAGES << PAGE_SHIFT);
	vm_fault_t ret = VM_FAULT_NOPAGE;
	unsigned long addr;

	if (give_to_copy(vmf, vmremap_span_page(span, vmf->address)))
		return 0;

	for (addr = around.start; addr < around.end; addr += PAGE_SIZE) {
		struct vm_fault near = { .vma = vmf->vma, .address = addr, .flags = vmf->flags };
		bool touched = addr == vmf->address;
		vm_fault_t one;

		one = insert_page(touched ? vmf : &near, vmremap_span_page(&around, addr),
				  touched && vmf->flags & FAULT_FLAG_WRITE);
		if (touched)
			ret = one;
	}
	return ret;
}

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

	if (!page)
		return VM_FAULT_SIGBUS;
	if (give_to_copy(vmf, page))
		return 0;
	if (vmf->vma->vm_flags & VM_MIXEDMAP)
		return vmremap_insert_fault(vmf, span);

	/* This is all that do_set_pmd() looks at. */
	if (folio_test_large(page_folio(page)) && vmremap_cache_failed(page_folio(page)))
		folio_set_has_hwpoisoned(page_folio(page));
	table = vmremap_span_around(span, vmf->address, PMD_SIZE);
	/* A folio that another task has locked is passed over. */
	return filemap_map_pages(vmf, table.index, vmremap_span_index(&table, table.end - 1)) ?:
	       insert_page(vmf, page, vmf->flags & FAULT_FLAG_WRITE);
}

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
	unsigned long touched = ALIGN_DOWN(vmf->address, PMD_SIZE), end;
	unsigned long index = vmremap_span_index(span, touched), before, addr;
	vm_fault_t ret = VM_FAULT_FALLBACK;
	struct folio *folio;

	if (!IS_ENABLED(CONFIG_TRANSPARENT_HUGEPAGE) || order != PMD_ORDER ||
	    !(vmf->vma->vm_flags & VM_MAYSHARE) || vmf->vma->vm_flags & VM_MIXEDMAP ||
	    !IS_ALIGNED(index, PTRS_PER_PTE) || touched < table.start)
		return VM_FAULT_FALLBACK;

	before = index / PTRS_PER_PTE % AROUND_PMDS;
	end = min(table.end, touched + (AROUND_PMDS - before) * PMD_SIZE);
	before = min(before, (touched - table.start) / PMD_SIZE);
	addr = touched - before * PMD_SIZE;
	folio = vmremap_span_folio(span, addr);
	if (!folio)
		return VM_FAULT_FALLBACK;

	list_for_each_entry_from(folio, &span->area->folios, lru) {
		struct vm_fault here = {
			.vma = vmf->vma,
			.address = addr,
			.pmd = vmf->pmd + (long)(addr - touched) / (long)PMD_SIZE,
		};
		bool write = addr == touched && vmf->flags & FAULT_FLAG_WRITE;
		vm_fault_t one = VM_FAULT_FALLBACK;

		if (folio_order(folio) != PMD_ORDER || addr + PMD_SIZE > end)
			break;
		/* Page by page, those whose memory has not failed can be had. */
		if (!vmremap_cache_failed(folio))
			one = vmf_insert_folio_pmd(&here, folio, write);
		if (addr == touched)
			ret = one;
		addr += PMD_SIZE;
	}
	return ret;
}

/*
 * One fault maps several PMDs: go on from @addr, past those that are mapped in
 * the same page table. It is there, for what ends at @addr has its entry in it.
 */
static unsigned long skip_mapped(struct mm_struct *mm, unsigned long addr)
{
	while (addr % PUD_SIZE && pmd_leaf(pmdp_get(pmd_off(mm, addr))))
		addr += PMD_SIZE;
	return addr;
}

/**
 * vmremap_prefault - map what faults would map at too high a cost
 * @area: the area
 * @vma: a VMA that it covers, being set up, its vm_ops already in place and nothing mapped yet
 *
 * For an area that is %VMREMAP_POPULATE, map the rest as well.
 *
 * Contract: requires RangeInVma, RangeInArea, VmaInit, AreaOutlives;
 *	guarantees RightPage, PagesOutlive.
 * Context: mmap lock held for write. May sleep.
 * Return: 0, or -ENOMEM: the caller unmaps what was mapped by then.
 */
int vmremap_prefault(struct vmremap_area *area, struct vm_area_struct *vma)
{
	struct vmremap_span span = vmremap_span_of_vma(area, vma);
	unsigned long addr = span.start;
	int err = 0;

	while (!err && addr < span.end) {
		struct vmremap_span table = vmremap_span_around(&span, addr, PMD_SIZE);

		if (table.end - addr <= CHEAP_PAGES << PAGE_SHIFT) {
			if (vmremap_insert_begin(area)) {
				err = vmremap_insert(vma, &table);
				vmremap_insert_end(area);
			}
		} else if (area->flags & VMREMAP_POPULATE && vma_is_accessible(vma)) {
			/* What is frozen now is left to touches. */
			err = fault_errno(handle_mm_fault(vma, addr, FAULT_FLAG_REMOTE |
							  FAULT_FLAG_ALLOW_RETRY |
							  FAULT_FLAG_RETRY_NOWAIT, NULL));
			if (!err)
				table.end = skip_mapped(vma->vm_mm, table.end);
		} else if (span.end - table.end > PMD_SIZE) {
			table.end = ALIGN_DOWN(span.end - 1, PMD_SIZE);
		}
		addr = table.end;
	}
	return err;
}

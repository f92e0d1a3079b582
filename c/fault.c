// SPDX-License-Identifier: GPL-2.0
/*
 * Make page table entries: when a program accesses a page, for as many pages as one page
 * table holds and for some PMDs beside it; and when a VMA is set up, for those pages that
 * faults would map at too high a cost.
 *
 * filemap_map_pages() does the first, as for any file. It maps a PMD by itself, and copes
 * with all that can happen to a page table at the same time.
 */
#include <linux/pagemap.h>

#include "revoke.h"
#include "span.h"

/* PMDs that one fault maps; few, to bound the time that a fault takes. */
#define AROUND_PMDS	32UL

/* Inserting this many pages of a page table costs less than a fault. */
#define CHEAP_PAGES	8UL

/*
 * do_set_pmd() refuses a folio with this flag, but memory_failure() sets it only on a
 * folio that is on an LRU, and an area's are on none.
 */
static void mark_failed(struct folio *folio)
{
	if (folio_test_large(folio) && vmremap_cache_failed(folio))
		folio_set_has_hwpoisoned(folio);
}

/* One PMD for each folio around the fault, in the same table of PMDs. */
static void map_pmds_around(struct vm_fault *vmf, const struct vmremap_span *span, bool failed)
{
	struct vmremap_span table = vmremap_span_around(span, vmf->address, PUD_SIZE);
	unsigned long at, addr = ALIGN_DOWN(vmf->address, PMD_SIZE);
	unsigned long index = vmremap_span_index(span, addr);
	unsigned long before = index / PTRS_PER_PTE % AROUND_PMDS;
	unsigned long end = min(table.end, addr + (AROUND_PMDS - before) * PMD_SIZE);
	pmd_t *pmd;

	/* The kernel would have to allocate a page table for each, and may not sleep. */
	if (arch_needs_pgtable_deposit())
		return;

	before = min(before, (addr - table.start) / PMD_SIZE);
	addr -= before * PMD_SIZE;
	index -= before * PTRS_PER_PTE;
	for (at = addr; failed && at + PMD_SIZE <= end; at += PMD_SIZE)
		mark_failed(vmremap_span_folio(span, at));
	for (pmd = vmf->pmd - before; addr + PMD_SIZE <= end; pmd++) {
		struct vm_fault near = {
			.vma = vmf->vma,
			.address = addr,
			/* The program has not written there. */
			.flags = vmf->flags & ~FAULT_FLAG_WRITE,
			.pmd = pmd,
		};

		if (pmd_none(pmdp_get_lockless(pmd)))
			filemap_map_pages(&near, index, index + PTRS_PER_PTE - 1);
		addr += PMD_SIZE;
		index += PTRS_PER_PTE;
	}
}

/**
 * vmremap_map_around - map the page that was accessed, and those around it
 * @vmf: the fault
 * @span: the whole VMA, which is no mixed map
 *
 * Contract: requires RangeInVma, RangeInArea, AreaOutlives; guarantees
 *	RightPage, PagesOutlive.
 * Context: as vm_operations_struct.map_pages: does not sleep.
 * Return: %VM_FAULT_NOPAGE, or 0 if the page could not be mapped, for instance
 * because its folio is locked.
 */
vm_fault_t vmremap_map_around(struct vm_fault *vmf, const struct vmremap_span *span)
{
	struct vmremap_span table = vmremap_span_around(span, vmf->address, PMD_SIZE);
	bool failed = vmremap_cache_any_failed();
	vm_fault_t ret;

	if (unlikely(failed))
		mark_failed(vmremap_span_folio(span, vmf->address));
	ret = filemap_map_pages(vmf, table.index, vmremap_span_index(&table, table.end - 1));
	if (ret && pmd_leaf(pmdp_get_lockless(vmf->pmd)))
		map_pmds_around(vmf, span, failed);
	return ret;
}

/**
 * vmremap_give_locked - have the kernel map or copy a page that vmremap does not map itself
 * @vmf: the fault
 * @span: the whole VMA
 *
 * As filemap_fault(): the folio is locked, and its state is checked under that lock, which
 * the kernel holds until the page is mapped.
 *
 * Contract: requires RangeInVma, RangeInArea, AreaOutlives; guarantees
 *	RightPage, PagesOutlive.
 * Context: as vm_operations_struct.fault. Waits for the folio's lock.
 * Return: as vm_operations_struct.fault.
 */
vm_fault_t vmremap_give_locked(struct vm_fault *vmf, const struct vmremap_span *span)
{
	struct page *page = vmremap_span_page(span, vmf->address);
	struct folio *folio;

	if (!page)
		return VM_FAULT_SIGBUS;
	if (PageHWPoison(page))
		return VM_FAULT_HWPOISON;
	folio = page_folio(page);
	if (vmf->flags & FAULT_FLAG_RETRY_NOWAIT) {
		if (!folio_trylock(folio))
			return VM_FAULT_RETRY;
	} else if (folio_lock_killable(folio)) {
		return VM_FAULT_SIGBUS;
	}
	/* Nobody may map it any more: fault again, to wait or to fail. */
	if (READ_ONCE(span->area->state) != VMREMAP_OPEN) {
		folio_unlock(folio);
		return VM_FAULT_NOPAGE;
	}
	folio_get(folio);
	vmf->page = page;
	return VM_FAULT_LOCKED;
}

/**
 * vmremap_insert_page - map one page, and never by a PMD
 * @vmf: the fault; or a VMA that is being set up, and an address in it
 * @span: pages that the page at its address is among
 *
 * Contract: requires RangeInVma, RangeInArea, AreaOutlives; guarantees RightPage,
 *	PagesOutlive.
 * Context: as vm_operations_struct.fault, or mmap lock held for write. May sleep.
 * Return: as vm_operations_struct.fault.
 */
vm_fault_t vmremap_insert_page(struct vm_fault *vmf, const struct vmremap_span *span)
{
	struct page *page = vmremap_span_page(span, vmf->address);

	if (!page)
		return VM_FAULT_SIGBUS;
	/* memory_failure() has marked it, and the kernel does not look here. */
	if (PageHWPoison(page))
		return VM_FAULT_HWPOISON;
	/* No VM_MIXEDMAP is needed for this, which is for pages without references. */
	return vmf_insert_page_mkwrite(vmf, page, vmf->flags & FAULT_FLAG_WRITE);
}

/*
 * Fault a page in. Return: the address up to which that has mapped PMDs, at least @end. If
 * the page is not mapped, because memory is short or the area is frozen, it is left to a
 * later access, as with MAP_POPULATE.
 */
static unsigned long populate(struct vm_area_struct *vma, unsigned long addr, unsigned long end)
{
	vm_fault_t ret = handle_mm_fault(vma, addr, FAULT_FLAG_REMOTE | FAULT_FLAG_ALLOW_RETRY |
					 FAULT_FLAG_RETRY_NOWAIT, NULL);

	if (ret & (VM_FAULT_ERROR | VM_FAULT_RETRY))
		return end;
	/* The page is mapped, so the table exists that has the entry for @end, too. */
	while (end % PUD_SIZE && pmd_leaf(pmdp_get(pmd_off(vma->vm_mm, end))))
		end += PMD_SIZE;
	return end;
}

static void insert(struct vmremap_area *area, struct vm_area_struct *vma,
		   const struct vmremap_span *span)
{
	unsigned long addr;

	if (!vmremap_insert_begin(area))
		return;
	for (addr = span->start; addr < span->end; addr += PAGE_SIZE) {
		struct vm_fault here = { .vma = vma, .address = addr };

		vmremap_insert_page(&here, span);
	}
	vmremap_insert_end(area);
}

/**
 * vmremap_prefault - map what faults would map at too high a cost
 * @area: the area
 * @vma: a VMA that it covers, being set up, its vm_ops already in place and nothing mapped yet
 *
 * For an area that is %VMREMAP_POPULATE, map the rest as well. What cannot be mapped now is
 * left to later accesses.
 *
 * Contract: requires RangeInVma, RangeInArea, VmaInit, AreaOutlives;
 *	guarantees RightPage, PagesOutlive.
 * Context: mmap lock held for write. May sleep.
 */
void vmremap_prefault(struct vmremap_area *area, struct vm_area_struct *vma)
{
	struct vmremap_span span = vmremap_span_of_vma(area, vma);
	unsigned long addr;

	for (addr = span.start; addr < span.end;) {
		struct vmremap_span table = vmremap_span_around(&span, addr, PMD_SIZE);

		if (table.end - addr <= CHEAP_PAGES << PAGE_SHIFT)
			insert(area, vma, &table);
		else if (area->flags & VMREMAP_POPULATE && vma_is_accessible(vma))
			table.end = populate(vma, addr, table.end);
		else if (span.end - table.end > PMD_SIZE)
			table.end = ALIGN_DOWN(span.end - 1, PMD_SIZE);
		addr = table.end;
	}
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Make page table entries. On a fault: for all pages of the VMA in the page table of the
 * address, or, if a PMD maps them, for some PMDs around it, too. When a VMA is set up: in those
 * page tables that would hold only a few pages, where a fault costs more than inserting them.
 *
 * filemap_map_pages() maps what a fault is about, as for any file. It uses a PMD where it can,
 * and handles every concurrent change of the page table.
 */
#include <linux/pagemap.h>

#include "revoke.h"
#include "span.h"

/* At most this many PMDs per fault, to bound the time that it takes. */
#define AROUND_PMDS	32UL

/* If a VMA has at most this many pages in a page table, inserting them costs less than a fault. */
#define CHEAP_PAGES	8UL

/*
 * Set the flag for which do_set_pmd() refuses a folio. memory_failure() sets it only on a folio
 * that is on an LRU, and an area's are on none.
 */
static void mark_if_failed(struct folio *folio)
{
	if (folio_test_large(folio) && vmremap_cache_failed(folio))
		folio_set_has_hwpoisoned(folio);
}

/*
 * Also map the PMD-sized folios around the fault, by one PMD each: those of a window of
 * AROUND_PMDS that is aligned in the area, as far as the VMA and this table of PMDs reach. So
 * faults in any order map each window once. Smaller folios are left to faults of their own,
 * because there is no page table for them yet.
 */
static void map_pmds(struct vm_fault *vmf, const struct vmremap_span *span, bool any_failed)
{
	struct vmremap_span table = vmremap_span_around(span, vmf->address, PUD_SIZE);
	unsigned long at, addr = ALIGN_DOWN(vmf->address, PMD_SIZE);
	unsigned long index = vmremap_span_index(span, addr);
	unsigned long before = (index - vmremap_first_folio(span->area)->index) / PTRS_PER_PTE %
			       AROUND_PMDS;
	unsigned long end = min(table.end, addr + (AROUND_PMDS - before) * PMD_SIZE);
	pmd_t *pmd;

	/* do_set_pmd() would need a page table to deposit for each, and cannot sleep for it. */
	if (arch_needs_pgtable_deposit())
		return;

	before = min(before, (addr - table.start) / PMD_SIZE);
	addr -= before * PMD_SIZE;
	index -= before * PTRS_PER_PTE;
	for (at = addr; any_failed && at + PMD_SIZE <= end; at += PMD_SIZE)
		mark_if_failed(vmremap_span_folio(span, at));
	for (pmd = vmf->pmd - before; addr + PMD_SIZE <= end; pmd++) {
		struct vm_fault near = {
			.vma = vmf->vma,
			.address = addr,
			/* The program has not written there: do not make the entry dirty. */
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
 * @span: the whole VMA, which has no VM_MIXEDMAP: see vmremap_cover_map_pages()
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
	bool any_failed = vmremap_cache_any_failed();
	vm_fault_t ret;

	if (unlikely(any_failed))
		mark_if_failed(vmremap_span_folio(span, vmf->address));
	ret = filemap_map_pages(vmf, table.index, vmremap_span_index(&table, table.end - 1));
	if (ret && pmd_leaf(pmdp_get_lockless(vmf->pmd)))
		map_pmds(vmf, span, any_failed);
	return ret;
}

/**
 * vmremap_give_locked - return the page locked, for the kernel to map or to copy
 * @vmf: the fault
 * @span: the whole VMA
 *
 * As filemap_fault(): the area's state is checked under the folio's lock, which the kernel
 * holds until the page is mapped or copied. Revoke and freeze take that lock, too.
 *
 * Contract: requires RangeInVma, RangeInArea, AreaOutlives; guarantees
 *	RightPage, PagesOutlive.
 * Context: as vm_operations_struct.fault. Waits for the folio's lock.
 * Return: as vm_operations_struct.fault.
 */
vm_fault_t vmremap_give_locked(struct vm_fault *vmf, const struct vmremap_span *span)
{
	struct page *page = vmremap_span_page(span, vmf->address);
	vm_fault_t ret = VM_FAULT_NOPAGE;
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
	/* Revoked or frozen meanwhile: the access faults again, and then waits or fails. */
	if (READ_ONCE(span->area->state) == VMREMAP_OPEN) {
		/* Of a folio with a failed page, finish_fault() would map that one, too. */
		if (vmremap_fault_copies(vmf) || likely(!vmremap_cache_failed(folio))) {
			folio_get(folio);
			vmf->page = page;
			return VM_FAULT_LOCKED;
		}
		ret = vmremap_insert_page(vmf, span);
	}
	folio_unlock(folio);
	return ret;
}

/**
 * vmremap_insert_page - map one page, and never by a PMD
 * @vmf: the fault, or only .vma and .address, for a VMA that is being set up
 * @span: a span that contains the address
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
	/* memory_failure() has marked it, and vmf_insert_page_mkwrite() does not check for that. */
	if (PageHWPoison(page))
		return VM_FAULT_HWPOISON;
	/* VM_MIXEDMAP is for entries without a reference on their page; this one holds one. */
	return vmf_insert_page_mkwrite(vmf, page, vmf->flags & FAULT_FLAG_WRITE);
}

/*
 * Fault the page at @addr in, and with it those up to @end, and perhaps PMDs after it. Return:
 * where to go on, which is @end or the end of these PMDs. If the page cannot be mapped without
 * dropping the mmap lock, because memory is short or the area is frozen, it is left to a later
 * access, as with MAP_POPULATE.
 */
static unsigned long populate(struct vm_area_struct *vma, unsigned long addr, unsigned long end)
{
	vm_fault_t ret = handle_mm_fault(vma, addr, FAULT_FLAG_REMOTE | FAULT_FLAG_ALLOW_RETRY |
					 FAULT_FLAG_RETRY_NOWAIT, NULL);

	if (ret & (VM_FAULT_ERROR | VM_FAULT_RETRY))
		return end;
	/* The page is mapped, so its table of PMDs exists. @end is in it, or begins the next. */
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
 * vmremap_prefault - map at once what is cheaper to insert than to fault in
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
		/* Only the first and the last page table can have so few pages. */
		else if (span.end - table.end > PMD_SIZE)
			table.end = ALIGN_DOWN(span.end - 1, PMD_SIZE);
		addr = table.end;
	}
}

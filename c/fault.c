// SPDX-License-Identifier: GPL-2.0
/*
 * Make page table entries. On a fault, map all pages of the VMA that share a PTE table with the
 * address. If a PMD entry maps the address, fill some neighbouring PMD entries, too. When a VMA is
 * set up, fill the PTE tables that get only a few entries: a few entries cost less than a fault.
 * If the area is VMREMAP_POPULATE, also fault in all other pages at setup.
 *
 * filemap_map_pages() maps the pages around a fault, as for any file. It uses a PMD if possible,
 * and handles every concurrent change of the page table.
 */
#include <linux/sched/signal.h>

#include "revoke.h"
#include "span.h"
#include "../out-of-tree/compat/quirks.h"

/* Map at most this many PMDs per fault, to bound the time that a fault takes. */
#define AROUND_PMDS	32UL

/* If a VMA has at most this many pages in a PTE table, inserting them costs less than a fault. */
#define CHEAP_PAGES	8UL

/*
 * Map the PMD-sized folios around the fault as well, by one PMD each. The area is divided into
 * windows of AROUND_PMDS PMDs. Stay within the address's window, its PMD table and the VMA. The
 * windows are fixed, so a fault does not visit PMDs that a fault in another window has mapped.
 * Leave smaller folios to faults of their own: they need a PTE table, and this function cannot
 * allocate one, because it must not sleep.
 *
 * vmf_insert_folio_pmd() does nothing if another thread has installed an entry meanwhile. But with
 * true as @write, it warns if that entry is a PTE table. So pass false.
 */
static void map_pmds(struct vm_fault *vmf, const struct vmremap_span *span)
{
	struct vmremap_span table = vmremap_span_around(span, vmf->address, PUD_SIZE);
	unsigned long addr = ALIGN_DOWN(vmf->address, PMD_SIZE);
	unsigned long index = vmremap_span_index(span, addr);
	unsigned long before = (index - vmremap_first_folio(span->area)->index) / PTRS_PER_PTE %
			       AROUND_PMDS;
	unsigned long end = min(table.end, addr + (AROUND_PMDS - before) * PMD_SIZE);
	struct folio *folio;
	pmd_t *pmd;

	before = min(before, (addr - table.start) / PMD_SIZE);
	addr -= before * PMD_SIZE;
	pmd = vmf->pmd - before;
	folio = vmremap_span_folio(span, addr);
	/* The folios of an area follow each other in its list, the largest first. */
	while (addr + PMD_SIZE <= end && folio_order(folio) == PMD_ORDER) {
		struct vm_fault near = { .vma = vmf->vma, .address = addr, .pmd = pmd };

		if (pmd_none(pmdp_get_lockless(pmd)) && !vmremap_cache_failed(folio))
			vmf_insert_folio_pmd(&near, folio, false);
		folio = list_next_entry(folio, lru);
		addr += PMD_SIZE;
		pmd++;
	}
}

/**
 * vmremap_map_around - map the page that was accessed, and the pages around it
 * @vmf: the fault
 * @span: the whole VMA. VM_MIXEDMAP must be clear: otherwise, splitting a PMD leaks a reference
 *
 * Contract: requires RangeInVma, RangeInArea, AreaOutlives; guarantees
 *	RightPage, PagesOutlive.
 * Context: as vm_operations_struct.map_pages: does not sleep. Call it between
 * vmremap_insert_begin() and vmremap_insert_end(), so that revoke and freeze wait for it.
 * Return: %VM_FAULT_NOPAGE, or 0 if the page could not be mapped, for instance
 * because its folio is locked.
 */
vm_fault_t vmremap_map_around(struct vm_fault *vmf, const struct vmremap_span *span)
{
	struct vmremap_span table = vmremap_span_around(span, vmf->address, PMD_SIZE);
	struct folio *folio = vmremap_span_folio(span, vmf->address);
	vm_fault_t ret;

	/*
	 * With has_hwpoisoned, do_set_pmd() does not map the folio by a PMD. memory_failure()
	 * does not set this flag, because the folios of an area are on no LRU list. So set it
	 * here.
	 */
	if (folio && folio_test_large(folio) && vmremap_cache_failed(folio))
		folio_set_has_hwpoisoned(folio);
	ret = filemap_map_pages(vmf, table.index, vmremap_span_index(&table, table.end - 1));
	/*
	 * If the architecture deposits PTE tables, vmf_insert_folio_pmd() allocates one, which may
	 * sleep. That is not allowed here, so map no other PMDs then.
	 */
	if (IS_ENABLED(CONFIG_TRANSPARENT_HUGEPAGE) && !arch_needs_pgtable_deposit() &&
	    ret && pmd_leaf(pmdp_get_lockless(vmf->pmd)))
		map_pmds(vmf, span);
	return ret;
}

/**
 * vmremap_give_locked - handle a fault by returning the page locked, as filemap_fault() does
 * @vmf: the fault
 * @span: a part of the VMA that maps one area, and contains the address
 *
 * The kernel maps or copies the page, and then unlocks the folio. This function checks the area's
 * state under the folio's lock. Revoke and freeze first change the state, then wait for that lock,
 * and unmap.
 *
 * Contract: requires RangeInVma, RangeInArea, AreaOutlives; guarantees
 *	RightPage, PagesOutlive.
 * Context: as vm_operations_struct.fault. Waits for the folio's lock, unless the fault has
 * FAULT_FLAG_RETRY_NOWAIT; a fatal signal ends the wait.
 * Return: as vm_operations_struct.fault.
 */
vm_fault_t vmremap_give_locked(struct vm_fault *vmf, const struct vmremap_span *span)
{
	struct page *page = vmremap_span_page(span, vmf->address);
	bool nowait = vmf->flags & FAULT_FLAG_RETRY_NOWAIT;
	vm_fault_t ret = VM_FAULT_NOPAGE;
	struct folio *folio;

	if (!page)
		return VM_FAULT_SIGBUS;
	if (PageHWPoison(page))
		return VM_FAULT_HWPOISON;
	folio = page_folio(page);
	if (nowait ? !folio_trylock(folio) : folio_lock_killable(folio))
		return nowait ? VM_FAULT_RETRY : VM_FAULT_SIGBUS;
	/*
	 * If the area was revoked or frozen meanwhile, return VM_FAULT_NOPAGE: the access faults
	 * again, and then waits or fails.
	 */
	if (READ_ONCE(span->area->state) == VMREMAP_OPEN) {
		/*
		 * finish_fault() may map a whole folio, with poisoned pages. So use it only if no
		 * page of the folio is poisoned, or it maps just one page: for a private copy, or
		 * if vmremap_maps_one_page() is true. Otherwise insert the page below.
		 */
		if (vmremap_fault_copies(vmf) || vmremap_maps_one_page(vmf) ||
		    likely(!vmremap_cache_failed(folio))) {
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
 * vmremap_insert_page - map one page, by a PTE
 * @vmf: the fault; for a VMA that is being set up, only .vma and .address are set
 * @span: as for vmremap_give_locked()
 *
 * Contract: requires RangeInVma, RangeInArea, AreaOutlives; guarantees RightPage,
 *	PagesOutlive.
 * Context: as vm_operations_struct.fault, or mmap lock held for write. May sleep. If the area is
 * %VMREMAP_REVOCABLE, hold the folio's lock, or call vmremap_insert_begin() before.
 * Return: as vm_operations_struct.fault.
 */
vm_fault_t vmremap_insert_page(struct vm_fault *vmf, const struct vmremap_span *span)
{
	struct page *page = vmremap_span_page(span, vmf->address);
	vm_fault_t ret;

	if (!page)
		return VM_FAULT_SIGBUS;
	/* vmf_insert_page_mkwrite() does not check whether the page is poisoned. */
	if (PageHWPoison(page))
		return VM_FAULT_HWPOISON;
	/* Nor does it handle a PMD leaf, which another thread may have inserted. */
	if (vmf->pmd && pmd_leaf(pmdp_get_lockless(vmf->pmd)))
		return VM_FAULT_NOPAGE;
	/*
	 * Unlike vm_insert_page(), vmf_insert_page_mkwrite() does not set VM_MIXEDMAP. The VMA does
	 * not need the flag, because all its entries map refcounted pages. With it, vmremap could
	 * map no PMDs in this VMA, see vmremap_map_around().
	 */
	ret = vmf_insert_page_mkwrite(vmf, page, vmf->flags & FAULT_FLAG_WRITE);
	/*
	 * VM_FAULT_OOM means that there is no PTE table: vmf_insert_page_mkwrite() could not
	 * allocate one, or MADV_DONTNEED freed the table before it was used. If prealloc_pte is
	 * NULL, there was a table before: __do_fault() found one, or filemap_map_pages() installed
	 * one. So fault again: __do_fault() then allocates one, or fails. If prealloc_pte is set,
	 * __do_fault() allocated one: a new fault could do that and fail here again, without end.
	 * So return VM_FAULT_OOM, even if MADV_DONTNEED is the cause, and not a lack of memory. At
	 * setup, insert() ignores the result, because there is no fault to repeat.
	 */
	return ret == VM_FAULT_OOM && !vmf->prealloc_pte ? VM_FAULT_NOPAGE : ret;
}

/*
 * Fault in the page at @addr, and with it the pages up to @end, and perhaps the PMDs after @end.
 * Return the address at which to continue: @end, or the end of these PMDs. If @addr's page is
 * poisoned, continue at @end. Do the same if its folio is locked or the area is frozen: to wait,
 * the fault would have to drop the mmap lock. If memory is short, return the end of the VMA: each
 * further page could cause reclaim again. Later accesses fault in what was skipped.
 */
static unsigned long populate(struct vm_area_struct *vma, unsigned long addr, unsigned long end)
{
	vm_fault_t ret = handle_mm_fault(vma, addr, FAULT_FLAG_REMOTE | FAULT_FLAG_ALLOW_RETRY |
					 FAULT_FLAG_RETRY_NOWAIT, NULL);

	if (ret & (VM_FAULT_ERROR | VM_FAULT_RETRY))
		return ret & VM_FAULT_OOM ? vma->vm_end : end;
	/*
	 * Skip the PMDs after @end that are mapped already. Stop at the end of the PMD table: only
	 * the table of @addr is known to exist, because the fault has allocated it.
	 */
	while (end % PUD_SIZE && pmd_leaf(pmdp_get(pmd_off(vma->vm_mm, end))))
		end += PMD_SIZE;
	return end;
}

static void insert(struct vm_area_struct *vma, const struct vmremap_span *span)
{
	unsigned long addr;

	if (!vmremap_insert_begin(span->area))
		return;
	for (addr = span->start; addr < span->end; addr += PAGE_SIZE) {
		struct vm_fault here = { .vma = vma, .address = addr };

		vmremap_insert_page(&here, span);
	}
	vmremap_insert_end(span->area);
}

/**
 * vmremap_prefault - insert the pages that are cheaper to insert than to fault in
 * @vma: a new VMA, which maps one area; vm_ops are set, and no page is mapped yet. If
 *	the area is %VMREMAP_REVOCABLE, the VMA is in i_mmap, so that revoke finds the entries
 *
 * If the area is %VMREMAP_POPULATE and the VMA is accessible, map all other pages, too. Pages that
 * cannot be mapped now are left to later accesses.
 *
 * Contract: requires RangeInVma, RangeInArea, VmaInit, AreaOutlives;
 *	guarantees RightPage, PagesOutlive.
 * Context: mmap lock held for write. May sleep.
 */
void vmremap_prefault(struct vm_area_struct *vma)
{
	struct vmremap_span span = vmremap_span_of_vma(vma);
	unsigned long addr;

	/* As __mm_populate(), stop if the task is killed: this may take long. */
	for (addr = span.start; addr < span.end && !fatal_signal_pending(current);) {
		struct vmremap_span table = vmremap_span_around(&span, addr, PMD_SIZE);

		if (table.end - addr <= CHEAP_PAGES << PAGE_SHIFT)
			insert(vma, &table);
		else if (span.area->flags & VMREMAP_POPULATE && vma_is_accessible(vma))
			table.end = populate(vma, addr, table.end);
		/* Only the first and last table can have <= CHEAP_PAGES pages: skip to the last. */
		else if (span.end - table.end > PMD_SIZE)
			table.end = ALIGN_DOWN(span.end - 1, PMD_SIZE);
		addr = table.end;
	}
}

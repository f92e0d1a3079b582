// SPDX-License-Identifier: GPL-2.0
/* Map pages when a VMA is set up: all that faults would map at too high a cost. */
#include "prefault.h"
#include "vmremap.h"

/* Take the faults that vmremap_left_to_fault() promises: one for each block. */
static int populate(struct vm_area_struct *vma, unsigned long addr,
		    unsigned long row, unsigned long pages)
{
	unsigned long end = addr + (row << PAGE_SHIFT);
	vm_fault_t ret;

	for (; addr < end; addr += pages << PAGE_SHIFT) {
		ret = handle_mm_fault(vma, addr, FAULT_FLAG_REMOTE, NULL);
		if (ret & VM_FAULT_ERROR)
			return vm_fault_to_errno(ret, 0);
	}
	return 0;
}

/* How many of the next @pages are left to faults, when @block is. */
static unsigned long left_row(const struct vmremap_block *block,
			      unsigned long pages)
{
	/* Where one fills a page table, all of the run do. */
	if (block->pages == PTRS_PER_PTE)
		return min(block->run, pages / PTRS_PER_PTE) * PTRS_PER_PTE;
	return block->pages;
}

/**
 * struct batch - pages that are inserted together
 * @addr: user address of the first
 * @nr: how many there are
 * @pages: the pages
 */
struct batch {
	unsigned long addr;
	unsigned long nr;
	struct page *pages[VMREMAP_AROUND_PAGES];
};

/* Insert the batch, and begin a new one at @next. */
static int insert(struct vm_area_struct *vma, struct batch *batch,
		  unsigned long next)
{
	unsigned long nr = batch->nr;
	int err = 0;

	if (nr) {
		err = vm_insert_pages(vma, batch->addr, batch->pages, &nr);
		/* The range is in the VMA: a table above the last could not be had. */
		if (err == -EFAULT)
			err = -ENOMEM;
		/* For what is not refcounted. Left on, it keeps PMDs out. */
		vm_flags_clear(vma, VM_MIXEDMAP);
	}
	batch->addr = next;
	batch->nr = 0;
	return err;
}

/**
 * vmremap_prefault - map what faults would map at too high a cost
 * @vma: the VMA that is being set up, its vm_ops already in place
 * @span: the pages to map, none of them mapped yet
 *
 * For an area that is %VMREMAP_POPULATE, map the rest as well.
 *
 * Contract: requires RangeInVma, RangeInArea, VmaInit, AreaOutlives;
 *	guarantees RightPage, PagesOutlive.
 * Context: mmap lock held for write. May sleep.
 * Return: 0, or -ENOMEM: the caller unmaps what was mapped by then.
 */
int vmremap_prefault(struct vm_area_struct *vma,
		     const struct vmremap_span *span)
{
	bool all = span->area->flags & VMREMAP_POPULATE && vma_is_accessible(vma);
	struct batch batch = { .addr = span->start };
	unsigned long addr = span->start, row, i;
	int err = 0;

	for (; !err && addr < span->end; addr += row << PAGE_SHIFT) {
		struct vmremap_place place = vmremap_place_find(span, addr);
		struct vmremap_block *block = &place.block;

		row = (span->end - addr) >> PAGE_SHIFT;
		if (vmremap_left_to_fault(span, &place)) {
			row = left_row(block, row);
			err = insert(vma, &batch, addr + (row << PAGE_SHIFT));
			if (all && !err)
				err = populate(vma, addr, row, block->pages);
			continue;
		}

		row = min3(row, block->first + block->pages - place.index,
			   ARRAY_SIZE(batch.pages) - batch.nr);
		for (i = 0; i < row; i++)
			batch.pages[batch.nr++] = vmremap_place_page(span, &place) + i;
		if (batch.nr == ARRAY_SIZE(batch.pages))
			err = insert(vma, &batch, addr + (row << PAGE_SHIFT));
	}
	return err ?: insert(vma, &batch, addr);
}

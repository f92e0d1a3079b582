// SPDX-License-Identifier: GPL-2.0
/* Map pages when a VMA is set up: all that faults would map at too high a cost. */
#include "prefault.h"
#include "vmremap.h"

/* Take the fault that vmremap_left_to_fault() promises. */
static int populate(struct vm_area_struct *vma, unsigned long addr)
{
	vm_fault_t ret = handle_mm_fault(vma, addr, FAULT_FLAG_REMOTE, NULL);

	return ret & VM_FAULT_ERROR ? vm_fault_to_errno(ret, 0) : 0;
}

/* Insert pages from @addr on until @span ends or a block is left to faults. */
static int insert_batch(struct vm_area_struct *vma,
			const struct vmremap_span *span, unsigned long *addr)
{
	struct page *pages[VMREMAP_AROUND_PAGES];
	unsigned long start = *addr, nr = 0, i;
	int err;

	while (nr < ARRAY_SIZE(pages) && *addr < span->end) {
		struct vmremap_place place = vmremap_place_find(span, *addr);
		struct vmremap_block *block = &place.block;
		unsigned long row = min3(block->first + block->pages - place.index,
					 (span->end - *addr) >> PAGE_SHIFT,
					 ARRAY_SIZE(pages) - nr);

		if (vmremap_left_to_fault(span, &place))
			break;
		for (i = 0; i < row; i++)
			pages[nr++] = vmremap_place_page(span, &place) + i;
		*addr += row << PAGE_SHIFT;
	}

	err = vm_insert_pages(vma, start, pages, &nr);
	/* For what is not refcounted. Left on, it would keep PMDs out. */
	vm_flags_clear(vma, VM_MIXEDMAP);
	return err;
}

/**
 * vmremap_prefault - map what faults would map at too high a cost
 * @vma: the VMA that is being set up, its vm_ops already in place
 * @span: the pages to map, none of them mapped yet
 *
 * For an area that is %VMREMAP_POPULATE, map the rest as well.
 *
 * Context: mmap lock held for write. May sleep.
 * Return: 0, or -ENOMEM: the caller unmaps what was mapped by then.
 */
int vmremap_prefault(struct vm_area_struct *vma,
		     const struct vmremap_span *span)
{
	bool all = span->area->flags & VMREMAP_POPULATE && vma_is_accessible(vma);
	unsigned long addr = span->start;
	int err = 0;

	while (!err && addr < span->end) {
		struct vmremap_place place = vmremap_place_find(span, addr);

		if (!vmremap_left_to_fault(span, &place)) {
			err = insert_batch(vma, span, &addr);
			continue;
		}
		if (all)
			err = populate(vma, addr);
		addr += place.block.pages << PAGE_SHIFT;
	}
	return err;
}

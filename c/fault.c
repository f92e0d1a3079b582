// SPDX-License-Identifier: GPL-2.0
/*
 * Put an area's pages into page tables.
 *
 * A block that lies wholly in its span and in one page table is mapped by one
 * fault: as a PMD, or as a row of PTEs. What is left, the blocks that a span
 * cuts, that straddle two page tables, or that are too small to pay for a
 * fault, is mapped in batches when the VMA is set up.
 *
 * VM_MIXEDMAP is never left on: all pages here are refcounted and need no
 * special care, while a PMD in a mixed map would be split without giving its
 * reference back.
 */
#include "area.h"
#include "fault.h"
#include "vmremap.h"

/* Up to here, inserting pages one by one costs less than a fault would. */
#define AROUND_PAGES	16UL
#define AROUND_SIZE	(AROUND_PAGES << PAGE_SHIFT)

/* What fits on the stack with ease. */
#define BATCH_PAGES	64UL

/* A page of a span: where it is mapped, and the block that it comes from. */
struct place {
	unsigned long addr;
	unsigned long index;
	struct vmremap_block block;
};

static struct place find_place(const struct vmremap_span *span,
			       unsigned long addr)
{
	unsigned long index = span->index + ((addr - span->start) >> PAGE_SHIFT);

	return (struct place) {
		.addr = addr,
		.index = index,
		.block = vmremap_layout_find(&span->area->layout, index),
	};
}

static struct page *place_page(const struct vmremap_span *span,
			       const struct place *place)
{
	return folio_page(span->area->folios[place->block.nr],
			  place->index - place->block.first);
}

/* Will one fault map the whole block, and no page outside of the span? */
static bool maps_whole(const struct vmremap_span *span,
		       const struct place *place)
{
	unsigned long size = place->block.pages << PAGE_SHIFT;
	unsigned long before = (place->index - place->block.first) << PAGE_SHIFT;
	unsigned long start = place->addr - before;

	return place->addr - span->start >= before &&
	       span->end - start >= size &&
	       pte_index(start) + place->block.pages <= PTRS_PER_PTE;
}

static bool left_to_fault(const struct vmremap_span *span,
			  const struct place *place)
{
	return place->block.pages >= AROUND_PAGES && maps_whole(span, place);
}

/* Take the fault that left_to_fault() promised. */
static int populate(struct vm_area_struct *vma, unsigned long addr)
{
	vm_fault_t ret = handle_mm_fault(vma, addr, FAULT_FLAG_REMOTE, NULL);

	return ret & VM_FAULT_ERROR ? vm_fault_to_errno(ret, 0) : 0;
}

/* Insert pages from @addr on until @span ends or a block is left to faults. */
static int insert_batch(struct vm_area_struct *vma,
			const struct vmremap_span *span, unsigned long *addr)
{
	struct page *pages[BATCH_PAGES];
	unsigned long start = *addr, nr = 0, i;

	while (nr < BATCH_PAGES && *addr < span->end) {
		struct place place = find_place(span, *addr);
		struct vmremap_block *block = &place.block;
		unsigned long row = min3(block->first + block->pages - place.index,
					 (span->end - *addr) >> PAGE_SHIFT,
					 BATCH_PAGES - nr);

		if (left_to_fault(span, &place))
			break;
		for (i = 0; i < row; i++)
			pages[nr++] = place_page(span, &place) + i;
		*addr += row << PAGE_SHIFT;
	}
	return vm_insert_pages(vma, start, pages, &nr);
}

/**
 * vmremap_prefault - map what faults would map at too high a cost
 * @vma: the VMA that is being set up, its vm_ops already in place
 * @span: the pages to map, none of them mapped yet
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
		struct place place = find_place(span, addr);

		if (!left_to_fault(span, &place)) {
			err = insert_batch(vma, span, &addr);
			continue;
		}
		if (all)
			err = populate(vma, addr);
		addr += place.block.pages << PAGE_SHIFT;
	}
	vm_flags_clear(vma, VM_MIXEDMAP);
	return err;
}

/* Map the page that was touched, and its neighbours as far as they go. */
static vm_fault_t fault_around(struct vm_fault *vmf,
			       const struct vmremap_span *span)
{
	unsigned long from = ALIGN_DOWN(vmf->address, AROUND_SIZE);
	unsigned long to = min(from + AROUND_SIZE, span->end);
	unsigned long addr;
	vm_fault_t ret = VM_FAULT_NOPAGE;

	for (addr = max(from, span->start); addr < to; addr += PAGE_SIZE) {
		struct vm_fault here = { .vma = vmf->vma, .address = addr };
		struct place place = find_place(span, addr);
		bool touched = addr == vmf->address;
		vm_fault_t one;

		one = vmf_insert_page_mkwrite(&here, place_page(span, &place),
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
 * Context: as vm_operations_struct.fault.
 * Return: as vm_operations_struct.fault.
 */
vm_fault_t vmremap_fault(struct vm_fault *vmf, const struct vmremap_span *span)
{
	struct place place = find_place(span, vmf->address);
	bool copies = vmf->flags & FAULT_FLAG_WRITE &&
		      !(vmf->vma->vm_flags & VM_SHARED);

	if (!place.block.pages)
		return VM_FAULT_SIGBUS;
	if (!copies && !left_to_fault(span, &place))
		return fault_around(vmf, span);

	vmf->page = place_page(span, &place);
	get_page(vmf->page);
	return 0;
}

/**
 * vmremap_huge_fault - map the PMD that was touched
 * @vmf: the fault
 * @order: size of the entry that is asked for
 * @span: the pages around it that may be mapped, all of them in the VMA
 *
 * Context: as vm_operations_struct.huge_fault.
 * Return: as vm_operations_struct.huge_fault.
 */
vm_fault_t vmremap_huge_fault(struct vm_fault *vmf, unsigned int order,
			      const struct vmremap_span *span)
{
#ifdef CONFIG_TRANSPARENT_HUGEPAGE
	struct place place = find_place(span, vmf->address);

	if (order == PMD_ORDER && place.block.pages == PTRS_PER_PTE &&
	    vmf->vma->vm_flags & VM_MAYSHARE && maps_whole(span, &place))
		return vmf_insert_folio_pmd(vmf,
					    span->area->folios[place.block.nr],
					    vmf->flags & FAULT_FLAG_WRITE);
#endif
	return VM_FAULT_FALLBACK;
}

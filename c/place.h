/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where an area's pages go in a VMA, and what puts them there.
 *
 * A block that lies wholly in its span and in one page table is left to
 * faults, which map it at once: as a PMD, or as a row of PTEs. What remains,
 * the blocks that a span cuts, that straddle two page tables, or that are too
 * small to pay for a fault, is mapped in batches when the VMA is set up.
 */
#ifndef VMREMAP_PLACE_H
#define VMREMAP_PLACE_H

#include <linux/mm.h>

#include "area.h"

/* Up to here, inserting pages one by one costs less than a fault would. */
#define VMREMAP_AROUND_PAGES	16UL

/**
 * struct vmremap_span - a row of an area's pages in a VMA
 * @area: the area
 * @start: user address of the first page
 * @end: user address after the last page
 * @index: index in @area of the first page
 */
struct vmremap_span {
	struct vmremap_area *area;
	unsigned long start;
	unsigned long end;
	unsigned long index;
};

/**
 * struct vmremap_place - a page of a span
 * @addr: user address of the page
 * @index: its index in the area
 * @block: the block that it comes from
 */
struct vmremap_place {
	unsigned long addr;
	unsigned long index;
	struct vmremap_block block;
};

static inline struct vmremap_place
vmremap_place_find(const struct vmremap_span *span, unsigned long addr)
{
	unsigned long index = span->index + ((addr - span->start) >> PAGE_SHIFT);

	return (struct vmremap_place) {
		.addr = addr,
		.index = index,
		.block = vmremap_layout_find(&span->area->layout, index),
	};
}

static inline struct folio *
vmremap_place_folio(const struct vmremap_span *span,
		    const struct vmremap_place *place)
{
	return span->area->folios[place->block.nr];
}

static inline struct page *
vmremap_place_page(const struct vmremap_span *span,
		   const struct vmremap_place *place)
{
	return folio_page(vmremap_place_folio(span, place),
			  place->index - place->block.first);
}

/* Does the block lie wholly in the span, and in one page table? */
static inline bool vmremap_place_fits(const struct vmremap_span *span,
				      const struct vmremap_place *place)
{
	unsigned long size = place->block.pages << PAGE_SHIFT;
	unsigned long before = (place->index - place->block.first) << PAGE_SHIFT;
	unsigned long start = place->addr - before;

	return place->addr - span->start >= before &&
	       span->end - start >= size &&
	       pte_index(start) + place->block.pages <= PTRS_PER_PTE;
}

static inline bool vmremap_left_to_fault(const struct vmremap_span *span,
					 const struct vmremap_place *place)
{
	return place->block.pages >= VMREMAP_AROUND_PAGES &&
	       vmremap_place_fits(span, place);
}

#endif /* VMREMAP_PLACE_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* Where an area's pages go in a VMA. */
#ifndef VMREMAP_SPAN_H
#define VMREMAP_SPAN_H

#include <linux/mm.h>

#include "area.h"

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

/* Index in the area of the page at @addr, which may also lie beyond the span. */
static inline unsigned long vmremap_span_index(const struct vmremap_span *span,
					       unsigned long addr)
{
	return span->index + ((addr - span->start) >> PAGE_SHIFT);
}

/* The page at @addr, or NULL where the area has none. */
static inline struct page *vmremap_span_page(const struct vmremap_span *span,
					     unsigned long addr)
{
	const struct vmremap_area *area = span->area;
	struct vmremap_place place = vmremap_layout_find(&area->layout,
							 vmremap_span_index(span, addr));

	if (place.nr == area->nr_folios)
		return NULL;
	return folio_page(area->folios[place.nr], place.page);
}

/* The part of the span in the naturally aligned window of @size around @addr. */
static inline struct vmremap_span
vmremap_span_around(const struct vmremap_span *span, unsigned long addr,
		    unsigned long size)
{
	struct vmremap_span part = *span;
	unsigned long start = ALIGN_DOWN(addr, size);

	if (start > span->start) {
		part.start = start;
		part.index = vmremap_span_index(span, start);
	}
	if (span->end - start > size)
		part.end = start + size;
	return part;
}

#endif /* VMREMAP_SPAN_H */

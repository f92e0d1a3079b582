/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VMREMAP_SPAN_H
#define VMREMAP_SPAN_H

struct vmremap_area;

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

#endif /* VMREMAP_SPAN_H */

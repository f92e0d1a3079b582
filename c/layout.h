/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How an area's pages lie in its folios. Pure: numbers in, numbers out.
 *
 * An area is a row of blocks, each one folio of 2^order pages, the orders
 * never rising from one block to the next. So each block starts at a multiple
 * of its own size, and counting the blocks of each order is all there is to
 * remember.
 */
#ifndef VMREMAP_LAYOUT_H
#define VMREMAP_LAYOUT_H

#include <linux/minmax.h>
#include <linux/mmzone.h>
#include <linux/pgtable.h>

/*
 * A block that is larger than a PMD could not be mapped any faster. And the page
 * cache has to take it.
 */
#ifdef CONFIG_XARRAY_MULTI
#define VMREMAP_MAX_ORDER	min_t(unsigned int, PMD_ORDER, MAX_PAGE_ORDER)
#else
#define VMREMAP_MAX_ORDER	0U
#endif

/**
 * struct vmremap_layout - the blocks of an area
 * @orders: bit mask of the orders that blocks have
 * @blocks: by order, how many blocks have it
 */
struct vmremap_layout {
	unsigned long orders;
	unsigned long blocks[MAX_PAGE_ORDER + 1];
};

/**
 * struct vmremap_place - where a page is
 * @nr: number of its block, from 0
 * @page: number of the page in the block, from 0
 */
struct vmremap_place {
	unsigned long nr;
	unsigned long page;
};

void vmremap_layout_add(struct vmremap_layout *layout, unsigned int order);
unsigned int vmremap_layout_next_order(unsigned long pages, unsigned int limit);
struct vmremap_place vmremap_layout_find(const struct vmremap_layout *layout,
					 unsigned long index);

#endif /* VMREMAP_LAYOUT_H */

// SPDX-License-Identifier: GPL-2.0
#include <linux/bitops.h>
#include <linux/log2.h>

#include "layout.h"

/**
 * vmremap_layout_next_order - the order of the next block of an area
 * @pages: pages that the area still lacks, at least 1
 * @limit: order of the block before, or less where memory is fragmented
 *
 * Contract: guarantees RightPage.
 * Return: the largest order up to @limit that needs no more than @pages.
 */
unsigned int vmremap_layout_next_order(unsigned long pages, unsigned int limit)
{
	return min_t(unsigned int, ilog2(pages), limit);
}

/**
 * vmremap_layout_add - add a block at the end of an area
 * @layout: the blocks that the area has
 * @order: order of the new one, at most that of the last one
 *
 * Contract: guarantees RightPage.
 */
void vmremap_layout_add(struct vmremap_layout *layout, unsigned int order)
{
	layout->orders |= BIT(order);
	layout->blocks[order]++;
}

/**
 * vmremap_layout_find - find a page in its block
 * @layout: the blocks of an area
 * @index: index of a page of that area
 *
 * Contract: guarantees RightPage.
 * Return: its place. When the area has no page @index, the number of the block
 * is that of all its blocks.
 */
struct vmremap_place vmremap_layout_find(const struct vmremap_layout *layout,
					 unsigned long index)
{
	unsigned long orders = layout->orders, before = 0;
	struct vmremap_place place = {};

	while (orders) {
		unsigned int order = __fls(orders);
		unsigned long blocks = layout->blocks[order];
		unsigned long skipped = (index - before) >> order;

		if (skipped < blocks) {
			place.nr += skipped;
			place.page = index & (BIT(order) - 1);
			break;
		}
		place.nr += blocks;
		before += blocks << order;
		orders &= ~BIT(order);
	}
	return place;
}

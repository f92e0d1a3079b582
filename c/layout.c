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
 * vmremap_layout_find - find the block that holds a page
 * @layout: the blocks of an area
 * @index: index of a page of that area
 *
 * Contract: guarantees RightPage.
 * Return: the block. Its pages are 0 when the area has no page @index.
 */
struct vmremap_block vmremap_layout_find(const struct vmremap_layout *layout,
					 unsigned long index)
{
	unsigned long orders = layout->orders;
	struct vmremap_block block = {};

	while (orders) {
		unsigned int order = __fls(orders);
		unsigned long blocks = layout->blocks[order];
		unsigned long skipped = (index - block.first) >> order;

		if (skipped < blocks) {
			block.nr += skipped;
			block.first += skipped << order;
			block.pages = 1UL << order;
			return block;
		}
		block.nr += blocks;
		block.first += blocks << order;
		orders &= ~BIT(order);
	}
	return block;
}

// SPDX-License-Identifier: GPL-2.0
#include <linux/log2.h>

#include "layout.h"

/**
 * vmremap_layout_next_order - the order of the next block of an area
 * @pages: pages that the area still lacks, at least 1
 * @limit: order of the block before, or less where memory is fragmented
 *
 * Return: the largest order up to @limit that needs no more than @pages.
 */
unsigned int vmremap_layout_next_order(unsigned long pages, unsigned int limit)
{
	return min_t(unsigned int, ilog2(pages), limit);
}

/**
 * vmremap_layout_find - find the block that holds a page
 * @layout: the blocks of an area
 * @index: index of a page of that area
 *
 * Return: the block. Its pages are 0 when the area has no page @index.
 */
struct vmremap_block vmremap_layout_find(const struct vmremap_layout *layout,
					 unsigned long index)
{
	struct vmremap_block block = {};
	int order;

	for (order = VMREMAP_MAX_ORDER; order >= 0; order--) {
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
	}
	return block;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Proves: vmremap_layout_find() finds each page of each block in that block, and no
 *	page after the last. So it finds every page of an area exactly once, for blocks and
 *	pages are both counted from 0 without a gap.
 * Clauses: RightPage
 * Assumes: the area's bytes can be counted; orders tells which of blocks are not 0, as
 *	vmremap_layout_add() has it.
 * Code: c/layout.c
 * Pages: 64/12 32/12
 * Loops: layout_find.json
 */
#include <linux/bits.h>

#include "../../c/layout.h"
#include "proof.h"

/* As many pages as there can be. Their sum over all orders does not wrap. */
#define MOST	(~0UL / PAGE_SIZE + 1)

/* Pages and blocks that come before those of an order; the invariant's words, too. */
unsigned long first[16], nr[16];
unsigned int wanted;
bool inside;

static struct vmremap_layout layout;

static void count(void)
{
	int order;

	for (order = MAX_PAGE_ORDER + 1; order < 16; order++) {
		first[order] = 0;
		nr[order] = 0;
	}
	for (order = MAX_PAGE_ORDER; order >= 0; order--) {
		unsigned long blocks = layout.blocks[order];

		assume(blocks <= MOST >> order);
		assume(!blocks == !(layout.orders & BIT(order)));
		first[order] = first[order + 1] + (blocks << order);
		nr[order] = nr[order + 1] + blocks;
		assume(first[order] <= MOST);
	}
	assume(!(layout.orders >> (MAX_PAGE_ORDER + 1)));
}

static void page_of_a_block(void)
{
	unsigned long k, page, start;
	struct vmremap_place place;

	assume(wanted <= MAX_PAGE_ORDER);
	assume(k < layout.blocks[wanted] && page < 1UL << wanted);
	start = first[wanted + 1] + (k << wanted);

	place = vmremap_layout_find(&layout, start + page);
	prove(place.nr == nr[wanted + 1] + k, "it is that block");
	prove(place.page == page, "it is that page of the block");
	prove(!(start & ((1UL << wanted) - 1)), "the block begins at a multiple of its size");
}

static void page_after_the_last(void)
{
	unsigned long index;
	struct vmremap_place place;

	assume(index >= first[0]);
	place = vmremap_layout_find(&layout, index);
	prove(place.nr == nr[0], "there is no such page");
}

void proof(void)
{
	struct vmremap_layout any;
	unsigned int order;
	bool in;

	layout = any;
	wanted = order;
	inside = in;
	count();
	if (inside)
		page_of_a_block();
	else
		page_after_the_last();
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Proves: vmremap_layout_add() counts one more block of its order and keeps orders as
 *	vmremap_layout_find() needs it.
 * Clauses: RightPage
 * Assumes: the order is one that the page allocator has, and the count of its blocks
 *	does not wrap.
 * Code: c/layout.c
 * Pages: 64/12 64/14 64/16 32/12
 */
#include <linux/bits.h>

#include "../../c/layout.h"
#include "proof.h"

static bool told(const struct vmremap_layout *layout, unsigned int order)
{
	return !layout->blocks[order] == !(layout->orders & BIT(order));
}

void proof(void)
{
	struct vmremap_layout before, after;
	unsigned int order, any;

	assume(order <= MAX_PAGE_ORDER && any <= MAX_PAGE_ORDER);
	assume(told(&before, order) && told(&before, any));
	assume(before.blocks[order] < ~0UL);

	after = before;
	vmremap_layout_add(&after, order);
	prove(told(&after, any), "orders tells which blocks there are");
	prove(after.blocks[any] == before.blocks[any] + (any == order), "it is one block more");
	prove(after.orders == (before.orders | BIT(order)), "no other order changes");
}

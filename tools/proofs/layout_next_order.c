// SPDX-License-Identifier: GPL-2.0
/*
 * Proves: vmremap_layout_next_order() gives the largest order up to the limit that
 *	needs no more pages than are lacking.
 * Clauses: RightPage
 * Assumes: at least one page is lacking.
 * Code: c/layout.c
 * Pages: 64/12 64/14 64/16 32/12
 */
#include "../../c/layout.h"
#include "proof.h"

void proof(void)
{
	unsigned long pages;
	unsigned int limit, order;

	assume(pages > 0);
	order = vmremap_layout_next_order(pages, limit);

	prove(order <= limit, "it is at most the limit");
	prove(order < BITS_PER_LONG && 1UL << order <= pages, "its pages are needed");
	prove(order == limit || (natural)2 << order > pages, "no larger one would do");
}

// SPDX-License-Identifier: GPL-2.0
/* Memory in which no large folio can be had. */

#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include "test.h"

void test_fragment_free(struct test_file *tf)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, &tf->fragments, lru) {
		list_del(&page->lru);
		__free_page(page);
	}
}

/* Keep the first page, give the rest back. */
static void keep_one(struct test_file *tf, struct page *page, unsigned int order)
{
	list_add(&page->lru, &tf->fragments);
	for (unsigned long n = 1; n < 1UL << order; n++)
		__free_page(page + n);
}

/*
 * Take every free block of @order and more, and give it back less a page in
 * each 2^@order. Nobody can move those pages: whatever the allocator merges,
 * no block of that order is whole again.
 */
int test_fragment(struct test_file *tf, unsigned int order)
{
	/* A CPU keeps free blocks by kind, and gives none to another kind. */
	static const gfp_t kinds[] = { 0, __GFP_MOVABLE, __GFP_RECLAIMABLE };
	/* The reserves as well, for they are large blocks. */
	gfp_t gfp = GFP_NOWAIT | __GFP_NOWARN | __GFP_MEMALLOC;
	unsigned long step = 1UL << order, n;
	struct page *page;

	if (order > MAX_PAGE_ORDER)
		return -EINVAL;

	for (int size = MAX_PAGE_ORDER; size >= (int)order; size--) {
		for (int kind = 0; kind < ARRAY_SIZE(kinds); kind++) {
			while ((page = alloc_pages(gfp | kinds[kind], size))) {
				split_page(page, size);
				for (n = 0; n < 1UL << size; n += step)
					keep_one(tf, page + n, order);
				if (fatal_signal_pending(current))
					return -EINTR;
				cond_resched();
			}
		}
	}
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/* Memory in which no large folio can be had. */

#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include "test.h"

/* What the machine needs to go on while the pages are gathered. */
#define TEST_RESERVE_PAGES ((64UL << 20) >> PAGE_SHIFT)

void test_fragment_free(struct test_file *tf)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, &tf->fragments, lru) {
		list_del(&page->lru);
		__free_page(page);
	}
}

/*
 * Pages that nobody can move are taken until little is free, and given back
 * but for one in each block: whatever the allocator merges, a block of that
 * order is never whole.
 */
int test_fragment(struct test_file *tf, unsigned int order)
{
	struct page *page, *next;

	if (order > MAX_PAGE_ORDER)
		return -EINVAL;

	while (global_zone_page_state(NR_FREE_PAGES) > TEST_RESERVE_PAGES) {
		if (fatal_signal_pending(current))
			return -EINTR;
		page = alloc_page(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN);
		if (!page)
			break;
		list_add(&page->lru, &tf->fragments);
		cond_resched();
	}

	list_for_each_entry_safe(page, next, &tf->fragments, lru) {
		if (!(page_to_pfn(page) % (1UL << order)))
			continue;
		list_del(&page->lru);
		__free_page(page);
		cond_resched();
	}
	return 0;
}

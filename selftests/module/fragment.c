// SPDX-License-Identifier: GPL-2.0
/* Fragment the free memory, so that no large folio can be allocated. */

#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/oom.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include "test.h"

/* Free the oldest pages first, because they come from the largest blocks. */
static unsigned long give_back(struct test_fragments *fragments, unsigned long count)
{
	struct page *page, *next;
	unsigned long n = 0;

	guard(spinlock)(&fragments->lock);
	list_for_each_entry_safe(page, next, &fragments->pages, lru) {
		if (n == count)
			break;
		list_del(&page->lru);
		__free_page(page);
		n++;
	}
	return n;
}

/* Before the OOM killer runs, free some blocks of a few pages, which a new task needs. */
static int out_of_memory_notify(struct notifier_block *oom, unsigned long action, void *freed)
{
	/* As many pages as were kept of one of the largest blocks. */
	*(unsigned long *)freed += give_back(container_of(oom, struct test_fragments, oom),
					     1UL << MAX_PAGE_ORDER >> 1);
	return NOTIFY_OK;
}

int test_fragments_init(struct test_fragments *fragments)
{
	spin_lock_init(&fragments->lock);
	INIT_LIST_HEAD(&fragments->pages);
	fragments->oom.notifier_call = out_of_memory_notify;
	return register_oom_notifier(&fragments->oom);
}

void test_fragments_free(struct test_fragments *fragments)
{
	unregister_oom_notifier(&fragments->oom);
	give_back(fragments, ULONG_MAX);
}

/* Keep the first page, and free the others. */
static void keep_one(struct test_fragments *fragments, struct page *page, unsigned int order)
{
	scoped_guard(spinlock, &fragments->lock)
		list_add_tail(&page->lru, &fragments->pages);
	for (unsigned long n = 1; n < 1UL << order; n++)
		__free_page(page + n);
}

/*
 * Allocate every free block of @order and above, and free it again except for one page in each
 * 2^@order. These pages cannot be moved, so no block of that order becomes free again.
 */
int test_fragment(struct test_fragments *fragments, unsigned int order)
{
	/* The per-CPU lists keep free pages by type, so allocate each type. */
	static const gfp_t kinds[] = { 0, __GFP_MOVABLE, __GFP_RECLAIMABLE };
	/* Also from the reserves, which consist of large blocks. */
	gfp_t gfp = GFP_NOWAIT | __GFP_NOWARN | __GFP_MEMALLOC;
	unsigned long step = 1UL << order, n;
	struct page *page;

	if (order > MAX_PAGE_ORDER)
		return -EINVAL;
	/* For vmap(), KMSAN allocates arrays with an entry for each page, and would fail. */
	if (IS_ENABLED(CONFIG_KMSAN))
		return -EOPNOTSUPP;

	for (int size = MAX_PAGE_ORDER; size >= (int)order; size--) {
		for (int kind = 0; kind < ARRAY_SIZE(kinds); kind++) {
			while ((page = alloc_pages(gfp | kinds[kind], size))) {
				split_page(page, size);
				for (n = 0; n < 1UL << size; n += step)
					keep_one(fragments, page + n, order);
				if (fatal_signal_pending(current))
					return -EINTR;
				cond_resched();
			}
		}
	}
	return 0;
}

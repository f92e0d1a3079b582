// SPDX-License-Identifier: GPL-2.0
/* Memory in which no large folio can be had. */

#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/oom.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include "test.h"

/* The oldest, for these came from the largest blocks. */
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

/* Others need blocks of a few pages, for a new task say: they get some before anyone is killed. */
static int out_of_memory_notify(struct notifier_block *oom, unsigned long action, void *freed)
{
	/* What was kept of one of the largest blocks, where each second page was. */
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

/* Keep the first page, give the rest back. */
static void keep_one(struct test_fragments *fragments, struct page *page, unsigned int order)
{
	scoped_guard(spinlock, &fragments->lock)
		list_add_tail(&page->lru, &fragments->pages);
	for (unsigned long n = 1; n < 1UL << order; n++)
		__free_page(page + n);
}

/*
 * Take every free block of @order and more, and give it back less a page in
 * each 2^@order. Nobody can move those pages: whatever the allocator merges,
 * no block of that order is whole again.
 */
int test_fragment(struct test_fragments *fragments, unsigned int order)
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
					keep_one(fragments, page + n, order);
				if (fatal_signal_pending(current))
					return -EINTR;
				cond_resched();
			}
		}
	}
	return 0;
}

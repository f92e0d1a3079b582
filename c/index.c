// SPDX-License-Identifier: GPL-2.0
/*
 * All areas, by kernel address. Readers take no lock: they run under RCU and get a reference only
 * on an area that still has one.
 */
#include <linux/maple_tree.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

#include "area.h"

static struct maple_tree areas = MTREE_INIT(areas, MT_FLAGS_USE_RCU);

/**
 * vmremap_index_add - make an area known
 * @area: an area that has its address, and no reference yet: it cannot be got
 *
 * Contract: requires AreaOutlives; guarantees AnyThread.
 * Context: May sleep.
 * Return: 0 or -ENOMEM.
 */
int vmremap_index_add(struct vmremap_area *area)
{
	unsigned long addr = (unsigned long)area->addr, last = addr + area->pages * PAGE_SIZE - 1;

	return mtree_insert_range(&areas, addr, last, area, GFP_KERNEL);
}

/**
 * vmremap_index_remove - make an area unknown
 * @area: an area that has no reference left, known or not, and still has its address, if it had one
 *
 * Contract: guarantees AnyThread.
 * Context: May sleep.
 */
void vmremap_index_remove(struct vmremap_area *area)
{
	/* Before Linux 7.3, mtree_erase() may fail for want of memory, without saying so. */
	do {
		mtree_erase(&areas, (unsigned long)area->addr);
	} while (mtree_load(&areas, (unsigned long)area->addr) == area &&
		 !schedule_timeout_uninterruptible(1));
}

/**
 * vmremap_index_get - get the area that an address lies in
 * @kaddr: any value at all
 *
 * Contract: guarantees AreaValid, ReferenceOwned, AreaOutlives, AnyThread.
 * Return: the area, with a reference taken, or NULL if @kaddr is in no area.
 */
struct vmremap_area *vmremap_index_get(unsigned long kaddr)
{
	struct vmremap_area *area;

	rcu_read_lock();
	area = mtree_load(&areas, kaddr);
	if (area && !refcount_inc_not_zero_acquire(&area->refs))
		area = NULL;
	rcu_read_unlock();
	return area;
}

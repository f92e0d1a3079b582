// SPDX-License-Identifier: GPL-2.0
/*
 * All areas, by kernel address: a tree under a spinlock, as in find_vm_area(). A lookup gets a
 * reference only on an area that still has one.
 */
#include <linux/export.h>
#include <linux/spinlock.h>

#include "area.h"

static DEFINE_SPINLOCK(lock);
static struct rb_root areas = RB_ROOT;

static int compare(const void *kaddr, const struct rb_node *node)
{
	const struct vmremap_area *area = rb_entry(node, struct vmremap_area, node);
	unsigned long addr = (unsigned long)kaddr, start = (unsigned long)area->addr;

	return addr < start ? -1 : addr - start >= area->pages * PAGE_SIZE;
}

static bool less(struct rb_node *new, const struct rb_node *node)
{
	return compare(rb_entry(new, struct vmremap_area, node)->addr, node) < 0;
}

/**
 * vmremap_index_add - add an area to the index
 * @area: an area whose addr is set, and whose refs are 0, so that no lookup returns it yet
 *
 * Contract: requires AreaOutlives; guarantees AnyThread.
 * Context: Process context.
 */
void vmremap_index_add(struct vmremap_area *area)
{
	guard(spinlock)(&lock);
	rb_add(&area->node, &areas, less);
}

/**
 * vmremap_index_remove - remove an area from the index
 * @area: an area whose refs are 0; it is in the index only if its addr is set
 *
 * Contract: guarantees AnyThread.
 * Context: Process context.
 */
void vmremap_index_remove(struct vmremap_area *area)
{
	guard(spinlock)(&lock);
	if (area->addr)
		rb_erase(&area->node, &areas);
}

/**
 * vmremap_index_get - get the area that contains an address
 * @kaddr: any value
 *
 * Contract: guarantees AreaValid, ReferenceOwned, AreaOutlives, AnyThread.
 * Context: Process context.
 * Return: the area, with a reference taken; NULL if @kaddr is in no area; or -ENOENT as an
 * ERR_PTR() if it is in one that has no reference left.
 */
struct vmremap_area *vmremap_index_get(unsigned long kaddr)
{
	struct vmremap_area *area;

	guard(spinlock)(&lock);
	area = rb_entry_safe(rb_find((void *)kaddr, &areas, compare), struct vmremap_area, node);
	return !area || refcount_inc_not_zero_acquire(&area->refs) ? area : ERR_PTR(-ENOENT);
}

/**
 * vmremap_index_walk - call a function for each area, by ascending address
 * @function: the function, which must not sleep, nor call one that looks for an area
 * @data: what to pass to it
 *
 * Also finds areas that have no reference: they are mapped or cached, or being made or freed. They
 * stay until @function returns, because .release first takes an area out of the index. So @function
 * needs no reference, and must not take any: that would keep the area from being cached.
 *
 * Contract: guarantees AreaOutlives, AnyThread.
 * Context: Process context. Calls @function with a spinlock held.
 */
void vmremap_index_walk(void (*function)(const struct vmremap_area *area, void *data), void *data)
{
	guard(spinlock)(&lock);
	for (struct rb_node *node = rb_first(&areas); node; node = rb_next(node))
		function(rb_entry(node, struct vmremap_area, node), data);
}
EXPORT_SYMBOL_GPL(vmremap_index_walk);

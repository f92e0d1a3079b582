// SPDX-License-Identifier: GPL-2.0
/*
 * All live areas. Readers take no lock: they run under RCU and get a reference
 * only on an area that still has one.
 */
#include <linux/mm.h>
#include <linux/vmalloc.h>
#include <linux/xarray.h>

#include "area.h"

/* Removed from in any context. */
static DEFINE_XARRAY_FLAGS(areas, XA_FLAGS_ALLOC1 | XA_FLAGS_LOCK_IRQ);

/**
 * vmremap_index_add - make an area known
 * @area: an area that has its memory, and no reference yet: it cannot be got
 *
 * Contract: requires AreaOutlives; guarantees AnyThread.
 * Context: May sleep.
 * Return: 0 or -ENOMEM.
 */
int vmremap_index_add(struct vmremap_area *area)
{
	/* An id must fit into xa_mk_value(). */
	int err = xa_alloc_irq(&areas, &area->id, area, XA_LIMIT(1, INT_MAX), GFP_KERNEL);
	struct folio *folio;

	if (err)
		return err;

	list_for_each_entry(folio, &area->folios, lru)
		folio->private = xa_mk_value(area->id);
	return 0;
}

/**
 * vmremap_index_remove - make an area unknown
 * @area: an area that has no reference left, known or not
 *
 * Contract: guarantees AnyThread.
 * Context: Any but NMI.
 */
void vmremap_index_remove(struct vmremap_area *area)
{
	unsigned long flags;

	xa_lock_irqsave(&areas, flags);
	__xa_erase(&areas, area->id);
	xa_unlock_irqrestore(&areas, flags);
}

/**
 * vmremap_index_get - get an area by its id
 * @id: what was once the id of an area
 * @kaddr: any value at all
 *
 * Contract: guarantees AreaValid, AreaOutlives, AnyThread.
 * Return: the area, with a reference taken, or NULL if the area is gone or does not contain @kaddr.
 */
struct vmremap_area *vmremap_index_get(u32 id, unsigned long kaddr)
{
	struct vmremap_area *area;

	rcu_read_lock();
	area = xa_load(&areas, id);
	if (area && (kaddr - (unsigned long)area->addr >= area->pages << PAGE_SHIFT ||
		     !refcount_inc_not_zero_acquire(&area->refs)))
		area = NULL;
	rcu_read_unlock();
	return area;
}

/**
 * vmremap_index_get_by_addr - get the area that an address lies in
 * @kaddr: any value at all
 *
 * Contract: guarantees AreaValid, AreaOutlives, AnyThread.
 * Return: the area, with a reference taken, or NULL if @kaddr is in no area.
 */
struct vmremap_area *vmremap_index_get_by_addr(unsigned long kaddr)
{
	struct page *page;
	void *owner;

	if (!is_vmalloc_addr((void *)kaddr))
		return NULL;
	page = vmalloc_to_page((void *)kaddr);
	if (!page || !pfn_valid(page_to_pfn(page)))
		return NULL;

	/* Other owners of a page put their own values there, so this is only a hint. */
	owner = READ_ONCE(page_folio(page)->private);
	return xa_is_value(owner) ? vmremap_index_get(xa_to_value(owner), kaddr) : NULL;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Proves: vmremap_index_get_by_addr() finds an area by exactly its own addresses, whatever
 *	the kernel says of the address, and takes a reference if and only if it does;
 *	vmremap_index_add() and vmremap_index_remove() put there and take away that area.
 * Clauses: AreaValid AreaOutlives AnyThread
 * Assumes: an area of up to 3 blocks; an entry that xa_load() gives is that of the id, and
 *	stays allocated until the RCU reader ends.
 * Wraps: on purpose, the distance from the area's start of an address before it.
 * Code: c/index.c
 * Pages: 64/12 64/16 32/12
 */
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>
#include <linux/xarray.h>

#include "../../c/area.h"
#include "../../c/vmremap.h"
#include "proof.h"

/* What the kernel knows of the address. */
static bool in_vmalloc, has_page, is_memory, known, alive, locked;
static unsigned long asked;
static struct page *page = (struct page *)8;
static struct folio folio;

static struct vmremap_area area;
static int taken, readers, added, removed, alloc_err;
static u32 new_id;

bool is_vmalloc_addr(const void *addr)
{
	prove((unsigned long)addr == asked, "it asks for that address");
	return in_vmalloc;
}

struct page *vmalloc_to_page(const void *addr)
{
	prove((unsigned long)addr == asked, "it asks for that address");
	prove(in_vmalloc, "it looks for pages in vmalloc space alone");
	return has_page ? page : NULL;
}

unsigned long page_to_pfn(const struct page *of)
{
	prove(of == page, "it is a page");
	return 5;
}

bool pfn_valid(unsigned long pfn)
{
	return is_memory;
}

struct folio *page_folio(struct page *of)
{
	prove(of == page && is_memory, "it reads no struct page that is not there");
	return &folio;
}

void xa_lock_irqsave_flags(struct xarray *xa, unsigned long *flags)
{
	prove(!locked, "it takes the lock once");
	locked = true;
}

void xa_unlock_irqrestore(struct xarray *xa, unsigned long flags)
{
	prove(locked, "it drops a lock that it has");
	locked = false;
}

void rcu_read_lock(void)
{
	readers++;
}

void rcu_read_unlock(void)
{
	readers--;
}

void *xa_load(struct xarray *xa, unsigned long index)
{
	prove(readers == 1, "it reads the index under RCU");
	return known && index == area.id ? &area : NULL;
}

bool refcount_inc_not_zero_acquire(refcount_t *refs)
{
	prove(refs == &area.refs && readers == 1, "it takes a reference under RCU");
	if (alive)
		taken++;
	return alive;
}

int xa_alloc_irq(struct xarray *xa, u32 *id, void *entry, struct xa_limit limit, int gfp)
{
	prove(entry == &area && id == &area.id, "it adds that area");
	prove(limit.min == 1 && limit.max == INT_MAX, "its ids are those that fit, but 0");
	added++;
	if (!alloc_err)
		*id = new_id;
	return alloc_err;
}

void *__xa_erase(struct xarray *xa, unsigned long index)
{
	prove(locked, "it removes it under the lock, with interrupts off");
	prove(index == area.id, "it removes that area");
	removed++;
	return &area;
}

static void by_address(void)
{
	natural addr = (unsigned long)area.addr;
	bool own = in_vmalloc && has_page && is_memory && xa_is_value(folio.private) &&
		   (u32)xa_to_value(folio.private) == area.id && known && alive &&
		   asked >= addr && asked < addr + area.pages * PAGE;
	struct vmremap_area *found = vmremap_index_get_by_addr(asked);

	prove(found == (own ? &area : NULL),
	      "it finds the area whose address it is, and no other");
	prove(taken == (own ? 1 : 0), "with a reference for each that it finds");
	prove(!readers, "it ends each read");
}

static void add_and_remove(void)
{
	struct folio folios[3];
	unsigned int blocks, nr;
	int err;

	assume(blocks >= 1 && blocks <= 3);
	assume(!alloc_err || alloc_err == -ENOMEM || alloc_err == -EBUSY);
	INIT_LIST_HEAD(&area.folios);
	for (nr = 0; nr < blocks; nr++)
		list_add_tail(&folios[nr].lru, &area.folios);

	err = vmremap_index_add(&area);
	prove(added == 1, "it adds it once");
	prove(err == alloc_err, "it fails where the index does");
	for (nr = 0; !err && nr < blocks; nr++)
		prove(folios[nr].private == xa_mk_value(new_id), "each block tells the id");
	vmremap_index_remove(&area);
	prove(removed == 1, "it removes it once");
	prove(!locked, "it drops the lock");
}

void proof(void)
{
	bool a, b, c, d, e, find;
	unsigned long address, of;
	struct vmremap_area any;
	u32 id;
	void *private;
	int err;

	in_vmalloc = a;
	has_page = b;
	is_memory = c;
	known = d;
	alive = e;
	asked = address;
	area = any;
	area.addr = (void *)of;
	new_id = id;
	folio.private = private;
	alloc_err = err;

	assume(of % PAGE_SIZE == 0 && area.pages <= ~0UL / PAGE_SIZE);
	assume(of + area.pages * PAGE < W);
	if (find)
		by_address();
	else
		add_and_remove();
}

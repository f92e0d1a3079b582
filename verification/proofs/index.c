// SPDX-License-Identifier: GPL-2.0
/*
 * Proves: vmremap_index_get() finds the area that the tree has at the address, and takes a
 *	reference if and only if it returns it; vmremap_index_add() puts the area there for
 *	exactly its own addresses, and vmremap_index_remove() takes that area away, even if
 *	memory is short.
 * Clauses: AreaValid AreaOutlives AnyThread
 * Assumes: what mtree_load() gives stays allocated until the RCU reader ends; mtree_erase()
 *	fails at most twice.
 * Code: c/index.c
 * Pages: 64/12 64/16 32/12
 */
#include <linux/errno.h>
#include <linux/maple_tree.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

#include "../../c/area.h"
#include "proof.h"

static struct vmremap_area area;
static bool known, alive;
static unsigned long asked;
static int taken, readers, added, waits, insert_err;
static unsigned int failures;
static bool changes;

void rcu_read_lock(void)
{
	readers++;
}

void rcu_read_unlock(void)
{
	readers--;
}

void *mtree_load(struct maple_tree *mt, unsigned long index)
{
	prove(mt->flags & MT_FLAGS_USE_RCU, "the tree can be read under RCU");
	prove(readers == 1 || changes, "it reads the tree under RCU");
	prove(index == asked, "it asks for that address");
	return known ? &area : NULL;
}

bool refcount_inc_not_zero_acquire(refcount_t *refs)
{
	prove(refs == &area.refs && readers == 1, "it takes a reference under RCU");
	if (alive)
		taken++;
	return alive;
}

int mtree_insert_range(struct maple_tree *mt, unsigned long first, unsigned long last, void *entry,
		       int gfp)
{
	natural addr = (unsigned long)area.addr;

	prove(entry == &area, "it adds that area");
	prove(first == addr && (natural)last + 1 == addr + area.pages * PAGE,
	      "for exactly its addresses");
	added++;
	return insert_err;
}

void *mtree_erase(struct maple_tree *mt, unsigned long index)
{
	prove(index == (unsigned long)area.addr, "it removes that area");
	if (failures)
		failures--;
	else
		known = false;
	return &area;
}

long schedule_timeout_uninterruptible(long timeout)
{
	prove(known, "it waits only for memory");
	waits++;
	return 0;
}

static void get(void)
{
	bool found = known && alive;

	prove(vmremap_index_get(asked) == (found ? &area : NULL),
	      "it finds the area that the tree has, if that has a reference");
	prove(taken == (found ? 1 : 0), "with a reference for each that it finds");
	prove(!readers, "it ends each read");
}

static void add_and_remove(void)
{
	prove(vmremap_index_add(&area) == insert_err, "it fails where the tree does");
	prove(added == 1, "it adds it once");
	changes = true;
	asked = (unsigned long)area.addr;
	known = !insert_err;
	assume(failures <= 2 && (known || !failures));
	vmremap_index_remove(&area);
	prove(!known, "it is removed");
	prove(!failures && waits <= 2, "it waits once for each failure");
}

void proof(void)
{
	bool in_tree, has_reference, find;
	unsigned int times;
	unsigned long address, of;
	struct vmremap_area any;
	int err;

	known = in_tree;
	alive = has_reference;
	asked = address;
	area = any;
	area.addr = (void *)of;
	insert_err = err;
	failures = times;

	assume(of % PAGE_SIZE == 0 && area.pages && area.pages <= ~0UL / PAGE_SIZE);
	assume(of + area.pages * PAGE < W);
	if (find)
		get();
	else
		add_and_remove();
}

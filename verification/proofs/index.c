// SPDX-License-Identifier: GPL-2.0
/*
 * Proves: vmremap_index_get() finds the area that the tree has at the address, and takes a
 *	reference if and only if it returns it; the order and the comparison by which the tree is
 *	searched agree with the addresses of areas; an area is in the tree from
 *	vmremap_index_add() to vmremap_index_remove(); vmremap_index_walk() calls the function once
 *	for each area of the tree; all of it under one lock.
 * Clauses: AreaValid AreaOutlives AnyThread
 * Assumes: rb_find() returns a node for which the comparison gives 0, if the tree has one and is
 *	in this order; rb_first() and rb_next() go through all nodes; guard() releases the lock when
 *	the function returns.
 * Code: c/index.c
 * Pages: 64/12 64/16 32/12
 */
#include <linux/errno.h>
#include <linux/spinlock.h>
#include <linux/rbtree.h>

#include "../../c/area.h"
#include "proof.h"

/* One that the tree has, or not, and another one that it has. */
static struct vmremap_area area, other;
static bool known, alive;
static unsigned long asked;
static int taken, locked;

void spin_lock(struct spinlock *lock)
{
	prove(!locked, "it takes the lock once");
	locked = 1;
}

static natural start(const struct vmremap_area *of)
{
	return (unsigned long)of->addr;
}

static natural end(const struct vmremap_area *of)
{
	return start(of) + of->pages * PAGE;
}

static bool has_addresses(const struct vmremap_area *of)
{
	return start(of) && start(of) % PAGE == 0 && of->pages && of->pages <= ~0UL / PAGE_SIZE &&
	       end(of) < W;
}

void rb_add(struct rb_node *node, struct rb_root *tree,
	    bool (*less)(struct rb_node *, const struct rb_node *))
{
	prove(locked == 1, "it changes the tree under the lock");
	prove(node == &area.node && !known, "it adds that area once");
	prove(less(&area.node, &other.node) == (start(&area) < start(&other)),
	      "the order is that of the addresses");
	known = true;
}

void rb_erase(struct rb_node *node, struct rb_root *tree)
{
	prove(locked == 1, "it changes the tree under the lock");
	prove(node == &area.node && known, "it removes an area that is in the tree");
	known = false;
}

struct rb_node *rb_find(const void *key, const struct rb_root *tree,
			int (*cmp)(const void *key, const struct rb_node *))
{
	natural kaddr = (unsigned long)key;
	int found = cmp(key, &area.node);

	prove(locked == 1, "it searches the tree under the lock");
	prove(kaddr == asked, "it searches for that address");
	prove((found < 0) == (kaddr < start(&area)), "it goes to lower addresses where it must");
	prove((found > 0) == (kaddr >= end(&area)), "and to higher ones where it must");
	return known && !found ? &area.node : NULL;
}

/* The tree has both areas, one, or none. */
struct rb_node *rb_first(const struct rb_root *tree)
{
	prove(locked == 1, "it goes through the tree under the lock");
	return known ? &area.node : alive ? &other.node : NULL;
}

struct rb_node *rb_next(const struct rb_node *node)
{
	prove(locked == 1, "it goes through the tree under the lock");
	return node == &area.node && alive ? &other.node : NULL;
}

bool refcount_inc_not_zero_acquire(refcount_t *refs)
{
	prove(refs == &area.refs && locked == 1, "it takes a reference under the lock");
	if (alive)
		taken++;
	return alive;
}

static void get(void)
{
	bool inside = asked >= start(&area) && asked < end(&area);
	bool found = known && alive && inside;
	struct vmremap_area *other = known && inside ? ERR_PTR(-ENOENT) : NULL;

	prove(vmremap_index_get(asked) == (found ? &area : other),
	      "it finds the area that the tree has, and says so if that has no reference");
	prove(taken == (found ? 1 : 0), "with a reference for each that it finds");
}

static int shown[2];

static void show(const struct vmremap_area *of, void *data)
{
	prove(locked == 1 && data == shown, "it calls the function under the lock, with its data");
	prove(of == &area || of == &other, "it passes an area");
	shown[of == &other]++;
}

static void walk(void)
{
	vmremap_index_walk(show, shown);
	prove(shown[0] == (known ? 1 : 0) && shown[1] == (alive ? 1 : 0),
	      "it passes each area of the tree once");
}

static void add_and_remove(bool has_address)
{
	known = false;
	if (has_address) {
		vmremap_index_add(&area);
		prove(known, "it is added");
		locked = 0;
	} else {
		area.addr = NULL;
	}
	vmremap_index_remove(&area);
	prove(!known, "it is removed");
}

void proof(void)
{
	struct vmremap_area any, another;
	bool in_tree, has_reference, find, has_address, all;
	unsigned long address;

	known = in_tree;
	alive = has_reference;
	asked = address;
	area = any;
	other = another;

	assume(has_addresses(&area) && has_addresses(&other));
	if (find)
		get();
	else if (all)
		walk();
	else
		add_and_remove(has_address);
}

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VMREMAP_AREA_H
#define VMREMAP_AREA_H

#include <linux/atomic.h>
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/mmzone.h>
#include <linux/notifier.h>
#include <linux/pagemap.h>
#include <linux/pgtable.h>
#include <linux/rbtree.h>
#include <linux/refcount.h>

#include "check.h"
#include "vmremap.h"

/*
 * A folio larger than a PMD could not be mapped any faster. And the allocator and the page
 * cache must support that order, which may be below a PMD's, as on arm64 with pages of 64 KiB.
 */
#define VMREMAP_MAX_ORDER \
	(IS_ENABLED(CONFIG_XARRAY_MULTI) ? \
	 min3((unsigned int)PMD_ORDER, (unsigned int)MAX_PAGE_ORDER, \
	      (unsigned int)MAX_PAGECACHE_ORDER) : 0U)

/**
 * enum vmremap_state - may page table entries for an area be made?
 * @VMREMAP_OPEN: yes
 * @VMREMAP_FROZEN: not now
 * @VMREMAP_REVOKED: never again
 */
enum vmremap_state {
	VMREMAP_OPEN,
	VMREMAP_FROZEN,
	VMREMAP_REVOKED,
};

/**
 * struct vmremap_mapping - what a file stands for that VMAs map, see mapping.c
 * @area: the area, or NULL if it is pieces
 * @release: ends it
 * @dontcopy: a child must not inherit it
 * @vm_ops: those of the driver whose .open and .close are called; never NULL
 * @driver: the file that the program has mapped, if it must not be released before; or NULL
 * @shift: what to add to offsets in the file to get those in @driver
 */
struct vmremap_mapping {
	struct vmremap_area *area;
	void (*release)(struct vmremap_mapping *mapping);
	bool dontcopy;
	const struct vm_operations_struct *vm_ops;
	struct file *driver;
	loff_t shift;
};

/**
 * struct vmremap_area - memory that drivers and programs share
 * @refs: one for each holder among drivers; 0 while it is kept
 *	for the next one, see idle.c
 * @flags: VMREMAP_* flags
 * @state: see revoke.c; it is VMREMAP_OPEN unless the area is VMREMAP_REVOCABLE
 * @inserting: how many make page table entries for it now, if it is VMREMAP_REVOCABLE
 * @size: bytes that were asked for
 * @pages: pages that are there
 * @addr: where the kernel sees them
 * @folios: its pages in order, by folio.lru, the largest first: so each folio
 *	begins at a multiple of its own size
 * @file: what VMAs map, see cache.c; all @refs together hold one reference
 * @mapping: what @file stands for
 * @node: the area's place in the index
 * @by_address: vmremap_alloc() has returned its address, and vmremap_free() was not called yet
 * @name: what its mappings are called, or NULL
 * @on_revoke: called when it has been revoked
 *
 * Once the area is in the index only @refs, @state, @inserting, and what follows @node
 * change, and @size and @flags while it has no reference.
 */
struct vmremap_area {
	refcount_t refs;
	unsigned int flags;
	enum vmremap_state state;
	atomic_t inserting;
	size_t size;
	unsigned long pages;
	void *addr;
	struct list_head folios;
	struct file *file;
	struct vmremap_mapping mapping;
	struct rb_node node;
	int by_address;
	const char *name;
	struct blocking_notifier_head on_revoke;
};

/* Of cache.c: the folios of an area become the page cache of its file, and leave it. */
int vmremap_cache_fill(struct vmremap_area *area);
void vmremap_cache_drop(struct vmremap_area *area);
bool vmremap_cache_failed(struct folio *folio);

/* Of index.c: which areas there are. */
void vmremap_index_add(struct vmremap_area *area);
void vmremap_index_remove(struct vmremap_area *area);
struct vmremap_area *vmremap_index_get(unsigned long kaddr);

/* Of idle.c: areas that wait for somebody to allocate them. */
struct vmremap_area *vmremap_idle_keep(struct vmremap_area *area);
struct vmremap_area *vmremap_idle_take(unsigned long pages, unsigned int flags);
void vmremap_idle_end(void);

DEFINE_FREE(vmremap_area, struct vmremap_area *, vmremap_area_put(_T));

enum vmremap_clause vmremap_check_area(const struct vmremap_area *area,
				       struct vmremap_request *req);

/* Most areas have no other. */
static inline struct folio *vmremap_first_folio(const struct vmremap_area *area)
{
	return list_first_entry(&area->folios, struct folio, lru);
}

/* Where the page cache of @area's file has the first page of a request that stays in @area. */
static inline unsigned long vmremap_area_index(const struct vmremap_area *area,
					       const struct vmremap_request *req)
{
	return vmremap_first_folio(area)->index + req->pgoff +
	       ((req->kaddr - (unsigned long)area->addr) >> PAGE_SHIFT);
}

#endif /* VMREMAP_AREA_H */

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
 * A folio larger than a PMD would not be faster to map. The allocator and the page cache may
 * support only smaller folios than a PMD, for example on arm64 with pages of 64 KiB.
 */
#define VMREMAP_MAX_ORDER \
	(IS_ENABLED(CONFIG_XARRAY_MULTI) ? \
	 min3((unsigned int)PMD_ORDER, (unsigned int)MAX_PAGE_ORDER, \
	      (unsigned int)MAX_PAGECACHE_ORDER) : 0U)

/**
 * enum vmremap_state - may page table entries for an area be inserted?
 * @VMREMAP_OPEN: yes
 * @VMREMAP_REVOKED: never again
 * @VMREMAP_CACHED: nobody has the area, see idle.c
 * @VMREMAP_FREEZING: not now: vmremap_freeze() is removing the entries. From this state on, an
 *	access waits
 * @VMREMAP_FROZEN: not now
 */
enum vmremap_state {
	VMREMAP_OPEN,
	VMREMAP_REVOKED,
	VMREMAP_CACHED,
	VMREMAP_FREEZING,
	VMREMAP_FROZEN,
};

/**
 * struct vmremap_mapping - private_data of a file that VMAs have as their vm_file, see mapping.c
 * @area: the area, or NULL if the file is that of a VMA of pieces
 * @release: called when the file is released
 * @dontcopy: a child must not inherit the mapping
 * @vm_ops: the driver's vm_ops, whose .open and .close are called; never NULL
 * @driver: the driver's file, if it must outlive this file; or NULL
 * @shift: add it to an offset in this file to get the offset in @driver
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
 * @refs: number of references that drivers hold; 0 while the area is cached, see idle.c
 * @flags: VMREMAP_* flags
 * @state: whether page table entries may be inserted, see revoke.c
 * @inserting: number of tasks that are inserting page table entries, if it is VMREMAP_REVOCABLE
 * @size: size in bytes that was requested
 * @pages: number of pages
 * @addr: kernel address of the first page
 * @folios: list of the folios in order, by folio.lru; the largest come first, so each one begins
 *	at a multiple of its own size
 * @file: the file that VMAs map, see cache.c; all @refs together hold one reference on it
 * @mapping: private_data of @file
 * @node: node in the tree of index.c
 * @by_address: vmremap_alloc() has returned its address, and vmremap_free() was not called yet
 * @name: name that /proc/PID/maps shows, or NULL
 * @on_revoke: notifiers that are called when the area has been revoked
 *
 * Once the area is in the index, only @refs, @state, @inserting and the members from @node on
 * change. @size, @flags and @mapping.dontcopy change, too, but only while @refs is 0.
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

/* cache.c: the folios of an area are the page cache of its file. */
int vmremap_cache_fill(struct vmremap_area *area);
void vmremap_cache_drop(struct vmremap_area *area);
bool vmremap_cache_failed(struct folio *folio);

/* index.c: find an area by a kernel address. */
void vmremap_index_add(struct vmremap_area *area);
void vmremap_index_remove(struct vmremap_area *area);
struct vmremap_area *vmremap_index_get(unsigned long kaddr);
void vmremap_index_walk(void (*function)(const struct vmremap_area *area, void *data), void *data);

/* idle.c: the cache of small freed areas. */
struct vmremap_area *vmremap_idle_keep(struct vmremap_area *area);
struct vmremap_area *vmremap_idle_take(unsigned long pages, unsigned int flags);
void vmremap_idle_end(void);

DEFINE_FREE(vmremap_area, struct vmremap_area *, vmremap_area_put(_T));

enum vmremap_clause vmremap_check_area(const struct vmremap_area *area,
				       struct vmremap_request *req);

/* Faults look at this folio first, because a small area often has no other one. */
static inline struct folio *vmremap_first_folio(const struct vmremap_area *area)
{
	return list_first_entry(&area->folios, struct folio, lru);
}

/* The index, in the page cache of @area's file, of the first page of a request within @area. */
static inline unsigned long vmremap_area_index(const struct vmremap_area *area,
					       const struct vmremap_request *req)
{
	return vmremap_first_folio(area)->index + req->pgoff +
	       ((req->kaddr - (unsigned long)area->addr) >> PAGE_SHIFT);
}

#endif /* VMREMAP_AREA_H */

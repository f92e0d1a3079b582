/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VMREMAP_AREA_H
#define VMREMAP_AREA_H

#include <linux/refcount.h>
#include <linux/types.h>

#include "check.h"
#include "layout.h"

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
 * struct vmremap_area - memory that drivers and programs share
 * @refs: one for each holder among drivers, and for each piece of a VMA
 * @flags: VMREMAP_* flags
 * @state: see revoke.c; it is VMREMAP_OPEN unless the area is VMREMAP_REVOCABLE
 * @id: names the area in the index; not used again soon
 * @size: bytes that were asked for
 * @pages: pages that are there
 * @addr: where the kernel sees them
 * @layout: which of @folios holds which page
 * @nr_folios: how many @folios there are
 * @folios: the blocks of @layout, in order
 * @file: what VMAs map, see cache.c; all @refs together hold one reference
 * @rcu: the index is read under RCU
 *
 * Nothing but @refs and @state changes once the area is in the index.
 */
struct vmremap_area {
	refcount_t refs;
	unsigned int flags;
	enum vmremap_state state;
	u32 id;
	size_t size;
	unsigned long pages;
	void *addr;
	struct vmremap_layout layout;
	unsigned long nr_folios;
	struct folio **folios;
	struct file *file;
	struct rcu_head rcu;
};

struct vmremap_area *vmremap_area_of_file(const struct file *file);
enum vmremap_clause vmremap_check_area(const struct vmremap_area *area,
				       struct vmremap_request *req);

/* The first page of a request that stays in @area. */
static inline unsigned long vmremap_area_index(const struct vmremap_area *area,
					       const struct vmremap_request *req)
{
	return req->pgoff + ((req->kaddr - (unsigned long)area->addr) >> PAGE_SHIFT);
}

#endif /* VMREMAP_AREA_H */

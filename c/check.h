/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The checked clauses of docs/contract.md, and the checks of numbers and flags.
 * These are pure: they depend on their arguments alone, and return a clause.
 */
#ifndef VMREMAP_CHECK_H
#define VMREMAP_CHECK_H

#include <linux/mm_types.h>

/* In the order of precedence. reject.c has their names and errnos. */
enum vmremap_clause {
	VMREMAP_HOLDS,
	VMREMAP_ADDR_ALIGNED,
	VMREMAP_SIZE_NON_ZERO,
	VMREMAP_RANGE_NO_WRAP,
	VMREMAP_RANGE_IN_VMA,
	VMREMAP_AREA_VALID,
	VMREMAP_RANGE_IN_AREA,
	VMREMAP_AREA_SHAREABLE,
	VMREMAP_VMA_INIT,
	VMREMAP_NOT_REVOKED,
	VMREMAP_POLICY_HELD,
};

/**
 * struct vmremap_request - a request to map a range of memory at a user address
 * @uaddr: first user address
 * @kaddr: kernel address that @pgoff counts from
 * @pgoff: pages from @kaddr to the first page to map
 * @size: bytes to map, before rounding up to pages
 */
struct vmremap_request {
	unsigned long uaddr;
	unsigned long kaddr;
	unsigned long pgoff;
	unsigned long size;
};

/**
 * enum vmremap_private - may a mapping be private and writable?
 * @VMREMAP_PRIVATE_RDONLY: no, because a write would silently go to a copy and not to the area
 * @VMREMAP_PRIVATE_COPIES: yes, like a mapping by remap_vmalloc_range()
 */
enum vmremap_private {
	VMREMAP_PRIVATE_RDONLY,
	VMREMAP_PRIVATE_COPIES,
};

enum vmremap_clause vmremap_check_size(unsigned long size);
enum vmremap_clause vmremap_check_request(const struct vmremap_request *req);
enum vmremap_clause vmremap_check_in_vma(const struct vmremap_request *req,
					 unsigned long vm_start, unsigned long vm_end);
enum vmremap_clause vmremap_check_in_area(const struct vmremap_request *req, unsigned long addr,
					  unsigned long pages);

/* policy.c */
enum vmremap_clause vmremap_policy(unsigned int area_flags, enum vmremap_private private,
				   bool read_implies_exec, vm_flags_t *vm_flags);

/* reject.c; not pure, because it emits a tracepoint. */
int vmremap_reject(enum vmremap_clause clause, const struct vmremap_request *req);

#endif /* VMREMAP_CHECK_H */

// SPDX-License-Identifier: GPL-2.0
#include <linux/align.h>
#include <linux/overflow.h>
#include <asm/page.h>

#include "check.h"

/**
 * vmremap_check_size - can a size be rounded up to pages?
 * @size: bytes
 *
 * Contract: checks SizeNonZero, RangeNoWrap.
 * Return: SizeNonZero, RangeNoWrap, or %VMREMAP_HOLDS: rounding @size up to
 * pages gives neither 0 nor less than @size.
 */
enum vmremap_clause vmremap_check_size(unsigned long size)
{
	if (!size)
		return VMREMAP_SIZE_NON_ZERO;
	if (size > ALIGN_DOWN(ULONG_MAX, PAGE_SIZE))
		return VMREMAP_RANGE_NO_WRAP;
	return VMREMAP_HOLDS;
}

/**
 * vmremap_check_request - is a request valid by itself, without looking at its VMA or area?
 * @req: the request
 *
 * Contract: checks AddrAligned, SizeNonZero, RangeNoWrap (2).
 * Return: AddrAligned, SizeNonZero, RangeNoWrap, or %VMREMAP_HOLDS: no sum of
 * @req's members wraps, when they are counted in bytes of whole pages.
 */
enum vmremap_clause vmremap_check_request(const struct vmremap_request *req)
{
	enum vmremap_clause clause;
	unsigned long size, offset, sum;

	if (!IS_ALIGNED(req->uaddr | req->kaddr, PAGE_SIZE))
		return VMREMAP_ADDR_ALIGNED;

	clause = vmremap_check_size(req->size);
	if (clause)
		return clause;

	size = ALIGN(req->size, PAGE_SIZE);
	if (check_shl_overflow(req->pgoff, PAGE_SHIFT, &offset) ||
	    check_add_overflow(offset, size, &sum) || check_add_overflow(req->kaddr, sum, &sum) ||
	    check_add_overflow(req->uaddr, size, &sum))
		return VMREMAP_RANGE_NO_WRAP;
	return VMREMAP_HOLDS;
}

/**
 * vmremap_check_in_vma - does the request stay in its VMA?
 * @req: a request that vmremap_check_request() accepts
 * @vm_start: first user address of the VMA
 * @vm_end: the address after its last
 *
 * Contract: requires RangeNoWrap; checks RangeInVma.
 * Return: RangeInVma or %VMREMAP_HOLDS.
 */
enum vmremap_clause vmremap_check_in_vma(const struct vmremap_request *req,
					 unsigned long vm_start, unsigned long vm_end)
{
	return req->uaddr < vm_start || req->uaddr + ALIGN(req->size, PAGE_SIZE) > vm_end ?
	       VMREMAP_RANGE_IN_VMA : VMREMAP_HOLDS;
}

/**
 * vmremap_check_in_area - does the request stay in the area?
 * @req: a request that vmremap_check_request() accepts
 * @addr: page aligned kernel address at which the area that contains @req->kaddr begins
 * @pages: the area's size, in pages
 *
 * @req->kaddr may lie in the middle of the area, so the pages are counted from
 * @addr on, not from @req->kaddr.
 *
 * Contract: requires AddrAligned, RangeNoWrap, AreaValid; checks RangeInArea.
 * Return: RangeInArea or %VMREMAP_HOLDS.
 */
enum vmremap_clause vmremap_check_in_area(const struct vmremap_request *req, unsigned long addr,
					  unsigned long pages)
{
	unsigned long skipped = (req->kaddr - addr) >> PAGE_SHIFT;
	unsigned long wanted = ALIGN(req->size, PAGE_SIZE) >> PAGE_SHIFT;

	/* This sum of pages cannot wrap: vmremap_check_request() has added them up in bytes. */
	return skipped + req->pgoff + wanted > pages ? VMREMAP_RANGE_IN_AREA : VMREMAP_HOLDS;
}

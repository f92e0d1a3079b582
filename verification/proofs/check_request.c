// SPDX-License-Identifier: GPL-2.0
/*
 * Proves: vmremap_check_request() answers with the first clause that fails, and
 *	accepts nothing else.
 * Clauses: AddrAligned SizeNonZero RangeNoWrap
 * Assumes: nothing.
 * Code: c/check.c
 * Pages: 64/12 64/14 64/16 32/12
 */
#include "../../c/check.h"
#include "proof.h"

static enum vmremap_clause answer(const struct vmremap_request *req)
{
	natural size = up(req->size);

	if (req->uaddr % PAGE || req->kaddr % PAGE)
		return VMREMAP_ADDR_ALIGNED;
	if (!req->size)
		return VMREMAP_SIZE_NON_ZERO;
	if (req->kaddr + req->pgoff * PAGE + size >= W || req->uaddr + size >= W)
		return VMREMAP_RANGE_NO_WRAP;
	return VMREMAP_HOLDS;
}

void proof(void)
{
	struct vmremap_request req;
	enum vmremap_clause clause = vmremap_check_request(&req);

	prove(clause == answer(&req), "the answer is the contract's");
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Proves: vmremap_check_size() accepts a size if it is not 0 and can be counted in
 *	bytes of whole pages.
 * Clauses: SizeNonZero RangeNoWrap
 * Assumes: nothing.
 * Code: c/check.c
 * Pages: 64/12 64/14 64/16 32/12
 */
#include "../../c/check.h"
#include "proof.h"

static enum vmremap_clause answer(natural size)
{
	if (!size)
		return VMREMAP_SIZE_NON_ZERO;
	if (up(size) >= W)
		return VMREMAP_RANGE_NO_WRAP;
	return VMREMAP_HOLDS;
}

void proof(void)
{
	unsigned long size;

	prove(vmremap_check_size(size) == answer(size), "the answer is the contract's");
}

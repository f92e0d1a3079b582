// SPDX-License-Identifier: GPL-2.0
/*
 * Proves: vmremap_check_in_area() accepts a request if it stays in the area, wherever
 *	in it kaddr lies.
 * Clauses: RangeInArea
 * Assumes: vmremap_check_request() accepts the request; the area is page aligned, ends
 *	at or before the last address, and contains kaddr.
 * Code: c/check.c
 * Pages: 64/12 64/14 64/16 32/12
 */
#include "../../c/check.h"
#include "proof.h"

void proof(void)
{
	struct vmremap_request req;
	unsigned long addr, pages;
	enum vmremap_clause clause;

	assume(vmremap_check_request(&req) == VMREMAP_HOLDS);
	assume(addr % PAGE == 0 && addr + pages * PAGE <= W);
	assume(addr <= req.kaddr && req.kaddr < addr + pages * PAGE);
	clause = vmremap_check_in_area(&req, addr, pages);

	if (req.kaddr - addr + req.pgoff * PAGE + up(req.size) <= pages * PAGE)
		prove(clause == VMREMAP_HOLDS, "what stays in the area is accepted");
	else
		prove(clause == VMREMAP_RANGE_IN_AREA, "what leaves the area is refused");
}

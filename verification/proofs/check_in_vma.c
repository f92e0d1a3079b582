// SPDX-License-Identifier: GPL-2.0
/*
 * Proves: vmremap_check_in_vma() accepts a request if it stays in the VMA.
 * Clauses: RangeInVma
 * Assumes: vmremap_check_request() accepts the request.
 * Code: c/check.c
 * Pages: 64/12 64/14 64/16 32/12
 */
#include "../../c/check.h"
#include "proof.h"

void proof(void)
{
	struct vmremap_request req;
	unsigned long vm_start, vm_end;
	enum vmremap_clause clause;

	assume(vmremap_check_request(&req) == VMREMAP_HOLDS);
	clause = vmremap_check_in_vma(&req, vm_start, vm_end);

	if (vm_start <= req.uaddr && req.uaddr + up(req.size) <= vm_end)
		prove(clause == VMREMAP_HOLDS, "what stays in the VMA is accepted");
	else
		prove(clause == VMREMAP_RANGE_IN_VMA, "what leaves the VMA is refused");
}

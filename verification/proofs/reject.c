// SPDX-License-Identifier: GPL-2.0
/*
 * Proves: vmremap_reject() answers each clause with the errno that the contract gives it,
 *	which no other has, and tells the tracepoint that, its name and the request.
 * Clauses: AddrAligned SizeNonZero RangeNoWrap RangeInVma AreaValid RangeInArea
 *	AreaShareable VmaInit NotRevoked PolicyHeld
 * Assumes: nothing.
 * Code: c/reject.c
 * Pages: 64/12 32/12
 */
#include <linux/array_size.h>
#include <linux/errno.h>

#include "../../c/check.h"
#include "proof.h"

static const struct {
	enum vmremap_clause clause;
	int err;
	char name[16];
} contract[] = {
	{ VMREMAP_ADDR_ALIGNED, -EADDRNOTAVAIL, "AddrAligned" },
	{ VMREMAP_SIZE_NON_ZERO, -ENODATA, "SizeNonZero" },
	{ VMREMAP_RANGE_NO_WRAP, -EOVERFLOW, "RangeNoWrap" },
	{ VMREMAP_RANGE_IN_VMA, -ERANGE, "RangeInVma" },
	{ VMREMAP_AREA_VALID, -EFAULT, "AreaValid" },
	{ VMREMAP_RANGE_IN_AREA, -EINVAL, "RangeInArea" },
	{ VMREMAP_AREA_SHAREABLE, -EPERM, "AreaShareable" },
	{ VMREMAP_VMA_INIT, -EBUSY, "VmaInit" },
	{ VMREMAP_NOT_REVOKED, -ENODEV, "NotRevoked" },
	{ VMREMAP_POLICY_HELD, -EACCES, "PolicyHeld" },
};

#define CLAUSES	ARRAY_SIZE(contract)

static struct {
	const char *name;
	const struct vmremap_request *req;
	int err;
	unsigned int times;
} traced;

void trace_vmremap_reject(const char *clause, const struct vmremap_request *req, int err)
{
	traced.name = clause;
	traced.req = req;
	traced.err = err;
	traced.times++;
}

void proof(void)
{
	struct vmremap_request req;
	unsigned int nr, other, i;
	int err;

	assume(nr < CLAUSES && other < CLAUSES && nr != other);
	err = vmremap_reject(contract[nr].clause, &req);
	prove(err == contract[nr].err, "the errno is the contract's");
	prove(err != vmremap_reject(contract[other].clause, &req), "no other clause has it");

	traced.times = 0;
	vmremap_reject(contract[nr].clause, &req);
	prove(traced.times == 1, "it is traced once");
	prove(traced.req == &req && traced.err == err, "with the request and the errno");
	for (i = 0; i < 16; i++) {
		prove(traced.name[i] == contract[nr].name[i], "with the name");
		if (!traced.name[i])
			break;
	}
}

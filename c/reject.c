// SPDX-License-Identifier: GPL-2.0
#include <linux/errno.h>

#define CREATE_TRACE_POINTS
#include "trace.h"

static const struct {
	const char *name;
	int err;
} clauses[] = {
	[VMREMAP_ADDR_ALIGNED] = { "AddrAligned", -EADDRNOTAVAIL },
	[VMREMAP_SIZE_NON_ZERO] = { "SizeNonZero", -ENODATA },
	[VMREMAP_RANGE_NO_WRAP] = { "RangeNoWrap", -EOVERFLOW },
	[VMREMAP_RANGE_IN_VMA] = { "RangeInVma", -ERANGE },
	[VMREMAP_AREA_VALID] = { "AreaValid", -EFAULT },
	[VMREMAP_RANGE_IN_AREA] = { "RangeInArea", -EINVAL },
	[VMREMAP_AREA_SHAREABLE] = { "AreaShareable", -EPERM },
	[VMREMAP_VMA_INIT] = { "VmaInit", -EBUSY },
	[VMREMAP_NOT_REVOKED] = { "NotRevoked", -ENODEV },
	[VMREMAP_POLICY_HELD] = { "PolicyHeld", -EACCES },
};

/**
 * vmremap_reject - report that a clause does not hold
 * @clause: the clause
 * @req: the request that is refused
 *
 * Contract: requires nothing.
 * Return: the clause's errno.
 */
int vmremap_reject(enum vmremap_clause clause, const struct vmremap_request *req)
{
	trace_vmremap_reject(clauses[clause].name, req, clauses[clause].err);
	return clauses[clause].err;
}

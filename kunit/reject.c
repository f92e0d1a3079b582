// SPDX-License-Identifier: GPL-2.0
/* Each clause has its own errno, on which drivers may rely. */
#include <kunit/test.h>
#include <linux/errno.h>

#include "../c/check.h"

static const struct reject_case {
	const char *name;
	enum vmremap_clause clause;
	int err;
} cases[] = {
	{ "AddrAligned", VMREMAP_ADDR_ALIGNED, -EADDRNOTAVAIL },
	{ "SizeNonZero", VMREMAP_SIZE_NON_ZERO, -ENODATA },
	{ "RangeNoWrap", VMREMAP_RANGE_NO_WRAP, -EOVERFLOW },
	{ "RangeInVma", VMREMAP_RANGE_IN_VMA, -ERANGE },
	{ "AreaValid", VMREMAP_AREA_VALID, -EFAULT },
	{ "RangeInArea", VMREMAP_RANGE_IN_AREA, -EINVAL },
	{ "AreaShareable", VMREMAP_AREA_SHAREABLE, -EPERM },
	{ "VmaInit", VMREMAP_VMA_INIT, -EBUSY },
	{ "NotRevoked", VMREMAP_NOT_REVOKED, -ENODEV },
	{ "PolicyHeld", VMREMAP_POLICY_HELD, -EACCES },
};

KUNIT_ARRAY_PARAM_DESC(reject, cases, name);

static void reject_test(struct kunit *test)
{
	const struct reject_case *c = test->param_value;
	const struct vmremap_request req = {};
	unsigned int i;

	KUNIT_EXPECT_EQ(test, vmremap_reject(c->clause, &req), c->err);
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		KUNIT_EXPECT_TRUE(test, &cases[i] == c || cases[i].err != c->err);
}

static struct kunit_case reject_cases[] = {
	KUNIT_CASE_PARAM(reject_test, reject_gen_params),
	{}
};

static struct kunit_suite reject_suite = {
	.name = "vmremap-reject",
	.test_cases = reject_cases,
};

kunit_test_suite(reject_suite);

// SPDX-License-Identifier: GPL-2.0
/* The clauses about arithmetic, around every value at which the result changes. */
#include <kunit/test.h>
#include <linux/limits.h>
#include <linux/mm.h>

#include "../c/check.h"

#define LAST_PAGE	(ULONG_MAX - PAGE_SIZE + 1)

static const struct request_case {
	const char *name;
	struct vmremap_request req;
	enum vmremap_clause clause;
} requests[] = {
	{ "a page", { 0x10000, 0x20000, 0, PAGE_SIZE } },
	{ "a byte", { 0x10000, 0x20000, 0, 1 } },
	{ "uaddr off by one", { 0x10001, 0x20000, 0, PAGE_SIZE },
	  VMREMAP_ADDR_ALIGNED },
	{ "kaddr off by one", { 0x10000, 0x20001, 0, PAGE_SIZE },
	  VMREMAP_ADDR_ALIGNED },
	{ "uaddr before a page", { 0x10000 - 1, 0x20000, 0, PAGE_SIZE },
	  VMREMAP_ADDR_ALIGNED },
	{ "kaddr before a page", { 0x10000, 0x20000 - 1, 0, PAGE_SIZE },
	  VMREMAP_ADDR_ALIGNED },
	{ "no size", { 0x10000, 0x20000, 0, 0 }, VMREMAP_SIZE_NON_ZERO },
	{ "size wraps when rounded up", { 0, 0, 0, LAST_PAGE + 1 },
	  VMREMAP_RANGE_NO_WRAP },
	{ "largest size that does not", { 0, 0, 0, LAST_PAGE } },
	{ "pgoff wraps in bytes", { 0, 0, ULONG_MAX / PAGE_SIZE + 1, 1 },
	  VMREMAP_RANGE_NO_WRAP },
	{ "pgoff wraps in bytes, to a small sum",
	  { 0, 0, 1UL << (BITS_PER_LONG - 1), 1 }, VMREMAP_RANGE_NO_WRAP },
	{ "largest pgoff", { 0, 0, ULONG_MAX, 1 }, VMREMAP_RANGE_NO_WRAP },
	{ "pgoff and size wrap", { 0, 0, ULONG_MAX / PAGE_SIZE, 1 },
	  VMREMAP_RANGE_NO_WRAP },
	{ "pgoff and size just do not", { 0, 0, ULONG_MAX / PAGE_SIZE - 1, 1 } },
	{ "kaddr and size wrap", { 0, LAST_PAGE, 0, 1 }, VMREMAP_RANGE_NO_WRAP },
	{ "kaddr and size just do not", { 0, LAST_PAGE - PAGE_SIZE, 0, 1 } },
	{ "kaddr and pgoff wrap", { 0, LAST_PAGE - PAGE_SIZE, 1, 1 },
	  VMREMAP_RANGE_NO_WRAP },
	{ "uaddr and size wrap", { LAST_PAGE, 0, 0, 1 }, VMREMAP_RANGE_NO_WRAP },
	{ "uaddr and size just do not", { LAST_PAGE - PAGE_SIZE, 0, 0, 1 } },
	{ "uaddr does not count pgoff", { LAST_PAGE - PAGE_SIZE, 0, 9, 1 } },

	/* If two clauses fail, the first in the order of precedence is the result. */
	{ "not aligned and no size", { 1, 0, 0, 0 }, VMREMAP_ADDR_ALIGNED },
	{ "not aligned and wraps", { 0, 1, ULONG_MAX, 1 }, VMREMAP_ADDR_ALIGNED },
	{ "no size and wraps", { 0, 0, ULONG_MAX, 0 }, VMREMAP_SIZE_NON_ZERO },
	{ "all three", { 1, 1, ULONG_MAX, 0 }, VMREMAP_ADDR_ALIGNED },
};

KUNIT_ARRAY_PARAM_DESC(request, requests, name);

static void request_test(struct kunit *test)
{
	const struct request_case *c = test->param_value;

	KUNIT_EXPECT_EQ(test, vmremap_check_request(&c->req), c->clause);
}

/* Values around which a result can change, for longs of 32 and 64 bits. */
static const unsigned long edges[] = {
	0, 1, 2, PAGE_SIZE - 1, PAGE_SIZE, PAGE_SIZE + 1, 2 * PAGE_SIZE,
	S32_MAX, S32_MAX + 1UL, U32_MAX - PAGE_SIZE + 1, U32_MAX, LONG_MAX,
	LONG_MAX + 1UL, ULONG_MAX / PAGE_SIZE - 1, ULONG_MAX / PAGE_SIZE,
	ULONG_MAX / PAGE_SIZE + 1, LAST_PAGE - PAGE_SIZE, LAST_PAGE - 1,
	LAST_PAGE, LAST_PAGE + 1, ULONG_MAX,
};

/* The expected clause, computed in pages and only by subtraction, which cannot wrap here. */
static enum vmremap_clause judge(const struct vmremap_request *req)
{
	unsigned long pages = req->size / PAGE_SIZE + !!(req->size % PAGE_SIZE);
	unsigned long all = ULONG_MAX / PAGE_SIZE;

	if (req->uaddr % PAGE_SIZE || req->kaddr % PAGE_SIZE)
		return VMREMAP_ADDR_ALIGNED;
	if (!req->size)
		return VMREMAP_SIZE_NON_ZERO;
	if (pages > all || pages > all - req->uaddr / PAGE_SIZE ||
	    req->pgoff > all - pages ||
	    req->kaddr / PAGE_SIZE > all - pages - req->pgoff)
		return VMREMAP_RANGE_NO_WRAP;
	return VMREMAP_HOLDS;
}

static void edges_agree_with_judge(struct kunit *test)
{
	const unsigned int nr = ARRAY_SIZE(edges);
	unsigned int i, holds = 0;

	for (i = 0; i < nr * nr * nr * nr; i++) {
		struct vmremap_request req = {
			.uaddr = edges[i % nr],
			.kaddr = edges[i / nr % nr],
			.pgoff = edges[i / nr / nr % nr],
			.size = edges[i / nr / nr / nr],
		};
		enum vmremap_clause clause = vmremap_check_request(&req);

		KUNIT_ASSERT_EQ_MSG(test, clause, judge(&req),
				    "uaddr %lx kaddr %lx pgoff %lx size %lx",
				    req.uaddr, req.kaddr, req.pgoff, req.size);
		holds += !clause;
	}
	KUNIT_EXPECT_GT(test, holds, 0);
}

static void size_test(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, vmremap_check_size(0), VMREMAP_SIZE_NON_ZERO);
	KUNIT_EXPECT_EQ(test, vmremap_check_size(1), VMREMAP_HOLDS);
	KUNIT_EXPECT_EQ(test, vmremap_check_size(LAST_PAGE), VMREMAP_HOLDS);
	KUNIT_EXPECT_EQ(test, vmremap_check_size(LAST_PAGE + 1),
			VMREMAP_RANGE_NO_WRAP);
	KUNIT_EXPECT_EQ(test, vmremap_check_size(ULONG_MAX),
			VMREMAP_RANGE_NO_WRAP);
}

/* A range of bytes against a VMA or an area of four pages that starts at 16. */
static const struct bounds_case {
	const char *name;
	long start;		/* in pages, from the start on */
	unsigned long pgoff;	/* only for areas */
	unsigned long size;
	bool in_vma;
	bool in_area;
} bounds[] = {
	{ "all", 0, 0, 4 * PAGE_SIZE, true, true },
	{ "the first byte", 0, 0, 1, true, true },
	{ "the last byte's page", 3, 0, 1, true, true },
	{ "the last page", 3, 0, PAGE_SIZE, true, true },
	{ "a byte more than all", 0, 0, 4 * PAGE_SIZE + 1, false, false },
	{ "a page too far", 1, 0, 4 * PAGE_SIZE, false, false },
	{ "a byte too far", 3, 0, PAGE_SIZE + 1, false, false },
	{ "right behind", 4, 0, 1, false, false },
	{ "by offset, all the rest", 0, 1, 3 * PAGE_SIZE, true, true },
	{ "by offset, a page too far", 0, 1, 4 * PAGE_SIZE, true, false },
	{ "by offset, the last page", 0, 3, PAGE_SIZE, true, true },
	{ "by offset, right behind", 0, 4, 1, true, false },
	{ "from the middle, the rest", 2, 0, 2 * PAGE_SIZE, true, true },
	{ "from the middle, by offset", 2, 1, PAGE_SIZE, true, true },
	{ "from the middle, as much as there is in all", 2, 0, 4 * PAGE_SIZE,
	  false, false },
	{ "from the middle, by offset, too far", 2, 2, 1, true, false },
	{ "from the middle, by offset less than all", 2, 3, 1, true, false },
};

KUNIT_ARRAY_PARAM_DESC(bounds, bounds, name);

static void bounds_test(struct kunit *test)
{
	const struct bounds_case *c = test->param_value;
	unsigned long start = 16 * PAGE_SIZE, pages = 4;
	struct vmremap_request req = {
		.uaddr = start + c->start * PAGE_SIZE,
		.kaddr = start + c->start * PAGE_SIZE,
		.pgoff = c->pgoff,
		.size = c->size,
	};

	KUNIT_ASSERT_EQ(test, vmremap_check_request(&req), VMREMAP_HOLDS);
	KUNIT_EXPECT_EQ(test,
			vmremap_check_in_vma(&req, start, start + pages * PAGE_SIZE),
			c->in_vma ? VMREMAP_HOLDS : VMREMAP_RANGE_IN_VMA);
	KUNIT_EXPECT_EQ(test, vmremap_check_in_area(&req, start, pages),
			c->in_area ? VMREMAP_HOLDS : VMREMAP_RANGE_IN_AREA);
}

static void before_the_vma(struct kunit *test)
{
	struct vmremap_request req = { .uaddr = PAGE_SIZE, .size = PAGE_SIZE };

	KUNIT_EXPECT_EQ(test,
			vmremap_check_in_vma(&req, 2 * PAGE_SIZE, 4 * PAGE_SIZE),
			VMREMAP_RANGE_IN_VMA);
	req.size = 2 * PAGE_SIZE;
	KUNIT_EXPECT_EQ(test,
			vmremap_check_in_vma(&req, 2 * PAGE_SIZE, 4 * PAGE_SIZE),
			VMREMAP_RANGE_IN_VMA);
}

static void at_the_end_of_all_addresses(struct kunit *test)
{
	unsigned long start = LAST_PAGE - 4 * PAGE_SIZE;
	struct vmremap_request req = {
		.uaddr = start, .kaddr = start, .size = 4 * PAGE_SIZE,
	};

	KUNIT_EXPECT_EQ(test, vmremap_check_request(&req), VMREMAP_HOLDS);
	KUNIT_EXPECT_EQ(test, vmremap_check_in_vma(&req, start, LAST_PAGE),
			VMREMAP_HOLDS);
	KUNIT_EXPECT_EQ(test, vmremap_check_in_area(&req, start, 4), VMREMAP_HOLDS);
	KUNIT_EXPECT_EQ(test, vmremap_check_in_area(&req, start, 3),
			VMREMAP_RANGE_IN_AREA);
}

static struct kunit_case check_cases[] = {
	KUNIT_CASE_PARAM(request_test, request_gen_params),
	KUNIT_CASE(edges_agree_with_judge),
	KUNIT_CASE(size_test),
	KUNIT_CASE_PARAM(bounds_test, bounds_gen_params),
	KUNIT_CASE(before_the_vma),
	KUNIT_CASE(at_the_end_of_all_addresses),
	{}
};

static struct kunit_suite check_suite = {
	.name = "vmremap-check",
	.test_cases = check_cases,
};

kunit_test_suite(check_suite);

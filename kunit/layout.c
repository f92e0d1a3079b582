// SPDX-License-Identifier: GPL-2.0
/* How an area's pages lie in its folios. */
#include <kunit/test.h>
#include <linux/log2.h>

#include "../c/layout.h"

static void next_order_is_the_largest_that_fits(struct kunit *test)
{
	unsigned long pages;
	unsigned int limit;

	for (limit = 0; limit <= VMREMAP_MAX_ORDER; limit++) {
		for (pages = 1; pages <= 3UL << VMREMAP_MAX_ORDER; pages++) {
			unsigned int order = vmremap_layout_next_order(pages, limit);

			KUNIT_ASSERT_LE_MSG(test, order, limit, "%lu pages", pages);
			KUNIT_ASSERT_LE_MSG(test, 1UL << order, pages,
					    "%lu pages, limit %u", pages, limit);
			KUNIT_ASSERT_TRUE_MSG(test, order == limit ||
					      2UL << order > pages,
					      "%lu pages, limit %u", pages, limit);
		}
	}
	KUNIT_EXPECT_EQ(test, vmremap_layout_next_order(ULONG_MAX, VMREMAP_MAX_ORDER),
			VMREMAP_MAX_ORDER);
}

/* Rows of blocks, as (order, how many). */
static const struct layout_case {
	const char *name;
	struct {
		unsigned int order;
		unsigned long blocks;
	} rows[4];
} cases[] = {
	{ "nothing", { { 0, 0 } } },
	{ "a page", { { 0, 1 } } },
	{ "pages", { { 0, 7 } } },
	{ "one large block", { { 9, 1 } } },
	{ "large blocks and a rest", { { 9, 3 }, { 4, 1 }, { 1, 1 }, { 0, 1 } } },
	{ "neighbouring orders", { { 3, 2 }, { 2, 5 }, { 1, 3 }, { 0, 4 } } },
	{ "fragmented", { { 9, 1 }, { 0, 600 } } },
};

KUNIT_ARRAY_PARAM_DESC(layout, cases, name);

/* Counting on from block to block must give what the search gives. */
static void find_agrees_with_counting(struct kunit *test)
{
	const struct layout_case *c = test->param_value;
	struct vmremap_layout layout = {};
	struct vmremap_place place;
	unsigned long index = 0, nr = 0, i, page;
	unsigned int row;

	for (row = 0; row < ARRAY_SIZE(c->rows); row++) {
		if (c->rows[row].order > VMREMAP_MAX_ORDER)
			kunit_skip(test, "no such order here");
		for (i = 0; i < c->rows[row].blocks; i++)
			vmremap_layout_add(&layout, c->rows[row].order);
	}

	for (row = 0; row < ARRAY_SIZE(c->rows); row++) {
		unsigned long pages = 1UL << c->rows[row].order;

		for (i = 0; i < c->rows[row].blocks; i++, nr++, index += pages) {
			for (page = 0; page < pages; page++) {
				place = vmremap_layout_find(&layout, index + page);
				KUNIT_ASSERT_EQ_MSG(test, place.nr, nr,
						    "page %lu", index + page);
				KUNIT_ASSERT_EQ(test, place.page, page);
			}
		}
	}

	for (page = 0; page < 3; page++) {
		place = vmremap_layout_find(&layout, index + page);
		KUNIT_EXPECT_EQ(test, place.nr, nr);
	}
	place = vmremap_layout_find(&layout, ULONG_MAX);
	KUNIT_EXPECT_EQ(test, place.nr, nr);
}

static struct kunit_case layout_cases[] = {
	KUNIT_CASE(next_order_is_the_largest_that_fits),
	KUNIT_CASE_PARAM(find_agrees_with_counting, layout_gen_params),
	{}
};

static struct kunit_suite layout_suite = {
	.name = "vmremap-layout",
	.test_cases = layout_cases,
};

kunit_test_suite(layout_suite);

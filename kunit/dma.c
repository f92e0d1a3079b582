// SPDX-License-Identifier: GPL-2.0
/* Tables of an area's memory, for DMA. */
#include <kunit/test.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/sizes.h>

#include "../c/area.h"
#include "../c/vmremap.h"
#include "failing.h"

/* Expect a table with all bytes of @area in their order. Return: the number of entries. */
static unsigned int expect_table(struct kunit *test, struct vmremap_area *area)
{
	struct scatterlist *sg;
	struct sg_table sgt;
	unsigned int i, nents;
	size_t at = 0;

	KUNIT_ASSERT_EQ(test, vmremap_area_sg_table(area, &sgt, GFP_KERNEL), 0);
	for_each_sgtable_sg(&sgt, sg, i) {
		KUNIT_ASSERT_NE(test, sg->length, 0);
		KUNIT_ASSERT_EQ(test, sg->offset, 0);
		KUNIT_ASSERT_PTR_EQ(test, sg_page(sg), vmalloc_to_page(area->addr + at));
		KUNIT_ASSERT_LE(test, sg->length, folio_size(page_folio(sg_page(sg))));
		at += sg->length;
	}
	KUNIT_EXPECT_EQ(test, at, vmremap_area_size(area));
	nents = sgt.orig_nents;
	sg_free_table(&sgt);
	return nents;
}

static const size_t sizes[] = {
	1, PAGE_SIZE, PAGE_SIZE + 1, 15 * PAGE_SIZE, SZ_1M, SZ_2M + 1, SZ_4M - 1,
};

/* RightPage, AreaOutlives: the entries list the whole area and nothing else. */
static void table_is_the_area(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct vmremap_area *area = vmremap_area_alloc(sizes[i], 0);

		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, area);
		expect_table(test, area);
		vmremap_area_put(area);
	}
}

/* RightPage: an area of large folios has few entries. */
static void large_area_has_few_entries(struct kunit *test)
{
	struct vmremap_area *area = vmremap_area_alloc(SZ_64M, 0);
	struct folio *last;
	unsigned int nents;

	if (area == ERR_PTR(-ENOMEM))
		kunit_skip(test, "not enough memory here");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, area);
	nents = expect_table(test, area);
	last = list_last_entry(&area->folios, struct folio, lru);
	if (folio_order(last) == ilog2(SZ_2M / PAGE_SIZE))
		KUNIT_EXPECT_LE(test, nents, 40);
	else
		kunit_mark_skipped(test, "memory is fragmented here");
	vmremap_area_put(area);
}

/* RightPage: if memory is fragmented, there are more entries. */
static void fragmented_area(struct kunit *test)
{
	struct vmremap_area *area;

	failing_init(test);
	failing_above(2);
	area = vmremap_area_alloc(SZ_1M + 1, 0);
	failing_end();
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, area);
	KUNIT_EXPECT_EQ(test, expect_table(test, area), SZ_1M / PAGE_SIZE / 4 + 1);
	vmremap_area_put(area);
}

/* DeviceTurn: a table holds no reference, so it has to be freed before the area is put. */
static void table_keeps_nothing(struct kunit *test)
{
	struct vmremap_area *area = vmremap_area_alloc(SZ_64K, 0);
	struct sg_table sgt;
	struct folio *folio;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, area);
	folio = list_first_entry(&area->folios, struct folio, lru);
	KUNIT_ASSERT_EQ(test, vmremap_area_sg_table(area, &sgt, GFP_KERNEL), 0);
	KUNIT_EXPECT_TRUE(test, vmremap_area_is_sole_reference(area));
	KUNIT_EXPECT_EQ(test, folio_ref_count(folio), 1 + folio_nr_pages(folio));
	sg_free_table(&sgt);
	vmremap_area_put(area);
}

static void no_area_has_no_table(struct kunit *test)
{
	struct vmremap_area *area = vmremap_area_alloc(PAGE_SIZE, 0);
	struct sg_table sgt;

	KUNIT_EXPECT_EQ(test, vmremap_area_sg_table(NULL, &sgt, GFP_KERNEL), -EFAULT);
	KUNIT_EXPECT_EQ(test, vmremap_area_sg_table(ERR_PTR(-ENODEV), &sgt, GFP_KERNEL), -EFAULT);
	KUNIT_EXPECT_EQ(test, vmremap_area_sg_table(area, NULL, GFP_KERNEL), -EFAULT);
	vmremap_area_put(area);
}

/* The table needs two allocations. The failure of either one leaks nothing. */
static void no_memory_for_the_entries(struct kunit *test)
{
	struct vmremap_area *area;
	unsigned int nth, lost = 0;
	struct sg_table sgt;
	int err;

	failing_init(test);
	failing_above(0);
	area = vmremap_area_alloc((SG_MAX_SINGLE_ALLOC + 2) * PAGE_SIZE, 0);
	failing_end();
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, area);
	/* First without failures: KASAN and kmemleak allocate on the first call from a place. */
	for (nth = 0; nth < FAILING_MAX; nth++) {
		failing_nth(nth ?: FAILING_MAX);
		err = vmremap_area_sg_table(area, &sgt, GFP_KERNEL);
		if (!failing_end() && nth)
			break;
		/* The allocation that failed can be one of KASAN or kmemleak. */
		if (!err)
			sg_free_table(&sgt);
		else
			lost++;
		KUNIT_EXPECT_TRUE(test, !err || err == -ENOMEM);
	}
	KUNIT_EXPECT_GE(test, lost, 2);
	KUNIT_EXPECT_EQ(test, err, 0);
	if (!err)
		sg_free_table(&sgt);
	vmremap_area_put(area);
}

static struct kunit_case dma_cases[] = {
	KUNIT_CASE(table_is_the_area),
	KUNIT_CASE(large_area_has_few_entries),
	KUNIT_CASE(fragmented_area),
	KUNIT_CASE(table_keeps_nothing),
	KUNIT_CASE(no_area_has_no_table),
	KUNIT_CASE(no_memory_for_the_entries),
	{}
};

static struct kunit_suite dma_suite = {
	.name = "vmremap-dma",
	.test_cases = dma_cases,
};

kunit_test_suite(dma_suite);

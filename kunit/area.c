// SPDX-License-Identifier: GPL-2.0
/* Areas: their contents, their lifetime, and the arguments that vmremap_area_alloc() refuses. */
#include <kunit/test.h>
#include <linux/file.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "../c/area.h"
#include "../c/vmremap.h"
#include "device.h"
#include "failing.h"

static const struct size_case {
	const char *name;
	size_t size;
} sizes[] = {
	{ "1 byte", 1 },
	{ "a byte less than a page", PAGE_SIZE - 1 },
	{ "a page", PAGE_SIZE },
	{ "a byte more than a page", PAGE_SIZE + 1 },
	{ "15 pages", 15 * PAGE_SIZE },
	{ "16 pages", 16 * PAGE_SIZE },
	{ "2 MiB and a byte", SZ_2M + 1 },
	{ "4 MiB less a byte", SZ_4M - 1 },
	{ "256 MiB", SZ_256M },
};

KUNIT_ARRAY_PARAM_DESC(size, sizes, name);

static struct folio *first_folio(const struct vmremap_area *area)
{
	return list_first_entry(&area->folios, struct folio, lru);
}

/*
 * RightPage: each page is once in the kernel's mapping and once, at the same offset, in the page
 * cache that programs map; and no folio is larger than the one before it. The page cache begins at
 * a multiple of each folio's size. It has no page 0, so that nothing that a program writes is taken
 * for the header of an ELF file.
 */
static void expect_whole(struct kunit *test, const struct vmremap_area *area)
{
	unsigned int order = folio_order(first_folio(area));
	unsigned long first = roundup_pow_of_two(area->pages), page = 0;
	struct folio *folio;

	list_for_each_entry(folio, &area->folios, lru) {
		KUNIT_ASSERT_LE(test, folio_order(folio), order);
		order = folio_order(folio);
		KUNIT_ASSERT_EQ(test, folio->index, first + page);
		KUNIT_ASSERT_PTR_EQ(test, folio,
				    xa_load(&area->file->f_mapping->i_pages, first + page));
		KUNIT_ASSERT_EQ(test, folio_pins(folio), 0);
		KUNIT_ASSERT_PTR_EQ(test, vmalloc_to_page(area->addr + page * PAGE_SIZE),
				    folio_page(folio, 0));
		page += folio_nr_pages(folio);
	}
	KUNIT_EXPECT_EQ(test, page, area->pages);
	KUNIT_EXPECT_NULL(test, xa_load(&area->file->f_mapping->i_pages, first + page));
	KUNIT_EXPECT_NULL(test, xa_load(&area->file->f_mapping->i_pages, first - 1));
	KUNIT_EXPECT_NULL(test, xa_load(&area->file->f_mapping->i_pages, 0));
}

static void size_test(struct kunit *test)
{
	const struct size_case *c = test->param_value;
	size_t whole = PAGE_ALIGN(c->size);
	struct vmremap_area *area = vmremap_area_alloc(c->size, 0);

	if (area == ERR_PTR(-ENOMEM) && c->size >= SZ_256M)
		kunit_skip(test, "not enough memory here");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, area);
	KUNIT_EXPECT_EQ(test, vmremap_area_size(area), c->size);
	KUNIT_EXPECT_NOT_NULL(test, vmremap_area_addr(area));
	KUNIT_EXPECT_TRUE(test, PAGE_ALIGNED(vmremap_area_addr(area)));
	KUNIT_EXPECT_EQ(test, area->pages, whole / PAGE_SIZE);
	expect_whole(test, area);
	KUNIT_EXPECT_NULL_MSG(test, memchr_inv(vmremap_area_addr(area), 0, whole),
			      "not zeroed to the end of the last page");
	memset(vmremap_area_addr(area), 0xa5, whole);
	vmremap_area_put(area);
}

/*
 * ZeroedBeforeShare: the allocator returns memory that the last area has used, but not its
 * contents.
 */
static void zeroed_again(struct kunit *test)
{
	const size_t size = SZ_1M + 1;
	unsigned int i;

	for (i = 0; i < 16; i++) {
		struct vmremap_area *area = vmremap_area_alloc(size, 0);

		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, area);
		KUNIT_EXPECT_NULL(test, memchr_inv(vmremap_area_addr(area), 0,
						   PAGE_ALIGN(size)));
		memset(vmremap_area_addr(area), 0x5a, PAGE_ALIGN(size));
		vmremap_area_put(area);
	}
}

static const struct refusal_case {
	const char *name;
	size_t size;
	unsigned int flags;
	long err;
} refusals[] = {
	{ "no size", 0, 0, -ENODATA },
	{ "size wraps", SIZE_MAX, 0, -EOVERFLOW },
	{ "size just wraps", SIZE_MAX - PAGE_SIZE + 2, 0, -EOVERFLOW },
	{ "size just does not wrap", SIZE_MAX - PAGE_SIZE + 1, 0, -ENOMEM },
	{ "half of all addresses", SIZE_MAX / 2, 0, -ENOMEM },
	{ "unknown flag", PAGE_SIZE, VMREMAP_FLAGS + 1, -EINVAL },
	{ "highest flag", PAGE_SIZE, 1U << 31, -EINVAL },
	{ "no size and unknown flag", 0, 1U << 31, -ENODATA },
};

KUNIT_ARRAY_PARAM_DESC(refusal, refusals, name);

static void refusal_test(struct kunit *test)
{
	const struct refusal_case *c = test->param_value;
	struct vmremap_area *area = vmremap_area_alloc(c->size, c->flags);

	KUNIT_EXPECT_PTR_EQ(test, area, ERR_PTR(c->err));
	vmremap_area_put(area);
}

static void references(struct kunit *test)
{
	struct vmremap_area *area = vmremap_area_alloc(1, VMREMAP_FLAGS);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, area);
	KUNIT_EXPECT_EQ(test, refcount_read(&area->refs), 1);
	KUNIT_EXPECT_PTR_EQ(test, vmremap_area_get(area), area);
	KUNIT_EXPECT_EQ(test, refcount_read(&area->refs), 2);
	vmremap_area_put(area);
	KUNIT_EXPECT_EQ(test, refcount_read(&area->refs), 1);
	WRITE_ONCE(*(int *)vmremap_area_addr(area), 1);
	vmremap_area_put(area);

	vmremap_area_put(NULL);
}

/*
 * PagesOutlive: a pinned page outlives its area, and is freed with the last pin.
 */
static void pinned_page_outlives(struct kunit *test)
{
	struct vmremap_area *area = vmremap_area_alloc(SZ_1M, 0);
	struct folio *folio;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, area);
	folio = first_folio(area);
	folio_get(folio);
	vmremap_area_put(area);
	flush_delayed_fput();
	KUNIT_EXPECT_EQ(test, folio_ref_count(folio), 1);
	folio_put(folio);
}

/* AreaOutlives: the area is mapped for the kernel until the last put, and then no longer. */
static void goes_with_its_address(struct kunit *test)
{
	struct vmremap_area *area = vmremap_area_alloc(SZ_1M, 0);
	void *addr;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, area);
	addr = vmremap_area_addr(area);
	vmremap_area_get(area);
	vmremap_area_put(area);
	KUNIT_EXPECT_NOT_NULL(test, vmalloc_to_page(addr));
	vmremap_area_put(area);
	flush_delayed_fput();
	KUNIT_EXPECT_NULL(test, vmalloc_to_page(addr));
}

/* PagesOutlive: an area leaks neither pages nor the structures that describe it. */
static void many_leave_nothing(struct kunit *test)
{
	/* Larger than an area that is cached, so that each one is new. */
	const size_t size = SZ_64K + 1;
	unsigned long before;
	unsigned int i;

	for (i = 0; i < 8 * SZ_1K; i++) {
		/* Measure only after the slab and per-CPU caches have filled up. */
		if (i == SZ_1K)
			before = free_pages_now();
		vmremap_area_put(vmremap_area_alloc(size, 0));
		if (i % 64 == 0)
			flush_delayed_fput();
	}
	expect_free_pages(test, before);
}

static void fragmented_memory(struct kunit *test)
{
	struct vmremap_area *area;
	unsigned int order;

	/* On powerpc, the MMU says at boot how large a PMD is. */
	if (__builtin_constant_p(PMD_ORDER)) {
		BUILD_BUG_ON(VMREMAP_MAX_ORDER > MAX_PAGECACHE_ORDER);
		BUILD_BUG_ON(VMREMAP_MAX_ORDER > MAX_PAGE_ORDER);
	}
	failing_init(test);
	for (order = 0; order < VMREMAP_MAX_ORDER; order += 2) {
		failing_above(order);
		area = vmremap_area_alloc(SZ_2M + SZ_64K + 1, 0);
		failing_end();
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, area);
		KUNIT_EXPECT_EQ(test, folio_order(first_folio(area)), order);
		expect_whole(test, area);
		vmremap_area_put(area);
	}
}

/* The folios are as large as possible, so that a leaked one shows in the number of free pages. */
static void every_allocation_fails(struct kunit *test)
{
	/* Large and small folios; under KASAN, vmap() also allocates a page for each 8. */
	const size_t size = SZ_2M + SZ_64K;
	unsigned long before = free_pages_now();
	struct vmremap_area *area = vmremap_area_alloc(size, 0);
	unsigned int nth, lost = 0;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, area);
	vmremap_area_put(area);
	failing_init(test);
	for (nth = 1; nth < FAILING_MAX; nth++) {
		failing_nth(nth);
		area = vmremap_area_alloc(size, 0);
		if (!failing_end())
			break;

		if (IS_ERR(area)) {
			KUNIT_ASSERT_PTR_EQ(test, area, ERR_PTR(-ENOMEM));
			lost++;
		} else {
			/* Only an allocation that has a fallback failed, such as a large folio. */
			expect_whole(test, area);
		}
		vmremap_area_put(area);
	}
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, area);
	vmremap_area_put(area);

	KUNIT_EXPECT_LT(test, nth, FAILING_MAX);
	/* At least the area, its file and its inode have no fallback. */
	KUNIT_EXPECT_GE(test, lost, 3);
	expect_free_pages(test, before);
	kunit_info(test, "%u allocations failed, %u areas", nth - 1, lost);
}

/* Retries fail, too, such as those of the xarray of the page cache. */
static void all_allocations_fail_from_one_on(struct kunit *test)
{
	unsigned long before = free_pages_now();
	struct vmremap_area *area;
	unsigned int nth;

	failing_init(test);
	for (nth = 1; nth < FAILING_MAX; nth++) {
		failing_from(nth);
		area = vmremap_area_alloc(SZ_1M - PAGE_SIZE, 0);
		if (!failing_end())
			break;
		/* The last allocations can be KASAN's or kmemleak's, which an area does without. */
		if (IS_ERR(area))
			KUNIT_ASSERT_PTR_EQ_MSG(test, area, ERR_PTR(-ENOMEM), "%u", nth);
		else
			expect_whole(test, area);
		vmremap_area_put(area);
	}
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, area);
	expect_whole(test, area);
	vmremap_area_put(area);
	expect_free_pages(test, before);
}

/*
 * The last allocation that an area needs is for the page cache, after its file was created. Only
 * KASAN and kmemleak may allocate after that.
 */
static void failure_closes_the_file(struct kunit *test)
{
	/* Larger than an area that is cached, so that each one is new. */
	const size_t size = SZ_64K + 1;
	struct vmremap_area *area = ERR_PTR(-ENOMEM);
	unsigned int nth = 0, failed = 0, i;
	unsigned long before;

	failing_init(test);
	while (IS_ERR(area) && nth < FAILING_MAX) {
		failing_from(++nth);
		area = vmremap_area_alloc(size, 0);
		failing_end();
	}
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, area);
	KUNIT_ASSERT_GT(test, nth, 1);
	vmremap_area_put(area);
	/* 8192 leaked files are more memory than expect_free_pages() tolerates. */
	before = free_pages_now();
	for (i = 0; i < 8 * SZ_1K; i++) {
		/* The index does not need the same number of allocations each time. */
		failing_from(1 + i % (nth - 1));
		area = vmremap_area_alloc(size, 0);
		failing_end();
		failed += IS_ERR(area);
		vmremap_area_put(area);
		if (i % 64 == 0)
			flush_delayed_fput();
	}
	KUNIT_EXPECT_GE(test, failed, IS_ENABLED(CONFIG_DEBUG_KMEMLEAK) ? 1 : i / 4);
	expect_free_pages(test, before);
}

/* Not even single pages can be had: the half-made area is freed. */
static void no_memory_at_all(struct kunit *test)
{
	failing_init(test);
	failing_above(-1);
	KUNIT_EXPECT_PTR_EQ(test, vmremap_area_alloc(SZ_1M, 0), ERR_PTR(-ENOMEM));
	failing_end();
}

/* More memory than the machine has is refused before anything is allocated. */
static void more_than_the_machine_has(struct kunit *test)
{
	const size_t most = totalram_pages() << PAGE_SHIFT;
	static const int more[] = { 0, 1, PAGE_SIZE };
	unsigned int i;

	failing_init(test);
	for (i = 0; i < ARRAY_SIZE(more); i++) {
		failing_nth(1);
		KUNIT_EXPECT_PTR_EQ(test, vmremap_area_alloc(most + more[i], 0),
				    ERR_PTR(-ENOMEM));
		KUNIT_EXPECT_EQ(test, failing_end(), !more[i]);
	}
}

static void killed_task_gets_none(struct kunit *test)
{
	struct vmremap_area *area;

	killed_begin();
	KUNIT_EXPECT_TRUE(test, fatal_signal_pending(current));
	area = vmremap_area_alloc(SZ_1M, 0);
	killed_end();
	KUNIT_EXPECT_PTR_EQ(test, area, ERR_PTR(-EINTR));
	vmremap_area_put(area);
}

/* A driver that forgets that the allocation can fail gets no memory, but no crash either. */
static void no_area(struct kunit *test)
{
	struct vmremap_area *none[] = { NULL, ERR_PTR(-ENOMEM) };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(none); i++) {
		KUNIT_EXPECT_PTR_EQ(test, vmremap_area_get(none[i]), none[i]);
		KUNIT_EXPECT_NULL(test, vmremap_area_addr(none[i]));
		KUNIT_EXPECT_EQ(test, vmremap_area_size(none[i]), 0);
		vmremap_area_put(none[i]);
	}
}

static void no_area_to_name(struct kunit *test)
{
	struct vmremap_area *none[] = { NULL, ERR_PTR(-ENOMEM) };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(none); i++) {
		KUNIT_EXPECT_EQ(test, vmremap_area_set_name(none[i], "name"), -EFAULT);
		vmremap_area_off_revoke(none[i], NULL);
		KUNIT_EXPECT_FALSE(test, vmremap_area_is_mapped(none[i]));
		KUNIT_EXPECT_FALSE(test, vmremap_area_is_sole_reference(none[i]));
	}
}

static struct kunit_case area_cases[] = {
	KUNIT_CASE_PARAM(size_test, size_gen_params),
	KUNIT_CASE(zeroed_again),
	KUNIT_CASE_PARAM(refusal_test, refusal_gen_params),
	KUNIT_CASE(references),
	KUNIT_CASE(pinned_page_outlives),
	KUNIT_CASE(goes_with_its_address),
	KUNIT_CASE(many_leave_nothing),
	KUNIT_CASE(fragmented_memory),
	KUNIT_CASE(every_allocation_fails),
	KUNIT_CASE(all_allocations_fail_from_one_on),
	KUNIT_CASE(failure_closes_the_file),
	KUNIT_CASE(no_memory_at_all),
	KUNIT_CASE(more_than_the_machine_has),
	KUNIT_CASE(killed_task_gets_none),
	KUNIT_CASE(no_area),
	KUNIT_CASE(no_area_to_name),
	{}
};

static struct kunit_suite area_suite = {
	.name = "vmremap-area",
	.test_cases = area_cases,
};

kunit_test_suite(area_suite);

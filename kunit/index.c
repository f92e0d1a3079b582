// SPDX-License-Identifier: GPL-2.0
/* Lookup of areas by address: their own, stale ones, and any other. */
#include <kunit/test.h>
#include <linux/file.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

#include "../c/area.h"
#include "../c/vmremap.h"
#include "device.h"
#include "failing.h"

/* Areas with this flag neither come from the cache nor go into it. */
#define OWN	VMREMAP_ACCOUNT

static struct vmremap_area *new_area(struct kunit *test, size_t size)
{
	struct vmremap_area *area = vmremap_area_alloc(size, OWN);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, area);
	put_at_end(test, area);
	return area;
}

/* Look up, and drop the reference. */
static struct vmremap_area *find(unsigned long kaddr)
{
	struct vmremap_area *area = vmremap_index_get(kaddr);

	vmremap_area_put(area);
	return area;
}

static void by_address(struct kunit *test)
{
	struct vmremap_area *area = new_area(test, SZ_2M + 1);
	unsigned long start = (unsigned long)area->addr, offset;

	for (offset = 0; offset < area->pages * PAGE_SIZE; offset += PAGE_SIZE)
		KUNIT_ASSERT_PTR_EQ_MSG(test, find(start + offset), area,
					"page at %lx", offset);
	KUNIT_EXPECT_PTR_EQ(test, find(start + 1), area);
	KUNIT_EXPECT_PTR_EQ(test, find(start + offset - 1), area);
	KUNIT_EXPECT_PTR_NE(test, find(start - 1), area);
	KUNIT_EXPECT_PTR_NE(test, find(start + offset), area);
	KUNIT_EXPECT_EQ(test, refcount_read(&area->refs), 1);
}

static void takes_a_reference(struct kunit *test)
{
	struct vmremap_area *area = new_area(test, 1);

	KUNIT_EXPECT_PTR_EQ(test, vmremap_index_get((unsigned long)area->addr), area);
	KUNIT_EXPECT_EQ(test, refcount_read(&area->refs), 2);
	vmremap_area_put(area);
}

static void neighbours(struct kunit *test)
{
	struct vmremap_area *areas[32];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(areas); i++)
		areas[i] = new_area(test, (i + 1) * PAGE_SIZE);
	for (i = 0; i < ARRAY_SIZE(areas); i++) {
		unsigned long start = (unsigned long)areas[i]->addr;

		KUNIT_EXPECT_PTR_EQ(test, find(start), areas[i]);
		KUNIT_EXPECT_PTR_EQ(test, find(start + i * PAGE_SIZE), areas[i]);
		KUNIT_EXPECT_PTR_NE(test, find(start + (i + 1) * PAGE_SIZE), areas[i]);
	}
}

/* From the put on, and after the area and its memory are gone. */
static void freed_area_is_unknown(struct kunit *test)
{
	struct vmremap_area *area = vmremap_area_alloc(SZ_64K, OWN);
	unsigned long start;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, area);
	start = (unsigned long)area->addr;
	vmremap_area_put(area);
	KUNIT_EXPECT_PTR_EQ(test, find(start), ERR_PTR(-ENOENT));
	flush_delayed_fput();
	KUNIT_EXPECT_NULL(test, find(start));
}

/* A mapped area that was put is not found. */
static void put_area_is_unknown(struct kunit *test)
{
	struct vmremap_area *area = vmremap_area_alloc(1, OWN);
	unsigned long start;
	struct file *file;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, area);
	start = (unsigned long)area->addr;
	file = get_file(area->file);
	vmremap_area_put(area);
	KUNIT_EXPECT_PTR_EQ(test, find(start), ERR_PTR(-ENOENT));
	fput(file);
}

/* Enough new areas that they reuse the addresses of freed ones. */
#define AREAS_ANEW	512

/* What is found at the address of an area that has gone is an area that has this address now. */
static void stale_address_finds_no_other(struct kunit *test)
{
	struct vmremap_area *area = vmremap_area_alloc(1, OWN), *found;
	unsigned long start;
	unsigned int i;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, area);
	start = (unsigned long)area->addr;
	vmremap_area_put(area);
	flush_delayed_fput();
	for (i = 0; i < AREAS_ANEW; i++) {
		new_area(test, 1);
		found = find(start);
		if (found)
			KUNIT_ASSERT_EQ(test, (unsigned long)found->addr, start);
	}
}

/* An area whose allocation failed after it got into the index is not in it: its address is free. */
static void failed_area_is_unknown(struct kunit *test)
{
	struct vmremap_area *area;
	unsigned int nth, i;

	failing_init(test);
	for (nth = 1; nth < FAILING_MAX; nth++) {
		failing_nth(nth);
		area = vmremap_area_alloc(1, OWN);
		if (!failing_end())
			break;
		vmremap_area_put(area);
	}
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, area);
	vmremap_area_put(area);
	flush_delayed_fput();
	for (i = 0; i < AREAS_ANEW; i++) {
		area = new_area(test, 1);
		KUNIT_ASSERT_PTR_EQ(test, find((unsigned long)area->addr), area);
	}
}

/* An area without a reference is not found, even before it is removed from the index. */
static void dying_area_is_not_revived(struct kunit *test)
{
	struct vmremap_area *area = new_area(test, 1);

	refcount_set(&area->refs, 0);
	KUNIT_EXPECT_PTR_EQ(test, find((unsigned long)area->addr), ERR_PTR(-ENOENT));
	refcount_set(&area->refs, 1);
}

/* What a walk has found: how many areas that were looked for, and the last address. */
struct walk {
	struct vmremap_area *areas[3];
	unsigned int found;
	const void *last;
	bool descends;
};

static void look_at(const struct vmremap_area *area, void *data)
{
	struct walk *walk = data;
	unsigned int i;

	walk->descends |= area->addr <= walk->last;
	walk->last = area->addr;
	for (i = 0; i < ARRAY_SIZE(walk->areas); i++)
		walk->found += area == walk->areas[i];
}

/* Also an area that has no reference: one that is cached or only mapped. */
static void walks_by_address(struct kunit *test)
{
	struct walk walk = {};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(walk.areas); i++)
		walk.areas[i] = new_area(test, SZ_2M);
	refcount_set(&walk.areas[1]->refs, 0);
	vmremap_index_walk(look_at, &walk);
	refcount_set(&walk.areas[1]->refs, 1);
	KUNIT_EXPECT_EQ(test, walk.found, ARRAY_SIZE(walk.areas));
	KUNIT_EXPECT_FALSE(test, walk.descends);
}

/* Looks addresses up until it is stopped: what it finds has the address. */
struct lookups {
	struct work_struct work;
	unsigned long start[32];
	unsigned long found, wrong;
	bool started, stop;
};

static void look_up(struct work_struct *work)
{
	struct lookups *lookups = container_of(work, struct lookups, work);
	unsigned int i;

	for (i = 0; !READ_ONCE(lookups->stop); i = (i + 1) % ARRAY_SIZE(lookups->start)) {
		unsigned long start = READ_ONCE(lookups->start[i]);
		struct vmremap_area *area = vmremap_index_get(start);

		if (!IS_ERR_OR_NULL(area)) {
			unsigned long offset = start - (unsigned long)area->addr;

			lookups->found++;
			lookups->wrong += offset >= area->pages * PAGE_SIZE;
		}
		vmremap_area_put(area);
		WRITE_ONCE(lookups->started, true);
		cond_resched();
	}
}

/* Lookups beside areas that come and go find only areas that have the address, and free none. */
static void lookups_beside_changes(struct kunit *test)
{
	struct lookups *lookups = kunit_kzalloc(test, sizeof(*lookups), GFP_KERNEL);
	struct vmremap_area *areas[ARRAY_SIZE(lookups->start)];
	unsigned int i, round;

	KUNIT_ASSERT_NOT_NULL(test, lookups);
	INIT_WORK(&lookups->work, look_up);
	queue_work(system_dfl_wq, &lookups->work);
	for (round = 0; round < 64 || !READ_ONCE(lookups->started); round++) {
		for (i = 0; i < ARRAY_SIZE(areas); i++) {
			areas[i] = vmremap_area_alloc((1 + i % 3) * PAGE_SIZE, OWN);
			if (IS_ERR(areas[i]))
				break;
			WRITE_ONCE(lookups->start[i], (unsigned long)areas[i]->addr);
		}
		if (i < ARRAY_SIZE(areas))
			KUNIT_FAIL(test, "no memory");
		while (i--)
			vmremap_area_put(areas[i]);
		flush_delayed_fput();
		cond_resched();
	}
	WRITE_ONCE(lookups->stop, true);
	flush_work(&lookups->work);
	KUNIT_EXPECT_EQ(test, lookups->wrong, 0);
	kunit_info(test, "%lu areas found", lookups->found);
}

static void addresses_in_no_area(struct kunit *test)
{
	void *kmalloced = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
	void *vmalloced = vmalloc_user(4 * PAGE_SIZE);
	unsigned long bit;

	KUNIT_EXPECT_NULL(test, find(0));
	KUNIT_EXPECT_NULL(test, find(PAGE_SIZE));
	KUNIT_EXPECT_NULL(test, find(ULONG_MAX));
	KUNIT_EXPECT_NULL(test, find(VMALLOC_START - 1));
	KUNIT_EXPECT_NULL(test, find(VMALLOC_END - 1));
	KUNIT_EXPECT_NULL(test, find(VMALLOC_END));
	KUNIT_EXPECT_NULL(test, find((unsigned long)kmalloced));
	KUNIT_EXPECT_NULL(test, find((unsigned long)&bit));
	KUNIT_EXPECT_NULL(test, find((unsigned long)find));
	for (bit = 1; bit; bit <<= 1) {
		KUNIT_EXPECT_NULL(test, find(bit));
		KUNIT_EXPECT_NULL(test, find(-bit));
	}
	KUNIT_EXPECT_NOT_NULL(test, vmalloced);
	KUNIT_EXPECT_NULL(test, find((unsigned long)vmalloced));
	vfree(vmalloced);
}

/* Another mapping of an area's page is not found. */
static void only_the_areas_own_addresses(struct kunit *test)
{
	struct vmremap_area *area = new_area(test, SZ_64K);
	struct page *page = vmalloc_to_page(area->addr);
	void *alias = vmap(&page, 1, VM_MAP, PAGE_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, alias);
	KUNIT_EXPECT_NULL(test, find((unsigned long)alias));
	vunmap(alias);
	KUNIT_EXPECT_EQ(test, refcount_read(&area->refs), 1);
}

/* Neither other memory nor NULL is refused, as vfree() refuses neither. */
static void free_by_address(struct kunit *test)
{
	void *addr = vmremap_alloc(SZ_64K + 1, OWN);
	struct vmremap_area *area;

	KUNIT_ASSERT_NOT_NULL(test, addr);
	KUNIT_EXPECT_NULL(test, memchr_inv(addr, 0, SZ_64K + PAGE_SIZE));
	area = find((unsigned long)addr);
	KUNIT_EXPECT_EQ(test, vmremap_area_size(area), SZ_64K + 1);
	KUNIT_EXPECT_TRUE(test, vmremap_area_is_sole_reference(area));
	vmremap_free(addr);
	flush_delayed_fput();
	KUNIT_EXPECT_NULL(test, find((unsigned long)addr));

	addr = vmalloc_user(PAGE_SIZE);
	KUNIT_ASSERT_NOT_NULL(test, addr);
	vmremap_free(addr);
	KUNIT_EXPECT_FALSE(test, vmalloc_to_page(addr));
	vmremap_free(NULL);
}

/* SizeNonZero, RangeNoWrap: vmremap_alloc() has no errno, so ENODATA and EOVERFLOW are NULL. */
static void no_memory_by_address(struct kunit *test)
{
	KUNIT_EXPECT_NULL(test, vmremap_alloc(0, 0));
	KUNIT_EXPECT_NULL(test, vmremap_alloc(SIZE_MAX, 0));
	KUNIT_EXPECT_NULL(test, vmremap_alloc(PAGE_SIZE, ~VMREMAP_FLAGS));
}

/* ReferenceOwned: an address that vmremap_alloc() has not returned is not freed. */
static void free_of_a_wrong_address(struct kunit *test)
{
	struct vmremap_area *area = new_area(test, SZ_64K);
	void *addr = vmremap_alloc(SZ_64K, OWN);

	KUNIT_ASSERT_NOT_NULL(test, addr);
	kunit_warning_suppress(test) {
		vmremap_free(area->addr);
		vmremap_free(addr + 1);
		vmremap_free(addr + PAGE_SIZE);
		vmremap_free(addr + SZ_64K - 1);
	}
	KUNIT_EXPECT_TRUE(test, vmremap_area_is_sole_reference(area));
	KUNIT_EXPECT_TRUE(test, vmremap_area_is_sole_reference(find((unsigned long)addr)));
	vmremap_free(addr);
}

/* ReferenceOwned: the second time, the area may be alive, dying or cached. */
static void free_twice(struct kunit *test)
{
	struct vmremap_area *area;
	void *addr = vmremap_alloc(PAGE_SIZE, 0);

	KUNIT_ASSERT_NOT_NULL(test, addr);
	area = vmremap_index_get((unsigned long)addr);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, area);
	vmremap_free(addr);
	kunit_warning_suppress(test)
		vmremap_free(addr);
	KUNIT_EXPECT_TRUE(test, vmremap_area_is_sole_reference(area));
	vmremap_area_put(area);
	kunit_warning_suppress(test)
		vmremap_free(addr);
	/* If that had freed the memory, this would fault. */
	area = vmremap_area_alloc(PAGE_SIZE, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, area);
	KUNIT_EXPECT_NULL(test, memchr_inv(area->addr, 0, PAGE_SIZE));
	vmremap_area_put(area);
}

static struct kunit_case index_cases[] = {
	KUNIT_CASE(free_by_address),
	KUNIT_CASE(no_memory_by_address),
	KUNIT_CASE(free_of_a_wrong_address),
	KUNIT_CASE(free_twice),
	KUNIT_CASE(by_address),
	KUNIT_CASE(takes_a_reference),
	KUNIT_CASE(neighbours),
	KUNIT_CASE(freed_area_is_unknown),
	KUNIT_CASE(put_area_is_unknown),
	KUNIT_CASE(stale_address_finds_no_other),
	KUNIT_CASE(failed_area_is_unknown),
	KUNIT_CASE(dying_area_is_not_revived),
	KUNIT_CASE(walks_by_address),
	KUNIT_CASE(lookups_beside_changes),
	KUNIT_CASE(addresses_in_no_area),
	KUNIT_CASE(only_the_areas_own_addresses),
	{}
};

static struct kunit_suite index_suite = {
	.name = "vmremap-index",
	.test_cases = index_cases,
};

kunit_test_suite(index_suite);

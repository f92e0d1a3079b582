// SPDX-License-Identifier: GPL-2.0
/* Lookup of areas by address: their own, stale ones, and any other. */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/file.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/slab.h>
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
	KUNIT_EXPECT_NULL(test, find(start));
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
	KUNIT_EXPECT_NULL(test, find(start));
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
	KUNIT_EXPECT_NULL(test, find((unsigned long)area->addr));
	refcount_set(&area->refs, 1);
}

struct last_put {
	struct work_struct work;
	struct vmremap_area *area;
	struct completion done;
};

static void put_last(struct work_struct *work)
{
	struct last_put *put = container_of(work, struct last_put, work);

	vmremap_area_put(put->area);
	flush_delayed_fput();
	complete(&put->done);
}

/* A reader that found an area under RCU can still read refs after the area is freed. */
static void freed_area_stays_for_readers(struct kunit *test)
{
	unsigned long end = jiffies + 10 * HZ;
	struct last_put put = {};

	if (num_online_cpus() == 1)
		kunit_skip(test, "no other CPU to free an area meanwhile");
	put.area = vmremap_area_alloc(1, OWN);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, put.area);
	INIT_WORK_ONSTACK(&put.work, put_last);
	init_completion(&put.done);

	rcu_read_lock();
	queue_work(system_dfl_wq, &put.work);
	while (!completion_done(&put.done) && time_before(jiffies, end))
		cpu_relax();
	KUNIT_EXPECT_TRUE(test, completion_done(&put.done));
	/* If the area were freed already, KASAN would report this. */
	KUNIT_EXPECT_EQ(test, refcount_read(&put.area->refs), 0);
	rcu_read_unlock();

	flush_work(&put.work);
	destroy_work_on_stack(&put.work);
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

/* Enough areas that the index has to allocate nodes. */
static void every_allocation_fails(struct kunit *test)
{
	struct vmremap_area *areas[100];
	unsigned int i, nth, lost = 0;

	failing_init(test);
	for (i = 0; i < ARRAY_SIZE(areas); i++) {
		for (nth = 1; nth < FAILING_MAX; nth++) {
			/* Not failing_nth(), because the index retries. */
			failing_from(nth);
			areas[i] = vmremap_area_alloc(1, OWN);
			if (!failing_end() || !IS_ERR(areas[i]))
				break;
			KUNIT_EXPECT_PTR_EQ(test, areas[i], ERR_PTR(-ENOMEM));
			lost++;
		}
	}
	for (i = 0; i < ARRAY_SIZE(areas); i++) {
		KUNIT_EXPECT_PTR_EQ(test, find((unsigned long)areas[i]->addr), areas[i]);
		vmremap_area_put(areas[i]);
	}
	kunit_info(test, "%u allocations failed", lost);
}

static struct kunit_case index_cases[] = {
	KUNIT_CASE(by_address),
	KUNIT_CASE(takes_a_reference),
	KUNIT_CASE(neighbours),
	KUNIT_CASE(freed_area_is_unknown),
	KUNIT_CASE(put_area_is_unknown),
	KUNIT_CASE(stale_address_finds_no_other),
	KUNIT_CASE(failed_area_is_unknown),
	KUNIT_CASE(dying_area_is_not_revived),
	KUNIT_CASE(freed_area_stays_for_readers),
	KUNIT_CASE(addresses_in_no_area),
	KUNIT_CASE(only_the_areas_own_addresses),
	KUNIT_CASE(every_allocation_fails),
	{}
};

static struct kunit_suite index_suite = {
	.name = "vmremap-index",
	.test_cases = index_cases,
};

kunit_test_suite(index_suite);

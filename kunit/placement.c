// SPDX-License-Identifier: GPL-2.0
/* vmremap_get_unmapped_area(): addresses at which PMDs and large folios fit. */
#include <kunit/test.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/sched/mm.h>

#include "../c/area.h"
#include "../c/vmremap.h"
#include "device.h"

/* Call it as mmap(2) does. */
static unsigned long choose(struct test_device *dev, unsigned long hint,
			    unsigned long len, unsigned long pgoff,
			    unsigned long flags)
{
	unsigned long addr;

	mmap_write_lock(current->mm);
	addr = vmremap_get_unmapped_area(dev->file, hint, len, pgoff, flags);
	mmap_write_unlock(current->mm);
	return addr;
}

static void is_congruent_with_pgoff(struct kunit *test)
{
	static const unsigned int pages[] = { 2, 3, 16, 31, 512, 1024, 1100 };
	struct test_device *dev = device_with_area(test, HOOK_MMAP, 4096 * PAGE_SIZE, 0);
	unsigned int i, pgoff;

	for (i = 0; i < ARRAY_SIZE(pages); i++) {
		size_t len = pages[i] * PAGE_SIZE;
		unsigned long align = min(rounddown_pow_of_two(len), PMD_SIZE);

		for (pgoff = 0; pgoff < 1024; pgoff += 97) {
			unsigned long addr;

			addr = choose(dev, 0, len, pgoff, MAP_SHARED);
			KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(addr));
			KUNIT_EXPECT_EQ_MSG(test, 0,
					    (addr - (pgoff << PAGE_SHIFT)) & (align - 1),
					    "%u pages from %u on: %lx", pages[i],
					    pgoff, addr);
			/* The whole mapping fits there. */
			addr = device_map(test, dev, len, pgoff);
			KUNIT_EXPECT_EQ(test, 0, vm_munmap(addr, len));
		}
	}
}

static void leaves_the_choice_to_the_program(struct kunit *test)
{
	struct test_device *dev = device_with_area(test, HOOK_MMAP, SZ_4M, 0);
	unsigned long addr, hint;

	addr = choose(dev, 0, SZ_4M, 0, MAP_SHARED);
	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(addr));

	hint = addr + 3 * PAGE_SIZE - SZ_16M;
	KUNIT_EXPECT_EQ(test, hint, choose(dev, hint, SZ_4M, 0, MAP_SHARED));
	KUNIT_EXPECT_EQ(test, hint,
			choose(dev, hint, SZ_4M, 0, MAP_SHARED | MAP_FIXED));
}

/* A hint is used even if there is no room for a larger mapping. */
static void a_hint_needs_room_for_the_mapping_only(struct kunit *test)
{
	const unsigned long len = 16 * PAGE_SIZE;
	struct test_device *dev = device_with_area(test, HOOK_MMAP, 64 * PAGE_SIZE, 0);
	unsigned long base = device_map(test, dev, 64 * PAGE_SIZE, 0);
	unsigned long hint = base + 5 * PAGE_SIZE;

	KUNIT_ASSERT_EQ(test, 0, vm_munmap(hint, len));
	KUNIT_EXPECT_EQ(test, hint, choose(dev, hint, len, 0, MAP_SHARED));
	KUNIT_EXPECT_NE(test, hint, choose(dev, hint, len + PAGE_SIZE, 0, MAP_SHARED));
	KUNIT_EXPECT_EQ(test, 0, vm_munmap(base, 64 * PAGE_SIZE));
}

/* A hole that is just large enough for every offset is used, and one page less is not. */
static void needs_just_enough_room(struct kunit *test)
{
	const unsigned long len = 16 * PAGE_SIZE, room = 31 * PAGE_SIZE;
	struct test_device *dev = device_with_area(test, HOOK_MMAP, 64 * PAGE_SIZE, 0);
	unsigned long base = device_map(test, dev, 64 * PAGE_SIZE, 0);
	unsigned long hole, plain, addr, pgoff;

	for (hole = room - PAGE_SIZE; hole <= room; hole += PAGE_SIZE) {
		KUNIT_ASSERT_EQ(test, 0, vm_munmap(base + 5 * PAGE_SIZE, hole));
		mmap_write_lock(current->mm);
		plain = mm_get_unmapped_area(dev->file, 0, room, 0, MAP_SHARED);
		mmap_write_unlock(current->mm);
		for (pgoff = 0; pgoff < 16; pgoff++) {
			addr = choose(dev, 0, len, pgoff, MAP_SHARED);
			KUNIT_EXPECT_TRUE_MSG(test, addr >= plain && addr + len <= plain + room,
					      "%lx, not in the room at %lx", addr, plain);
			KUNIT_EXPECT_EQ(test, 0, (addr - (pgoff << PAGE_SHIFT)) & (len - 1));
		}
	}
	KUNIT_EXPECT_EQ(test, 0, vm_munmap(base, 64 * PAGE_SIZE));
}

static void one_page_goes_anywhere(struct kunit *test)
{
	struct test_device *dev = device_with_area(test, HOOK_MMAP, PAGE_SIZE, 0);
	unsigned long addr = choose(dev, 0, PAGE_SIZE, 0, MAP_SHARED);

	KUNIT_EXPECT_FALSE(test, IS_ERR_VALUE(addr));
	KUNIT_EXPECT_TRUE(test, PAGE_ALIGNED(addr));
}

static void no_room(struct kunit *test)
{
	struct test_device *dev = device_with_area(test, HOOK_MMAP, PAGE_SIZE, 0);

	KUNIT_EXPECT_EQ(test, -ENOMEM,
			choose(dev, 0, TASK_SIZE + PAGE_SIZE, 0, MAP_SHARED));
	/*
	 * There is no room for @len, neither with nor without alignment. On s390, TASK_SIZE is so
	 * large that the sum would wrap; the kernel refuses the result then, not the hook.
	 */
	KUNIT_EXPECT_EQ(test, -ENOMEM, choose(dev, 0, TASK_SIZE - PMD_SIZE, 0, MAP_SHARED));
	KUNIT_EXPECT_EQ(test, -ENOMEM, choose(dev, 0, 0, 0, MAP_SHARED));
}

static struct kunit_case placement_cases[] = {
	KUNIT_CASE(is_congruent_with_pgoff),
	KUNIT_CASE(leaves_the_choice_to_the_program),
	KUNIT_CASE(a_hint_needs_room_for_the_mapping_only),
	KUNIT_CASE(needs_just_enough_room),
	KUNIT_CASE(one_page_goes_anywhere),
	KUNIT_CASE(no_room),
	{}
};

static struct kunit_suite placement_suite = {
	.name = "vmremap-placement",
	.test_cases = placement_cases,
};

kunit_test_suite(placement_suite);

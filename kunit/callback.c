// SPDX-License-Identifier: GPL-2.0
/*
 * What a program sees of the mmap callbacks of a Rust driver. The callbacks are in callback.rs;
 * the offset in the file selects one.
 */
#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/mman.h>

#include "../c/area.h"
#include "../c/vmremap.h"
#include "device.h"

#define PAGES 40UL

/* Often enough that a leak in one mapping shows in the number of free pages. */
#define TIMES 16

/* Either mmap() fails with @err, or the pages from @from up to @to are the area's. */
static const struct callback_case {
	const char *name;
	unsigned long what;
	int err;
	unsigned long from;
	unsigned long to;
	enum hook hook;
} cases[] = {
	{ "drops the last reference", 0, 0, 0, PAGES },
	{ "maps twice", 1, -EBUSY, 0, 0 },
	{ "maps by a weak handle", 2, 0, 0, PAGES },
	{ "refuses by a weak handle of no area", 3, -EFAULT, 0, 0 },
	{ "maps by a weak handle while frozen", 4, 0, 0, PAGES },
	{ "tries again after refusals", 6, 0, 0, PAGES },
	{ "refuses", 7, -ENXIO, 0, 0 },
	{ "prepares and drops the last reference", 0, 0, 0, PAGES, HOOK_PREPARE },
	{ "prepares twice", 1, -EBUSY, 0, 0, HOOK_PREPARE },
	{ "prepares by a weak handle", 2, 0, 0, PAGES, HOOK_PREPARE },
	{ "refuses to prepare by a weak handle of no area", 3, -EFAULT, 0, 0, HOOK_PREPARE },
	{ "prepares by a weak handle while frozen", 4, 0, 0, PAGES, HOOK_PREPARE },
	{ "prepares again after refusals", 6, 0, 0, PAGES, HOOK_PREPARE },
	{ "refuses to prepare", 7, -ENXIO, 0, 0, HOOK_PREPARE },
	{ "prepares for a nested file", 0, 0, 0, PAGES, HOOK_NESTED },
};

KUNIT_ARRAY_PARAM_DESC(callback, cases, name);

static int rust_callback(struct test_device *dev, struct vm_area_struct *vma)
{
	return vmremap_kunit_callback(vma);
}

static int rust_prepare(struct test_device *dev, struct vm_area_desc *desc)
{
	return vmremap_kunit_prepare(desc);
}

static void map_once(struct kunit *test, const struct callback_case *c, struct test_device *dev)
{
	unsigned long uaddr, page, value;

	blocks_begin(test, VMREMAP_MAX_ORDER);
	uaddr = device_mmap(test, dev, PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE,
			    MAP_SHARED, c->what);
	blocks_end();

	if (c->err) {
		KUNIT_EXPECT_EQ(test, (long)uaddr, c->err);
		return;
	}
	KUNIT_ASSERT_FALSE_MSG(test, IS_ERR_VALUE(uaddr), "mmap: %ld", (long)uaddr);
	for (page = 0; page < PAGES; page++) {
		int err = peek(uaddr + page * PAGE_SIZE, &value);
		bool own = page >= c->from && page < c->to;

		/* Page 0 may be one that the driver inserts, which is zero. */
		KUNIT_EXPECT_EQ_MSG(test, err, own || !page ? 0 : -EFAULT, "page %lu", page);
		if (!err)
			KUNIT_EXPECT_EQ_MSG(test, value, own, "page %lu", page);
	}
	KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr, PAGES * PAGE_SIZE));
}

/*
 * VmaInit, RightPage, AreaOutlives: a mapping works after the driver has dropped all that it made,
 * and nothing leaks when it ends.
 */
static void callback_test(struct kunit *test)
{
	const struct callback_case *c = test->param_value;
	struct test_device dev = { .hook = c->hook, .map = rust_callback,
				   .prepare = rust_prepare };
	unsigned long before;
	unsigned int times;

	device_open(test, &dev);
	before = free_pages_now();
	for (times = 0; times < TIMES; times++)
		map_once(test, c, &dev);
	expect_free_pages(test, before);
}

static struct kunit_case callback_cases[] = {
	KUNIT_CASE_PARAM(callback_test, callback_gen_params),
	{}
};

static struct kunit_suite callback_suite = {
	.name = "vmremap-callback",
	.test_cases = callback_cases,
};

kunit_test_suite(callback_suite);

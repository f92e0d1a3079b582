// SPDX-License-Identifier: GPL-2.0
/*
 * Fault injection of the kernel, limited to the task of a test. Its settings exist only as files
 * in debugfs, so they are set there.
 */
#include <linux/atomic.h>
#include <linux/dcache.h>
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/sched.h>

#include "failing.h"

#if IS_ENABLED(CONFIG_FAILSLAB) && IS_ENABLED(CONFIG_FAIL_PAGE_ALLOC) && \
	IS_ENABLED(CONFIG_FAULT_INJECTION_DEBUG_FS)

static void *setting(const char *kind, const char *name)
{
	struct dentry *dir = debugfs_lookup(kind, NULL);
	struct dentry *file = dir ? debugfs_lookup(name, dir) : NULL;
	void *value = file ? d_inode(file)->i_private : NULL;

	dput(file);
	dput(dir);
	return value;
}

static struct {
	unsigned long *probability;
	u32 *min_order;
} pages;

static struct {
	unsigned long *probability;
	atomic_t *times;
} slab;

static void failing_exit(void *unused)
{
	failing_end();
}

void failing_init(struct kunit *test)
{
	static const char * const kinds[] = { "failslab", "fail_page_alloc" };
	unsigned long *verbose;
	bool *flag;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		flag = setting(kinds[i], "ignore-gfp-wait");
		verbose = setting(kinds[i], "verbose");
		if (!flag || !verbose)
			kunit_skip(test, "no settings of %s in debugfs", kinds[i]);
		*flag = false;
		*verbose = 0;
	}

	flag = setting("fail_page_alloc", "ignore-gfp-highmem");
	KUNIT_ASSERT_NOT_NULL(test, flag);
	*flag = false;
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		flag = setting(kinds[i], "task-filter");
		KUNIT_ASSERT_NOT_NULL(test, flag);
		*flag = true;
		atomic_set((atomic_t *)setting(kinds[i], "times"), -1);
	}
	slab.probability = setting("failslab", "probability");
	slab.times = setting("failslab", "times");
	pages.probability = setting("fail_page_alloc", "probability");
	pages.min_order = setting("fail_page_alloc", "min-order");
	failing_end();

	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, failing_exit, NULL));
}

void failing_nth(unsigned int nth)
{
	*pages.min_order = 0;
	current->fail_nth = nth;
}

void failing_from(unsigned int nth)
{
	*pages.min_order = 0;
	*pages.probability = 100;
	*slab.probability = 100;
	current->make_it_fail = 1;
	current->fail_nth = nth;
}

void failing_first(unsigned int times)
{
	atomic_set(slab.times, times);
	*slab.probability = 100;
	current->make_it_fail = 1;
}

void failing_above(unsigned int order)
{
	*pages.min_order = order + 1;
	*pages.probability = 100;
	current->make_it_fail = 1;
}

bool failing_end(void)
{
	bool failed = !current->fail_nth;

	current->fail_nth = 0;
	current->make_it_fail = 0;
	if (pages.probability)
		*pages.probability = 0;
	if (slab.probability) {
		*slab.probability = 0;
		atomic_set(slab.times, -1);
	}
	return failed;
}

#else

void failing_init(struct kunit *test)
{
	kunit_skip(test, "the kernel has no fault injection");
}

void failing_nth(unsigned int nth)
{
}

void failing_from(unsigned int nth)
{
}

void failing_first(unsigned int times)
{
}

void failing_above(unsigned int order)
{
}

bool failing_end(void)
{
	return false;
}

#endif

// SPDX-License-Identifier: GPL-2.0
/*
 * An area's folios in the page cache of its file: the statistics, and the state of a page that
 * stays pinned after the area is freed.
 */
#include <kunit/test.h>
#include <linux/anon_inodes.h>
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sched/task.h>
#include <linux/vmstat.h>

#include "../c/area.h"
#include "../c/vmremap.h"
#include "device.h"
#include "failing.h"
#include "wait.h"

/* Too large to be cached, and far above the threshold up to which a CPU counts on its own. */
#define SIZE	SZ_16M
#define PAGES	(SIZE >> PAGE_SHIFT)

/* Tolerance for per-CPU counts that are not folded in yet, and for other tasks. */
#define SLACK	(PAGES / 4)

static void put(struct vmremap_area *area)
{
	vmremap_area_put(area);
	flush_delayed_fput();
}

static void expect_more(struct kunit *test, long before, long more, enum node_stat_item item)
{
	long now = global_node_page_state_pages(item);

	KUNIT_EXPECT_GE(test, now, before + more - (long)SLACK);
	KUNIT_EXPECT_LE(test, now, before + more + (long)SLACK);
}

/* PagesOutlive: counted as file memory as long as it is in the page cache. */
static void counts_as_file_memory(struct kunit *test)
{
	long files = global_node_page_state_pages(NR_FILE_PAGES);
	long huge = global_node_page_state_pages(NR_FILE_THPS);
	struct vmremap_area *area = area_of_blocks(test, SIZE, 0, VMREMAP_MAX_ORDER);
	bool by_pmd = folio_test_pmd_mappable(list_first_entry(&area->folios, struct folio, lru));

	KUNIT_EXPECT_EQ(test, area->file->f_mapping->nrpages, PAGES);
	expect_more(test, files, PAGES, NR_FILE_PAGES);
	expect_more(test, huge, by_pmd ? PAGES : 0, NR_FILE_THPS);
	put(area);
	expect_more(test, files, 0, NR_FILE_PAGES);
	expect_more(test, huge, 0, NR_FILE_THPS);
}

/* RightPage: the kernel neither evicts, splits, truncates nor writes back the folios. */
static void is_not_reclaimed(struct kunit *test)
{
	struct vmremap_area *area = area_of_blocks(test, SIZE, 0, 0);
	struct address_space *mapping = area->file->f_mapping;

	KUNIT_EXPECT_TRUE(test, mapping_unevictable(mapping));
	KUNIT_EXPECT_TRUE(test, mapping_large_folio_support(mapping) ||
			  !IS_ENABLED(CONFIG_TRANSPARENT_HUGEPAGE));
	KUNIT_EXPECT_PTR_EQ(test, mapping->a_ops->dirty_folio, &noop_dirty_folio);
	KUNIT_EXPECT_TRUE(test, area->file->f_mode & FMODE_NOREUSE);
	KUNIT_EXPECT_TRUE(test, area->file->f_mode & FMODE_NOCMTIME);
	KUNIT_EXPECT_TRUE(test, IS_PRIVATE(mapping->host));
	KUNIT_EXPECT_EQ(test, i_size_read(mapping->host), MAX_LFS_FILESIZE);
	put(area);
}

/* PagesOutlive: a pinned page stays, but the area's state in its folio is cleared. */
static void leaves_nothing_on_a_pinned_page(struct kunit *test)
{
	struct vmremap_area *area = area_of_blocks(test, SIZE, 0, 0);
	struct folio *folio = list_last_entry(&area->folios, struct folio, lru);

	KUNIT_EXPECT_EQ(test, folio->index, vmremap_first_folio(area)->index + PAGES - 1);
	KUNIT_EXPECT_TRUE(test, folio_test_uptodate(folio));
	folio_mark_dirty(folio);
	folio_get(folio);
	put(area);

	KUNIT_EXPECT_EQ(test, folio_ref_count(folio), 1);
	KUNIT_EXPECT_NULL(test, folio->mapping);
	KUNIT_EXPECT_NULL(test, folio->private);
	KUNIT_EXPECT_PTR_EQ(test, folio->lru.next, (struct list_head *)LIST_POISON1);
	KUNIT_EXPECT_FALSE(test, folio_test_dirty(folio));
	folio_put(folio);
}

struct freeing {
	struct vmremap_area *area;
	void (*free)(struct vmremap_area *area);
	struct completion done;
};

static int free_it(void *data)
{
	struct freeing *freeing = data;

	freeing->free(freeing->area);
	complete(&freeing->done);
	return 0;
}

/* PagesOutlive: folio_mark_dirty() relies on folio->mapping not changing under the folio lock. */
static void waits_for_the_lock_of_a_folio(struct kunit *test)
{
	struct freeing freeing = { .area = area_of_blocks(test, SIZE, 0, 0), .free = put };
	struct folio *folio = list_last_entry(&freeing.area->folios, struct folio, lru);
	struct address_space *mapping = folio->mapping;

	init_completion(&freeing.done);
	folio_get(folio);
	folio_lock(folio);
	KUNIT_ASSERT_FALSE(test, IS_ERR(kthread_run(free_it, &freeing, "vmremap-free")));
	KUNIT_EXPECT_TRUE(test, eventually(test, folio_test_waiters(folio)));
	KUNIT_EXPECT_PTR_EQ(test, folio->mapping, mapping);
	folio_mark_dirty(folio);
	folio_unlock(folio);
	KUNIT_ASSERT_NE(test, 0, wait_for_completion_timeout(&freeing.done, patience(test)));
	KUNIT_EXPECT_NULL(test, folio->mapping);
	KUNIT_EXPECT_FALSE(test, folio_test_dirty(folio));
	folio_put(folio);
}

/*
 * AllOrNothing: if an .mmap callback fails, the kernel puts the file before it unmaps the pages
 * that the callback has mapped. Truncation cannot unmap them: the VMA is not in i_mmap.
 */
static void waits_until_pages_are_unmapped(struct kunit *test)
{
	struct freeing freeing = {
		.area = area_of_blocks(test, SIZE, 0, 0), .free = vmremap_cache_drop,
	};
	struct folio *folio = list_last_entry(&freeing.area->folios, struct folio, lru);
	struct address_space *mapping = folio->mapping;
	struct task_struct *task;

	init_completion(&freeing.done);
	folio_get(folio);
	/* Stands for an entry in a VMA that truncation does not find. */
	atomic_inc(&folio->_mapcount);
	task = kthread_run(free_it, &freeing, "vmremap-free");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	get_task_struct(task);
	KUNIT_EXPECT_TRUE(test, eventually(test, completion_done(&freeing.done) ||
					   READ_ONCE(task->__state) & TASK_UNINTERRUPTIBLE));
	KUNIT_EXPECT_PTR_EQ(test, folio->mapping, mapping);
	atomic_dec(&folio->_mapcount);
	KUNIT_ASSERT_NE(test, 0, wait_for_completion_timeout(&freeing.done, patience(test)));
	put_task_struct(task);
	KUNIT_EXPECT_NULL(test, folio->mapping);
	folio_put(folio);
	put(freeing.area);
}

/* So many pages that the last does not fit into the page cache's first node. */
#define FILL_PAGES	(XA_CHUNK_SIZE + 1)

/* An area whose page cache contains only that node, and the pages to fill it with. */
static struct vmremap_area *unfilled_area(struct kunit *test)
{
	static const struct file_operations fops = {};
	struct vmremap_area *area = kunit_kzalloc(test, sizeof(*area), GFP_KERNEL);
	unsigned int page;

	KUNIT_ASSERT_NOT_NULL(test, area);
	INIT_LIST_HEAD(&area->folios);
	area->file = anon_inode_create_getfile("[vmremap-test]", &fops, NULL, O_RDWR, NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(area->file));
	area->pages = FILL_PAGES;
	/* A value, which a page may replace, as it replaces what the page cache keeps of a page. */
	KUNIT_ASSERT_EQ(test, 0, xa_err(xa_store(&area->file->f_mapping->i_pages,
						 roundup_pow_of_two(FILL_PAGES), xa_mk_value(0),
						 GFP_KERNEL)));
	for (page = 0; page < FILL_PAGES; page++) {
		struct folio *folio = folio_alloc(GFP_KERNEL, 0);

		KUNIT_ASSERT_NOT_NULL(test, folio);
		list_add_tail(&folio->lru, &area->folios);
	}
	return area;
}

static const struct fill_case {
	const char *name;
	unsigned int failures;
	int err;
} fills[] = {
	{ "memory that comes at the second try", 1, 0 },
	{ "no memory for the last page", 2, -ENOMEM },
};

KUNIT_ARRAY_PARAM_DESC(fill, fills, name);

/* RightPage: the page cache gets all pages of the area, or vmremap_cache_fill() fails. */
static void fills_whole_or_fails(struct kunit *test)
{
	const struct fill_case *c = test->param_value;
	struct vmremap_area *area = unfilled_area(test);
	struct address_space *mapping = area->file->f_mapping;
	int err;

	failing_init(test);
	failing_first(c->failures);
	err = vmremap_cache_fill(area);
	failing_end();
	KUNIT_EXPECT_EQ(test, err, c->err);
	KUNIT_EXPECT_EQ(test, mapping->nrpages, c->err ? FILL_PAGES - 1 : FILL_PAGES);
	vmremap_cache_drop(area);
	KUNIT_EXPECT_EQ(test, mapping->nrpages, 0);
	fput(area->file);
}

static struct kunit_case cache_cases[] = {
	KUNIT_CASE(counts_as_file_memory),
	KUNIT_CASE(is_not_reclaimed),
	KUNIT_CASE(leaves_nothing_on_a_pinned_page),
	KUNIT_CASE(waits_for_the_lock_of_a_folio),
	KUNIT_CASE(waits_until_pages_are_unmapped),
	KUNIT_CASE_PARAM(fills_whole_or_fails, fill_gen_params),
	{}
};

static struct kunit_suite cache_suite = {
	.name = "vmremap-cache",
	.test_cases = cache_cases,
};

kunit_test_suite(cache_suite);

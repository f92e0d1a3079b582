// SPDX-License-Identifier: GPL-2.0
/*
 * An area's folios in the page cache of its file: how they are counted, and what of
 * that is left on a page that somebody has pinned.
 */
#include <kunit/test.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/vmstat.h>

#include "../c/area.h"
#include "../c/vmremap.h"
#include "device.h"

/* More than is kept for the next area, and far more than a CPU counts for itself. */
#define SIZE	SZ_16M
#define PAGES	(SIZE >> PAGE_SHIFT)

/* What CPUs have not told the others yet, and what other tasks do meanwhile. */
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

/* PagesOutlive: as file memory, for as long as it is in the page cache. */
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

/* RightPage: nothing evicts, splits, cuts or writes back what is in there. */
static void is_not_reclaimed(struct kunit *test)
{
	struct vmremap_area *area = area_of_blocks(test, SIZE, 0, 0);
	struct address_space *mapping = area->file->f_mapping;

	KUNIT_EXPECT_TRUE(test, mapping_unevictable(mapping));
	KUNIT_EXPECT_TRUE(test, mapping_large_folio_support(mapping) ||
			  !IS_ENABLED(CONFIG_TRANSPARENT_HUGEPAGE));
	KUNIT_EXPECT_PTR_EQ(test, mapping->a_ops->dirty_folio, &noop_dirty_folio);
	KUNIT_EXPECT_TRUE(test, area->file->f_mode & FMODE_NOREUSE);
	KUNIT_EXPECT_EQ(test, i_size_read(mapping->host), MAX_LFS_FILESIZE);
	put(area);
}

/* PagesOutlive: who has a page still gets it clean of its last owner. */
static void leaves_nothing_on_a_pinned_page(struct kunit *test)
{
	struct vmremap_area *area = area_of_blocks(test, SIZE, 0, 0);
	struct folio *folio = list_last_entry(&area->folios, struct folio, lru);

	KUNIT_EXPECT_EQ(test, folio->index, PAGES - 1);
	KUNIT_EXPECT_TRUE(test, folio_test_uptodate(folio));
	folio_mark_dirty(folio);
	folio_get(folio);
	put(area);

	KUNIT_EXPECT_EQ(test, folio_ref_count(folio), 1);
	KUNIT_EXPECT_NULL(test, folio->mapping);
	KUNIT_EXPECT_NULL(test, folio->private);
	KUNIT_EXPECT_EQ(test, folio->index, 0);
	KUNIT_EXPECT_FALSE(test, folio_test_dirty(folio));
	KUNIT_EXPECT_FALSE(test, folio_test_uptodate(folio));
	folio_put(folio);
}

static struct kunit_case cache_cases[] = {
	KUNIT_CASE(counts_as_file_memory),
	KUNIT_CASE(is_not_reclaimed),
	KUNIT_CASE(leaves_nothing_on_a_pinned_page),
	{}
};

static struct kunit_suite cache_suite = {
	.name = "vmremap-cache",
	.test_cases = cache_cases,
};

kunit_test_suite(cache_suite);

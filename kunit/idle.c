// SPDX-License-Identifier: GPL-2.0
/* The cache of freed areas: which are cached, which allocations reuse them, what is reset. */
#include <kunit/test.h>
#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/irq_work.h>
#include <linux/notifier.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/user_namespace.h>
#include <linux/vmalloc.h>

#include "../c/area.h"
#include "../c/vmremap.h"
#include "device.h"

/* As IDLE_AREAS in c/idle.c. */
#define KEPT	16

static struct vmremap_area *new_area(struct kunit *test, size_t size, unsigned int flags)
{
	struct vmremap_area *area = vmremap_area_alloc(size, flags);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, area);
	return area;
}

/* The cached area of @pages pages, or NULL; it is cached again afterwards. */
static struct vmremap_area *kept(unsigned long pages)
{
	struct vmremap_area *area = vmremap_idle_take(pages, 0);

	if (area) {
		refcount_set(&area->refs, 1);
		vmremap_area_put(area);
	}
	return area;
}

static struct folio *first_folio(const struct vmremap_area *area)
{
	return list_first_entry(&area->folios, struct folio, lru);
}

static const struct idle_case {
	const char *name;
	size_t size;
	unsigned int flags;
} cases[] = {
	{ "1 byte", 1, 0 },
	{ "a page, with flags", PAGE_SIZE, VMREMAP_FLAGS & ~(VMREMAP_ACCOUNT | VMREMAP_DMA32) },
	{ "3 pages, less a byte", SZ_4K * 3 - 1, VMREMAP_RDONLY },
	{ "64 KiB", SZ_64K, VMREMAP_REVOCABLE },
};

KUNIT_ARRAY_PARAM_DESC(idle, cases, name);

/* ZeroedBeforeShare, RightPage, AreaOutlives: a reused area has only the address of the last. */
static void as_a_new_one(struct kunit *test)
{
	const struct idle_case *c = test->param_value;
	size_t whole = PAGE_ALIGN(c->size), size = whole - PAGE_SIZE + 1;
	struct vmremap_area *area = new_area(test, c->size, c->flags), *next;
	void *addr = area->addr;
	struct folio *folio;

	memset(addr, 0xa5, whole);
	atomic64_set(&file_inode(area->file)->i_sequence, 5);
	list_for_each_entry(folio, &area->folios, lru)
		folio_set_referenced(folio);
	if (c->flags & VMREMAP_REVOCABLE) {
		KUNIT_EXPECT_EQ(test, 0, vmremap_area_freeze(area));
		KUNIT_EXPECT_EQ(test, 0, vmremap_area_revoke(area));
	}
	vmremap_area_put(area);

	next = new_area(test, size, VMREMAP_DONTCOPY | VMREMAP_REVOCABLE);
	KUNIT_ASSERT_PTR_EQ(test, next, area);
	KUNIT_EXPECT_PTR_EQ(test, next->addr, addr);
	KUNIT_EXPECT_NULL(test, memchr_inv(addr, 0, whole));
	KUNIT_EXPECT_EQ(test, vmremap_area_size(next), size);
	KUNIT_EXPECT_EQ(test, next->flags, VMREMAP_DONTCOPY | VMREMAP_REVOCABLE);
	KUNIT_EXPECT_EQ(test, next->state, VMREMAP_OPEN);
	KUNIT_EXPECT_EQ(test, refcount_read(&next->refs), 1);
	KUNIT_EXPECT_EQ(test, atomic64_read(&file_inode(next->file)->i_sequence), 0);
	list_for_each_entry(folio, &next->folios, lru) {
		KUNIT_EXPECT_TRUE(test, folio_test_dirty(folio));
		KUNIT_EXPECT_FALSE(test, folio_test_referenced(folio));
	}
	KUNIT_EXPECT_EQ(test, 0, vmremap_area_freeze(next));
	vmremap_area_thaw(next);
	vmremap_area_put(next);
}

/* AnyThread: no lookup returns a cached area. */
static void is_not_found(struct kunit *test)
{
	struct vmremap_area *area = new_area(test, 1, 0);
	unsigned long start = (unsigned long)area->addr;

	vmremap_area_put(area);
	KUNIT_EXPECT_PTR_EQ(test, vmremap_index_get(start), ERR_PTR(-ENOENT));
	KUNIT_EXPECT_PTR_EQ(test, kept(1), area);
	KUNIT_EXPECT_PTR_EQ(test, vmremap_index_get(start), ERR_PTR(-ENOENT));

	area = new_area(test, 1, 0);
	KUNIT_EXPECT_PTR_EQ(test, vmremap_index_get(start), area);
	vmremap_area_put(area);
	vmremap_area_put(area);
}

/* AreaOutlives, PagesOutlive: an area is not cached while anybody refers to a part of it. */
static void in_use(struct kunit *test)
{
	struct vmremap_area *area = new_area(test, 1, 0);
	struct file *file = get_file(area->file);
	struct dentry *dentry;
	struct inode *inode;
	struct folio *folio;

	/* A reference on the file, as a VMA holds one. */
	vmremap_area_put(area);
	KUNIT_EXPECT_NULL(test, kept(1));
	fput(file);
	flush_delayed_fput();
	KUNIT_EXPECT_NULL(test, kept(1));

	/* A reference on the dentry, as an open path holds one. */
	area = new_area(test, 1, 0);
	dentry = dget(area->file->f_path.dentry);
	vmremap_area_put(area);
	KUNIT_EXPECT_NULL(test, kept(1));
	dput(dentry);

	/* A reference on the inode, as an inotify mark holds one. */
	area = new_area(test, 1, 0);
	inode = file_inode(area->file);
	ihold(inode);
	vmremap_area_put(area);
	KUNIT_EXPECT_NULL(test, kept(1));
	iput(inode);

	/* A reference on a folio, as a pin holds one. */
	area = new_area(test, 1, 0);
	folio = first_folio(area);
	folio_get(folio);
	vmremap_area_put(area);
	KUNIT_EXPECT_NULL(test, kept(1));
	flush_delayed_fput();
	KUNIT_EXPECT_EQ(test, folio_ref_count(folio), 1);
	folio_put(folio);

	area = new_area(test, 1, 0);
	vmremap_area_put(area);
	KUNIT_EXPECT_PTR_EQ(test, kept(1), area);
}

/* AreaOutlives: an area is not cached while it is mapped. */
static void still_mapped(struct kunit *test)
{
	struct test_device *dev = device_new(test);
	struct vmremap_area *area;
	unsigned long uaddr, value;

	area = area_of_blocks(test, PAGE_SIZE, 0, 0);
	dev->area = area;
	device_open(test, dev);
	uaddr = device_map(test, dev, PAGE_SIZE, 0);
	KUNIT_EXPECT_EQ(test, 0, poke(uaddr, 7));
	dev->area = NULL;
	vmremap_area_put(area);
	KUNIT_EXPECT_NULL(test, kept(1));
	KUNIT_EXPECT_EQ(test, 0, peek(uaddr, &value));
	KUNIT_EXPECT_EQ(test, value, 7);
	KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr, PAGE_SIZE));

	area = area_of_blocks(test, PAGE_SIZE, 0, 0);
	dev->area = area;
	uaddr = device_map(test, dev, PAGE_SIZE, 0);
	KUNIT_EXPECT_EQ(test, 0, poke(uaddr, 7));
	KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr, PAGE_SIZE));
	dev->area = NULL;
	vmremap_area_put(area);
	KUNIT_EXPECT_PTR_EQ(test, kept(1), area);
}

/* A cached area is reused only for the same number of pages; accounted areas are not cached. */
static void for_its_like(struct kunit *test)
{
	struct vmremap_area *area = new_area(test, 1, 0), *other;

	vmremap_area_put(area);
	other = new_area(test, PAGE_SIZE + 1, 0);
	KUNIT_EXPECT_PTR_NE(test, other, area);
	vmremap_area_put(other);
	other = new_area(test, 1, VMREMAP_ACCOUNT);
	KUNIT_EXPECT_PTR_NE(test, other, area);
	KUNIT_EXPECT_PTR_EQ(test, kept(1), area);

	vmremap_idle_end();
	vmremap_area_put(other);
	KUNIT_EXPECT_NULL(test, kept(1));
	other = new_area(test, SZ_64K + 1, 0);
	vmremap_area_put(other);
	KUNIT_EXPECT_NULL(test, kept(PFN_UP(SZ_64K + 1)));
}

/* The file has the credentials of its creator, so only those reuse the area. */
static void for_the_same_credentials(struct kunit *test)
{
	struct vmremap_area *area = new_area(test, 1, 0), *other;
	struct cred *cred = prepare_creds();
	const struct cred *old;

	KUNIT_ASSERT_NOT_NULL(test, cred);
	vmremap_area_put(area);
	old = override_creds(cred);
	KUNIT_EXPECT_NULL(test, kept(1));
	other = vmremap_area_alloc(1, 0);
	revert_creds(old);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, other);
	KUNIT_EXPECT_PTR_NE(test, other, area);
	KUNIT_EXPECT_PTR_EQ(test, other->file->f_cred, cred);
	vmremap_area_put(other);
	KUNIT_EXPECT_PTR_EQ(test, kept(1), area);
	put_cred(cred);
}

/* An area with a failed page is not reused. */
static void failed_memory(struct kunit *test)
{
#ifdef CONFIG_MEMORY_FAILURE
	struct vmremap_area *area = new_area(test, SZ_64K, 0);
	unsigned long pages = area->pages, page;

	vmremap_area_put(area);
	for (page = 0; page < pages; page++) {
		struct page *failed = vmalloc_to_page(area->addr + page * PAGE_SIZE);

		/* Like memory_failure() for a folio that is on no LRU. */
		SetPageHWPoison(failed);
		NODE_DATA(page_to_nid(failed))->mf_stats.total++;
		KUNIT_EXPECT_NULL(test, kept(pages));
		ClearPageHWPoison(failed);
		KUNIT_EXPECT_PTR_EQ(test, kept(pages), area);
		NODE_DATA(page_to_nid(failed))->mf_stats.total--;
	}
#else
	kunit_skip(test, "memory does not fail here");
#endif
}

/* The cache holds the last IDLE_AREAS areas, and none after vmremap_idle_end(). */
static void no_more_than_a_few(struct kunit *test)
{
	struct vmremap_area *areas[2 * KEPT];
	unsigned long before = free_pages_now();
	struct folio *folio;
	unsigned int i, n;

	for (n = 0; n < 8; n++) {
		for (i = 0; i < ARRAY_SIZE(areas); i++)
			areas[i] = new_area(test, SZ_64K, 0);
		for (i = 0; i < ARRAY_SIZE(areas); i++)
			vmremap_area_put(areas[i]);
		flush_delayed_fput();
	}
	folio = first_folio(areas[ARRAY_SIZE(areas) - 1]);
	for (i = 0; i < ARRAY_SIZE(areas); i++) {
		areas[i] = vmremap_idle_take(PFN_UP(SZ_64K), 0);
		if (!areas[i])
			break;
		refcount_set(&areas[i]->refs, 1);
	}
	KUNIT_EXPECT_EQ(test, i, KEPT);
	for (n = 0; n < i && first_folio(areas[n]) != folio; n++)
		;
	KUNIT_EXPECT_LT(test, n, i);
	while (i--)
		vmremap_area_put(areas[i]);

	folio_get(folio);
	vmremap_idle_end();
	KUNIT_EXPECT_NULL(test, kept(PFN_UP(SZ_64K)));
	/* Only the reference of this test is left. */
	KUNIT_EXPECT_EQ(test, folio_ref_count(folio), 1);
	folio_put(folio);
	expect_free_pages(test, before);
}

/* Allocating and putting one area again and again drops no other area from the cache. */
static void one_in_turn_keeps_the_others(struct kunit *test)
{
	struct vmremap_area *first = new_area(test, PAGE_SIZE, 0), *area;
	unsigned int i;

	vmremap_area_put(first);
	for (i = 0; i < 2 * KEPT; i++) {
		area = new_area(test, SZ_64K, 0);
		vmremap_area_put(area);
	}
	KUNIT_EXPECT_PTR_EQ(test, kept(1), first);
}

/* An area of another user namespace is not cached, because its file would keep that alive. */
static void made_in_a_user_namespace(struct kunit *test)
{
	struct vmremap_area *area = new_area(test, 1, 0);
	const struct cred *cred = area->file->f_cred;
	struct user_namespace other = {};
	struct cred of_other = { .user_ns = &other };

	area->file->f_cred = &of_other;
	KUNIT_EXPECT_PTR_EQ(test, vmremap_idle_keep(area), area);
	area->file->f_cred = cred;
	vmremap_area_put(area);
	KUNIT_EXPECT_PTR_EQ(test, kept(1), area);
}

struct putting {
	struct irq_work work;
	struct vmremap_area *areas[2];
	bool in_irq;
};

static void put_both(struct irq_work *work)
{
	struct putting *putting = container_of(work, struct putting, work);

	putting->in_irq = in_hardirq();
	vmremap_area_put(putting->areas[0]);
	vmremap_area_put(putting->areas[1]);
}

/* Memory below 4 GiB is rare: it is cached for areas that need it. */
static void below_4g_is_kept_for_itself(struct kunit *test)
{
	struct vmremap_area *low = new_area(test, 1, VMREMAP_DMA32), *other;

	vmremap_area_put(low);
	other = new_area(test, 1, 0);
	KUNIT_EXPECT_PTR_NE(test, other, low);
	vmremap_area_put(other);
	other = new_area(test, 1, VMREMAP_DMA32);
	KUNIT_EXPECT_PTR_EQ(test, other, low);
	vmremap_area_put(other);
}

/* An area that has a name is not cached: the next one must not have it. */
static void name_is_not_inherited(struct kunit *test)
{
	struct vmremap_area *area = new_area(test, 1, 0);

	KUNIT_EXPECT_EQ(test, vmremap_area_set_name(area, "name"), 0);
	vmremap_area_put(area);
	KUNIT_EXPECT_NULL(test, kept(1));

	area = new_area(test, 1, 0);
	KUNIT_EXPECT_EQ(test, vmremap_area_set_name(area, "name"), 0);
	KUNIT_EXPECT_EQ(test, vmremap_area_set_name(area, NULL), 0);
	vmremap_area_put(area);
	KUNIT_EXPECT_PTR_EQ(test, kept(1), area);
}

/* Nor is one whose driver has forgotten vmremap_area_off_revoke(): the next one is not its. */
static void notifier_is_not_inherited(struct kunit *test)
{
	struct notifier_block nb = {};
	struct vmremap_area *area = new_area(test, 1, VMREMAP_REVOCABLE);

	KUNIT_EXPECT_EQ(test, vmremap_area_on_revoke(area, &nb), 0);
	vmremap_area_put(area);
	KUNIT_EXPECT_NULL(test, kept(1));
}

/* AnyThread: the last put may be in an interrupt, of an area that is cached or freed. */
static void put_in_an_interrupt(struct kunit *test)
{
	struct putting putting = {
		.work = IRQ_WORK_INIT(put_both),
		.areas = { new_area(test, 1, 0), new_area(test, SZ_1M, 0) },
	};
	struct vmremap_area *cached = putting.areas[0];
	unsigned long addr = (unsigned long)putting.areas[1]->addr;

	KUNIT_ASSERT_TRUE(test, irq_work_queue(&putting.work));
	irq_work_sync(&putting.work);
	KUNIT_EXPECT_TRUE(test, putting.in_irq);
	KUNIT_EXPECT_PTR_EQ(test, kept(1), cached);
	KUNIT_EXPECT_TRUE(test, IS_ERR_OR_NULL(vmremap_index_get(addr)));
}

static int idle_init(struct kunit *test)
{
	vmremap_idle_end();
	return 0;
}

static struct kunit_case idle_cases[] = {
	KUNIT_CASE(below_4g_is_kept_for_itself),
	KUNIT_CASE(name_is_not_inherited),
	KUNIT_CASE(notifier_is_not_inherited),
	KUNIT_CASE_PARAM(as_a_new_one, idle_gen_params),
	KUNIT_CASE(is_not_found),
	KUNIT_CASE(in_use),
	KUNIT_CASE(still_mapped),
	KUNIT_CASE(for_its_like),
	KUNIT_CASE(for_the_same_credentials),
	KUNIT_CASE(one_in_turn_keeps_the_others),
	KUNIT_CASE(made_in_a_user_namespace),
	KUNIT_CASE(put_in_an_interrupt),
	KUNIT_CASE(failed_memory),
	KUNIT_CASE(no_more_than_a_few),
	{}
};

static struct kunit_suite idle_suite = {
	.name = "vmremap-idle",
	.init = idle_init,
	.test_cases = idle_cases,
};

kunit_test_suite(idle_suite);

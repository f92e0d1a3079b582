// SPDX-License-Identifier: GPL-2.0
/* VMAs with parts of areas; and vmremap_range() and vmremap_range_partial() on an area's memory. */
#include <kunit/test.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/mman.h>

#include "../c/area.h"
#include "../c/vma.h"
#include "../c/vmremap.h"
#include "device.h"
#include "failing.h"

/**
 * struct part - one call of vmremap_range_partial(), in pages
 * @area: index in parts.areas
 * @at: offset in the VMA
 * @start: offset in the area of the address to pass
 * @pgoff: offset to pass
 * @pages: size to pass
 * @err: expected return value
 */
struct part {
	unsigned int area;
	unsigned long at;
	unsigned long start;
	unsigned long pgoff;
	unsigned long pages;
	int err;
};

#define AREA_PAGES	40UL
#define VMA_PAGES	100UL

/**
 * struct parts - the calls that .mmap makes
 * @areas: the areas
 * @part: the calls
 * @nr: number of calls
 */
struct parts {
	struct vmremap_area *areas[2];
	const struct part *part;
	unsigned int nr;
};

/* Every second part ends within its last page. */
static unsigned long part_size(const struct part *part, unsigned int i)
{
	return part->pages * PAGE_SIZE - (part->pages && i & 1);
}

/* A driver that stops at the first failure. */
static int map_parts(struct test_device *dev, struct vm_area_struct *vma)
{
	const struct parts *parts = dev->data;
	unsigned int i;

	for (i = 0; i < parts->nr; i++) {
		const struct part *part = &parts->part[i];
		void *kaddr = parts->areas[part->area]->addr;
		int err;

		err = vmremap_range_partial(vma, vma->vm_start + part->at * PAGE_SIZE,
					    kaddr + part->start * PAGE_SIZE,
					    part->pgoff, part_size(part, i));
		if (err != part->err && err != -ENOMEM)
			return -EUCLEAN;
		if (err)
			return err;
	}
	return 0;
}

static struct test_device *device_with_parts(struct kunit *test, unsigned int flags)
{
	struct test_device *dev = device_new(test);
	struct parts *parts = kunit_kzalloc(test, sizeof(*parts), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, parts);
	for (i = 0; i < ARRAY_SIZE(parts->areas); i++) {
		parts->areas[i] = area_of_blocks(test, AREA_PAGES * PAGE_SIZE,
						 flags, VMREMAP_MAX_ORDER);
		put_at_end(test, parts->areas[i]);
	}
	dev->map = map_parts;
	dev->data = parts;
	device_open(test, dev);
	return dev;
}

static void expect_both_unused(struct kunit *test, const struct test_device *dev)
{
	const struct parts *parts = dev->data;

	expect_unused(test, parts->areas[0]);
	expect_unused(test, parts->areas[1]);
}

static long try(struct kunit *test, struct test_device *dev, const struct part *part,
		unsigned int nr)
{
	struct parts *parts = dev->data;

	parts->part = part;
	parts->nr = nr;
	return device_mmap(test, dev, VMA_PAGES * PAGE_SIZE,
			   PROT_READ | PROT_WRITE, MAP_SHARED, 1007);
}

/* Single pages, a whole area and a part of one, from both areas, with holes between them. */
static const struct part several[] = {
	{ 0, 2, 0, 0, 1 },
	{ 1, 3, 0, 0, AREA_PAGES },
	{ 0, 44, 1, 2, 30 },
	{ 1, VMA_PAGES - 1, 0, AREA_PAGES - 1, 1 },
};

static void expect_several(struct kunit *test, const struct parts *parts,
			   unsigned long uaddr)
{
	unsigned long page, value;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(several); i++) {
		const struct part *part = &several[i];

		expect_pages(test, parts->areas[part->area],
			     uaddr + part->at * PAGE_SIZE,
			     part->pages * PAGE_SIZE, part->start + part->pgoff);
	}
	for (page = 0; page < VMA_PAGES; page++) {
		bool there = false;

		for (i = 0; i < ARRAY_SIZE(several); i++)
			there |= page - several[i].at < several[i].pages;
		KUNIT_EXPECT_EQ_MSG(test, peek(uaddr + page * PAGE_SIZE, &value),
				    there ? 0 : -EFAULT, "page %lu", page);
	}
}

static void several_areas_in_a_vma(struct kunit *test)
{
	struct test_device *dev = device_with_parts(test, 0);
	long uaddr = try(test, dev, several, ARRAY_SIZE(several));
	struct parts *parts = dev->data;

	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(uaddr));
	/* No page is mapped before it is accessed, because a later part may be refused. */
	KUNIT_EXPECT_EQ(test, area_mapped(parts->areas[0]), 0);
	KUNIT_EXPECT_EQ(test, area_mapped(parts->areas[1]), 0);
	expect_several(test, dev->data, uaddr);
	KUNIT_EXPECT_EQ(test, area_mapped(parts->areas[0]), 1 + 30);
	KUNIT_EXPECT_EQ(test, area_mapped(parts->areas[1]), AREA_PAGES + 1);

	zap(uaddr);
	expect_several(test, dev->data, uaddr);

	KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr, VMA_PAGES * PAGE_SIZE));
	expect_both_unused(test, dev);
}

/*
 * Unmapping within a part leaves two VMAs; both keep their pages and the references. This
 * split is not the copy for a child that VMREMAP_DONTCOPY prevents.
 */
static void unmap_the_middle(struct kunit *test)
{
	struct test_device *dev = device_with_parts(test, VMREMAP_DONTCOPY);
	struct parts *parts = dev->data;
	long uaddr = try(test, dev, several, ARRAY_SIZE(several));

	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(uaddr));
	KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr + 10 * PAGE_SIZE, 4 * PAGE_SIZE));
	expect_pages(test, parts->areas[1], uaddr + 3 * PAGE_SIZE,
		     7 * PAGE_SIZE, 0);
	zap(uaddr + 14 * PAGE_SIZE);
	expect_pages(test, parts->areas[1], uaddr + 14 * PAGE_SIZE,
		     29 * PAGE_SIZE, 11);
	KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr, 20 * PAGE_SIZE));
	expect_pages(test, parts->areas[1], uaddr + 20 * PAGE_SIZE,
		     23 * PAGE_SIZE, 17);
	KUNIT_EXPECT_TRUE(test, vmremap_area_is_mapped(parts->areas[1]));
	KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr, VMA_PAGES * PAGE_SIZE));
	expect_both_unused(test, dev);
}

static const struct refusal_case {
	const char *name;
	struct part part[3];
} refusals[] = {
	{ "the same place again", { { 0, 4, 0, 0, 4 }, { 1, 4, 0, 0, 4, -EBUSY } } },
	{ "overlaps the end", { { 0, 4, 0, 0, 4 }, { 1, 7, 0, 0, 4, -EBUSY } } },
	{ "overlaps the start", { { 0, 4, 0, 0, 4 }, { 1, 1, 0, 0, 4, -EBUSY } } },
	{ "lies inside", { { 0, 4, 0, 0, 4 }, { 1, 5, 0, 0, 1, -EBUSY } } },
	{ "covers", { { 0, 4, 0, 0, 4 }, { 1, 0, 0, 0, 20, -EBUSY } } },
	{ "overlaps the second",
	  { { 0, 4, 0, 0, 1 }, { 0, 40, 0, 0, 32 }, { 1, 40, 0, 0, 32, -EBUSY } } },
	{ "leaves the area", { { 0, 0, 0, 0, 4 }, { 1, 4, 0, 0, 41, -EINVAL } } },
	{ "leaves the area by offset",
	  { { 0, 0, 0, 0, 4 }, { 1, 4, 0, 39, 2, -EINVAL } } },
	{ "leaves the area from its middle",
	  { { 0, 0, 0, 0, 4 }, { 1, 4, 20, 0, 40, -EINVAL } } },
	{ "starts behind the area",
	  { { 0, 0, 0, 0, 4 }, { 1, 4, 39, 1, 1, -EINVAL } } },
	{ "leaves the VMA", { { 0, 0, 0, 0, 4 }, { 1, 99, 0, 0, 2, -ERANGE } } },
	{ "no size", { { 0, 0, 0, 0, 4 }, { 1, 4, 0, 0, 0, -ENODATA } } },
	{ "leaves the VMA and the area",
	  { { 0, 0, 0, 0, 4 }, { 1, 90, 0, 0, 41, -ERANGE } } },
	{ "leaves the area and overlaps",
	  { { 0, 4, 0, 0, 4 }, { 1, 4, 0, 0, 41, -EINVAL } } },
};

KUNIT_ARRAY_PARAM_DESC(refusal, refusals, name);

/* After a refusal no earlier part keeps a reference. */
static void refusal_takes_all_back(struct kunit *test)
{
	const struct refusal_case *c = test->param_value;
	struct test_device *dev = device_with_parts(test, 0);
	unsigned int last = c->part[1].err ? 1 : 2;

	KUNIT_EXPECT_EQ(test, try(test, dev, c->part, last + 1), c->part[last].err);
	expect_both_unused(test, dev);
}

static int map_parts_and_fail(struct test_device *dev, struct vm_area_struct *vma)
{
	return map_parts(dev, vma) ?: -EUCLEAN;
}

/* Nor if the callback fails in the end, as kernfs has it do: the kernel calls no .close then. */
static void callback_fails_in_the_end(struct kunit *test)
{
	struct test_device *dev = device_with_parts(test, 0);

	dev->map = map_parts_and_fail;
	KUNIT_EXPECT_EQ(test, try(test, dev, several, ARRAY_SIZE(several)), -EUCLEAN);
	expect_both_unused(test, dev);
}

static void change_file(struct test_device *dev, struct vm_area_struct *vma)
{
	vma_set_file(vma, dev->file);
}

static void make_pfn_map(struct test_device *dev, struct vm_area_struct *vma)
{
	vm_flags_set(vma, VM_PFNMAP);
}

/* What a driver must not do after it has mapped parts: if it does, nothing is mapped. */
static const struct misuse {
	const char *name;
	void (*change)(struct test_device *dev, struct vm_area_struct *vma);
} misuses[] = {
	{ "changes vm_file", change_file },
	{ "makes it a pfn map", make_pfn_map },
};

KUNIT_ARRAY_PARAM_DESC(misuse, misuses, name);

static const struct misuse *misuse;

static int map_parts_and_misuse(struct test_device *dev, struct vm_area_struct *vma)
{
	struct parts *parts = dev->data;
	int err = map_parts(dev, vma);

	if (err)
		return -EUCLEAN;
	misuse->change(dev, vma);
	if (vmremap_range_partial(vma, vma->vm_start + PAGE_SIZE, parts->areas[0]->addr, 0,
				  PAGE_SIZE) != -EBUSY)
		return -EUCLEAN;
	vma->vm_ops = &vmremap_pieces_vm_ops;
	return 0;
}

static void misused_vma_shows_nothing(struct kunit *test)
{
	static const struct part first[] = { { 0, 0, 0, 0, 1 } };
	struct test_device *dev = device_with_parts(test, 0);
	unsigned long value;
	long uaddr;

	misuse = test->param_value;
	dev->map = map_parts_and_misuse;
	kunit_warning_suppress(test) {
		uaddr = try(test, dev, first, ARRAY_SIZE(first));
		KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(uaddr));
		KUNIT_EXPECT_EQ(test, -EFAULT, peek(uaddr, &value));
	}
	KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr, VMA_PAGES * PAGE_SIZE));
	expect_both_unused(test, dev);
}

/* The files of all such mappings share one inode, whose times a write fault must not set. */
static void write_sets_no_times(struct kunit *test)
{
	static const struct part first[] = { { 0, 0, 0, 0, 1 } };
	struct test_device *dev = device_with_parts(test, 0);
	long uaddr = try(test, dev, first, ARRAY_SIZE(first));

	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(uaddr));
	KUNIT_EXPECT_TRUE(test, vma_at(uaddr)->vm_file->f_mode & FMODE_NOCMTIME);
}

static void beside_each_other(struct kunit *test)
{
	static const struct part parts[] = {
		{ 0, 4, 0, 0, 4 }, { 1, 8, 0, 0, 4 }, { 1, 0, 0, 0, 4 },
	};
	struct test_device *dev = device_with_parts(test, 0);
	long uaddr = try(test, dev, parts, ARRAY_SIZE(parts));

	KUNIT_EXPECT_FALSE(test, IS_ERR_VALUE(uaddr));
}

static void policy_of_each_area(struct kunit *test)
{
	struct test_device *dev = device_with_parts(test, VMREMAP_RDONLY);
	struct parts *parts = dev->data;
	static const struct part refused[] = { { 0, 0, 0, 0, 1, -EACCES } };
	long uaddr;

	KUNIT_EXPECT_EQ(test, try(test, dev, refused, 1), -EACCES);
	expect_both_unused(test, dev);

	parts->part = several;
	uaddr = device_mmap(test, dev, VMA_PAGES * PAGE_SIZE, PROT_READ,
			    MAP_SHARED, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(uaddr));
	KUNIT_EXPECT_FALSE(test, vma_at(uaddr)->vm_flags & VM_MAYWRITE);
}

/* A mapping has no pieces of an earlier one that had more. */
static void untouched_by_former_lists(struct kunit *test)
{
	static const struct part five[] = {
		{ 0, 0, 0, 0, 1 }, { 0, 2, 0, 0, 1 }, { 0, 4, 0, 0, 1 },
		{ 0, 6, 0, 0, 1 }, { 0, 8, 0, 0, 1 },
	};
	struct test_device *dev = device_with_parts(test, 0);
	unsigned int i;

	for (i = 0; i < 20; i++) {
		unsigned long value;
		long uaddr = try(test, dev, five, 5);

		KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(uaddr));
		KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr, VMA_PAGES * PAGE_SIZE));
		uaddr = try(test, dev, five, 4);
		KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(uaddr));
		KUNIT_EXPECT_EQ(test, 0, peek(uaddr + 6 * PAGE_SIZE, &value));
		KUNIT_EXPECT_EQ(test, -EFAULT, peek(uaddr + 8 * PAGE_SIZE, &value));
		KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr, VMA_PAGES * PAGE_SIZE));
	}
	expect_both_unused(test, dev);
}

#define MANY	300

/* Every second page. */
static int map_many(struct test_device *dev, struct vm_area_struct *vma)
{
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < MANY; i++)
		err = vmremap_range_partial(vma, vma->vm_start + 2 * i * PAGE_SIZE,
					    dev->area->addr, 0, PAGE_SIZE);
	return err;
}

/*
 * Enough pieces that a leaked list shows in the number of free pages. The first half of the
 * mappings fills the lists of the slab allocator, which keeps some memory.
 */
static void list_goes_with_the_mapping(struct kunit *test)
{
	const unsigned int half = 128;
	struct test_device *dev = device_with_area(test, HOOK_MMAP, PAGE_SIZE, 0);
	unsigned long before = 0, uaddr;
	unsigned int i;

	dev->map = map_many;
	for (i = 0; i < 2 * half; i++) {
		if (i == half)
			before = free_pages_now();
		uaddr = device_map(test, dev, 2 * MANY * PAGE_SIZE, 0);
		KUNIT_ASSERT_EQ(test, 0, vm_munmap(uaddr, 2 * MANY * PAGE_SIZE));
	}
	expect_unused(test, dev->area);
	expect_free_pages(test, before);
}

/* AllOrNothing: the failure of any allocation leaves nothing mapped and no reference. */
static void every_allocation_fails(struct kunit *test)
{
	struct test_device *dev;
	struct parts *parts;
	unsigned int nth, lost = 0;
	long uaddr;

	failing_init(test);
	dev = device_with_parts(test, VMREMAP_POPULATE);
	parts = dev->data;
	parts->part = several;
	parts->nr = ARRAY_SIZE(several);
	for (nth = 1; nth < FAILING_MAX; nth++) {
		failing_nth(nth);
		uaddr = vm_mmap(dev->file, 0, VMA_PAGES * PAGE_SIZE,
				PROT_READ | PROT_WRITE, MAP_SHARED, 0);
		if (!failing_end())
			break;
		if (IS_ERR_VALUE(uaddr)) {
			KUNIT_ASSERT_EQ_MSG(test, uaddr, -ENOMEM, "%u", nth);
			lost++;
		} else {
			KUNIT_ASSERT_EQ(test, 0, vm_munmap(uaddr, VMA_PAGES * PAGE_SIZE));
		}
		expect_both_unused(test, dev);
	}
	KUNIT_EXPECT_LT(test, nth, FAILING_MAX);
	KUNIT_EXPECT_GE(test, lost, ARRAY_SIZE(several));
	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(uaddr));
	expect_several(test, parts, uaddr);
	KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr, VMA_PAGES * PAGE_SIZE));
	expect_both_unused(test, dev);
	kunit_info(test, "%u allocations failed, %u mappings", nth - 1, lost);
}

static int map_whole(struct test_device *dev, struct vm_area_struct *vma)
{
	return vmremap_range(vma, dev->area->addr + PAGE_SIZE, 2);
}

/* vmremap_range() allows private writable mappings, which vmremap_area_mmap() refuses. */
static void private_copies(struct kunit *test)
{
	struct test_device *dev = device_with_area(test, HOOK_MMAP, 40 * PAGE_SIZE, 0);
	const size_t size = 37 * PAGE_SIZE;
	unsigned long uaddr, page, value;

	dev->map = map_whole;
	uaddr = device_mmap(test, dev, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(uaddr));
	expect_pages(test, dev->area, uaddr, size, 3);
	for (page = 0; page < 37; page++) {
		KUNIT_ASSERT_EQ(test, 0, poke(uaddr + page * PAGE_SIZE, page));
		KUNIT_ASSERT_EQ(test, 0, peek(uaddr + page * PAGE_SIZE, &value));
		KUNIT_ASSERT_EQ(test, value, page);
		KUNIT_ASSERT_EQ(test, ~(page + 3),
				*area_word(dev->area, (page + 3) * PAGE_SIZE));
	}
	KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr, size));
	expect_unused(test, dev->area);

	/* Now without a read before the write. */
	uaddr = device_mmap(test, dev, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(uaddr));
	for (page = 0; page < 37; page++)
		KUNIT_ASSERT_EQ(test, 0, poke(uaddr + page * PAGE_SIZE, page));
	KUNIT_EXPECT_EQ(test, ~3UL, *area_word(dev->area, 3 * PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr, size));
	expect_unused(test, dev->area);
}

static void private_copies_of_parts(struct kunit *test)
{
	struct test_device *dev = device_with_parts(test, 0);
	struct parts *parts = dev->data;
	unsigned long uaddr, value;

	parts->part = several;
	parts->nr = ARRAY_SIZE(several);
	uaddr = device_mmap(test, dev, VMA_PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(uaddr));
	expect_several(test, parts, uaddr);
	KUNIT_EXPECT_EQ(test, 0, poke(uaddr + 3 * PAGE_SIZE, 5));
	KUNIT_EXPECT_EQ(test, ~0UL, *area_word(parts->areas[1], 0));

	/* The same on a page that is not mapped yet. */
	zap(uaddr);
	KUNIT_EXPECT_EQ(test, 0, poke(uaddr + 4 * PAGE_SIZE, 6));
	KUNIT_EXPECT_EQ(test, 0, peek(uaddr + 4 * PAGE_SIZE, &value));
	KUNIT_EXPECT_EQ(test, value, 6);
	KUNIT_EXPECT_EQ(test, ~1UL, *area_word(parts->areas[1], PAGE_SIZE));
}

/* The size does not end at a page, but takes all pages of the VMA. */
static int map_all_pages(struct test_device *dev, struct vm_area_struct *vma)
{
	return vmremap_range_partial(vma, vma->vm_start, dev->area->addr + PAGE_SIZE, 2,
				     vma->vm_end - vma->vm_start - PAGE_SIZE + 1);
}

/* A part that is the whole VMA is mapped without a list, so that PMDs can map it. */
static void whole_vma_on_an_area(struct kunit *test)
{
	static int (* const maps[])(struct test_device *dev, struct vm_area_struct *vma) = {
		map_whole, map_all_pages,
	};
	struct test_device *dev = device_with_area(test, HOOK_MMAP, 40 * PAGE_SIZE, 0);
	unsigned long uaddr;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(maps); i++) {
		dev->map = maps[i];
		uaddr = device_map(test, dev, 37 * PAGE_SIZE, 0);
		KUNIT_EXPECT_PTR_EQ(test, vma_at(uaddr)->vm_ops, &vmremap_area_vm_ops);
		expect_pages(test, dev->area, uaddr, 37 * PAGE_SIZE, 3);
		KUNIT_EXPECT_EQ(test, -EINVAL,
				device_mmap(test, dev, 38 * PAGE_SIZE, PROT_READ, MAP_SHARED, 0));
		KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr, 37 * PAGE_SIZE));
		expect_unused(test, dev->area);
	}
}

/* A fault on a part needs only the lock of the VMA, so that it does not wait for mmap(2). */
static void faults_without_the_mmap_lock(struct kunit *test)
{
#ifdef CONFIG_PER_VMA_LOCK
	struct test_device *dev = device_with_parts(test, 0);
	const struct parts *parts = dev->data;
	long uaddr = try(test, dev, several, ARRAY_SIZE(several));
	struct vm_area_struct *vma = vma_at(uaddr);
	bool locked;
	vm_fault_t ret;

	KUNIT_ASSERT_NOT_NULL(test, vma);
	uaddr += several[0].at * PAGE_SIZE;
	mmap_read_lock(vma->vm_mm);
	locked = vma_start_read_locked(vma);
	mmap_read_unlock(vma->vm_mm);
	KUNIT_ASSERT_TRUE(test, locked);
	ret = handle_mm_fault(vma, uaddr, FAULT_FLAG_DEFAULT | FAULT_FLAG_USER |
			      FAULT_FLAG_VMA_LOCK, NULL);
	if (!(ret & (VM_FAULT_RETRY | VM_FAULT_COMPLETED)))
		vma_end_read(vma);
	KUNIT_EXPECT_EQ(test, bits(ret & (VM_FAULT_RETRY | VM_FAULT_ERROR)), 0);
	KUNIT_EXPECT_EQ(test, area_mapped(parts->areas[0]), 1);
#else
	kunit_skip(test, "the kernel locks no single VMA");
#endif
}

/*
 * __do_fault() allocates a page table, and so does whoever inserts the page. If one of them gets
 * none, the fault fails. Otherwise a system call that accesses the page would fault for ever, and
 * could not be killed.
 */
static void no_page_table(struct kunit *test)
{
	static const struct part part = { 0, 0, 0, 0, 1 };
	struct test_device *dev = device_with_parts(test, 0);
	const struct parts *parts = dev->data;
	unsigned int nth, lost = 0;
	bool failed = true;

	failing_init(test);
	for (nth = 1; failed && nth < FAILING_MAX; nth++) {
		unsigned long uaddr = try(test, dev, &part, 1);
		struct vm_area_struct *vma = vma_at(uaddr);
		vm_fault_t ret;
		long mapped;

		KUNIT_ASSERT_NOT_NULL(test, vma);
		mmap_read_lock(current->mm);
		failing_nth(nth);
		ret = handle_mm_fault(vma, uaddr, FAULT_FLAG_DEFAULT, NULL);
		failed = failing_end();
		if (!(ret & (VM_FAULT_RETRY | VM_FAULT_COMPLETED)))
			mmap_read_unlock(current->mm);
		mapped = area_mapped(parts->areas[0]);
		/* Not each allocation is of a page table. */
		KUNIT_EXPECT_EQ_MSG(test, mapped, !(ret & VM_FAULT_OOM), "allocation %u", nth);
		lost += !mapped;
		KUNIT_ASSERT_EQ(test, 0, vm_munmap(uaddr, VMA_PAGES * PAGE_SIZE));
	}
	KUNIT_EXPECT_FALSE(test, failed);
	KUNIT_EXPECT_GE(test, lost, 2);
}

static struct kunit_case partial_cases[] = {
	KUNIT_CASE(several_areas_in_a_vma),
	KUNIT_CASE(unmap_the_middle),
	KUNIT_CASE_PARAM(refusal_takes_all_back, refusal_gen_params),
	KUNIT_CASE(callback_fails_in_the_end),
	KUNIT_CASE_PARAM(misused_vma_shows_nothing, misuse_gen_params),
	KUNIT_CASE(write_sets_no_times),
	KUNIT_CASE(beside_each_other),
	KUNIT_CASE(policy_of_each_area),
	KUNIT_CASE(untouched_by_former_lists),
	KUNIT_CASE(list_goes_with_the_mapping),
	KUNIT_CASE(every_allocation_fails),
	KUNIT_CASE(no_page_table),
	KUNIT_CASE(private_copies),
	KUNIT_CASE(private_copies_of_parts),
	KUNIT_CASE(whole_vma_on_an_area),
	KUNIT_CASE(faults_without_the_mmap_lock),
	{}
};

static struct kunit_suite partial_suite = {
	.name = "vmremap-partial",
	.test_cases = partial_cases,
};

kunit_test_suite(partial_suite);

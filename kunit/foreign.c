// SPDX-License-Identifier: GPL-2.0
/* vmremap_range() and vmremap_range_partial() on plain vmalloc memory. */
#include <kunit/test.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "../c/area.h"
#include "../c/vmremap.h"
#include "device.h"
#include "failing.h"

/**
 * struct test_range - what the callback maps
 * @memory: from vmalloc_user(), numbered by page
 * @pages: size of @memory
 * @kaddr: address to pass
 * @pgoff: offset to pass
 * @offset: for vmremap_range_partial(): offset in the VMA
 * @size: for vmremap_range_partial(): bytes to map; 0 calls vmremap_range()
 */
struct test_range {
	void *memory;
	unsigned long pages;
	void *kaddr;
	unsigned long pgoff;
	unsigned long offset;
	unsigned long size;
};

static int map_range(struct test_device *dev, struct vm_area_struct *vma)
{
	struct test_range *range = dev->data;

	if (!range->size)
		return vmremap_range(vma, range->kaddr, range->pgoff);
	return vmremap_range_partial(vma, vma->vm_start + range->offset,
				     range->kaddr, range->pgoff, range->size);
}

static void free_memory(void *memory)
{
	vfree(memory);
}

static struct test_device *device_with_range(struct kunit *test, unsigned long pages)
{
	struct test_device *dev = device_new(test);
	struct test_range *range = kunit_kzalloc(test, sizeof(*range), GFP_KERNEL);
	unsigned long page;

	KUNIT_ASSERT_NOT_NULL(test, range);
	range->pages = pages;
	range->memory = vmalloc_user(pages * PAGE_SIZE);
	KUNIT_ASSERT_NOT_NULL(test, range->memory);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, free_memory,
							   range->memory));
	for (page = 0; page < pages; page++)
		*(unsigned long *)(range->memory + page * PAGE_SIZE) = page;
	range->kaddr = range->memory;
	dev->map = map_range;
	dev->data = range;
	device_open(test, dev);
	return dev;
}

/* Map @pages pages of @dev. Return: as mmap(2). */
static long try(struct kunit *test, struct test_device *dev, unsigned long pages)
{
	return device_mmap(test, dev, pages * PAGE_SIZE, PROT_READ | PROT_WRITE,
			   MAP_SHARED, 0);
}

/* Expect that no page is mapped, and that only the vmalloc area holds references. */
static void expect_unmapped(struct kunit *test, const struct test_range *range)
{
	unsigned long page;

	for (page = 0; page < range->pages; page++) {
		struct page *p = vmalloc_to_page(range->memory + page * PAGE_SIZE);

		KUNIT_ASSERT_EQ(test, folio_mapcount(page_folio(p)), 0);
		KUNIT_ASSERT_EQ(test, page_ref_count(p), 1);
	}
}

static void whole(struct kunit *test)
{
	struct test_device *dev = device_with_range(test, 5);
	struct test_range *range = dev->data;
	unsigned long uaddr, value, page;

	for (range->pgoff = 0; range->pgoff < 5; range->pgoff++) {
		unsigned long len = (5 - range->pgoff) * PAGE_SIZE;

		uaddr = device_map(test, dev, len, 0);
		for (page = 0; page < 5 - range->pgoff; page++) {
			KUNIT_ASSERT_EQ(test, 0, peek(uaddr + page * PAGE_SIZE, &value));
			KUNIT_EXPECT_EQ(test, value, page + range->pgoff);
		}
		KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr, len));
	}
	expect_unmapped(test, range);
}

static int map_without_vm_ops(struct test_device *dev, struct vm_area_struct *vma)
{
	vma->vm_ops = NULL;
	return map_range(dev, vma);
}

static void not_anonymous(struct kunit *test)
{
	struct test_device *dev = device_with_range(test, 1);
	unsigned long uaddr, value;

	dev->map = map_without_vm_ops;
	uaddr = device_map(test, dev, PAGE_SIZE, 0);
	KUNIT_EXPECT_FALSE(test, vma_is_anonymous(vma_at(uaddr)));
	KUNIT_EXPECT_EQ(test, 0, peek(uaddr, &value));
	KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr, PAGE_SIZE));
}

/* Every start, offset and size in and around an area of four pages. */
static void never_beyond_the_area(struct kunit *test)
{
	struct test_device *dev = device_with_range(test, 4);
	struct test_range *range = dev->data;
	unsigned long start, pages;

	for (start = 0; start < 4; start++) {
		for (range->pgoff = 0; range->pgoff < 7; range->pgoff++) {
			for (pages = 1; pages < 7; pages++) {
				bool fits = start + range->pgoff + pages <= 4;
				unsigned long value;
				long uaddr;

				range->kaddr = range->memory + start * PAGE_SIZE;
				/* The size that does not end at a page still takes all pages. */
				range->size = pages & 1 ? pages * PAGE_SIZE - 1 : 0;
				uaddr = try(test, dev, pages);
				if (!fits) {
					KUNIT_ASSERT_EQ_MSG(test, uaddr, -EINVAL,
							    "%lu + %lu, %lu pages",
							    start, range->pgoff, pages);
					continue;
				}
				KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(uaddr));
				KUNIT_ASSERT_EQ(test, 0, peek(uaddr, &value));
				KUNIT_ASSERT_EQ(test, value, start + range->pgoff);
				KUNIT_ASSERT_EQ(test, 0, vm_munmap(uaddr, pages * PAGE_SIZE));
			}
		}
	}
	expect_unmapped(test, range);
}

static void not_for_userspace(struct kunit *test)
{
	struct test_device *dev = device_with_range(test, 1);
	struct test_range *range = dev->data;
	void *memory = vzalloc(4 * PAGE_SIZE);

	KUNIT_ASSERT_NOT_NULL(test, memory);
	range->kaddr = memory;
	KUNIT_EXPECT_EQ(test, try(test, dev, 4), -EPERM);
	KUNIT_EXPECT_EQ(test, try(test, dev, 1), -EPERM);
	/* Both clauses fail: the one about the area's end comes first. */
	KUNIT_EXPECT_EQ(test, try(test, dev, 5), -EINVAL);
	vfree(memory);
	range->kaddr = memory;
	KUNIT_EXPECT_EQ(test, try(test, dev, 1), -EFAULT);
}

/* AreaShareable: memory of dma_alloc_coherent() that is mapped in vmalloc space may be mapped. */
static void coherent_memory(struct kunit *test)
{
	struct test_device *dev = device_with_range(test, 1);
	struct test_range *range = dev->data;
	struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	unsigned long uaddr, value;

	KUNIT_ASSERT_NOT_NULL(test, page);
	range->kaddr = vmap(&page, 1, VM_DMA_COHERENT, PAGE_KERNEL);
	KUNIT_EXPECT_NOT_NULL(test, range->kaddr);
	uaddr = try(test, dev, 1);
	KUNIT_EXPECT_FALSE(test, IS_ERR_VALUE(uaddr));
	KUNIT_EXPECT_EQ(test, 0, peek(uaddr, &value));
	KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr, PAGE_SIZE));
	vunmap(range->kaddr);
	__free_page(page);
}

/* The area may be mapped, but its second page is slab memory, which cannot. */
static void page_of_a_slab(struct kunit *test)
{
	struct test_device *dev = device_with_range(test, 1);
	struct test_range *range = dev->data;
	struct page *pages[] = {
		alloc_page(GFP_KERNEL),
		virt_to_page(kunit_kzalloc(test, 64, GFP_KERNEL)),
	};

	KUNIT_ASSERT_NOT_NULL(test, pages[0]);
	range->kaddr = vmap(pages, 2, VM_DMA_COHERENT, PAGE_KERNEL);
	KUNIT_EXPECT_NOT_NULL(test, range->kaddr);
	range->size = 2 * PAGE_SIZE - 1;
	KUNIT_EXPECT_EQ(test, try(test, dev, 2), -EPERM);
	vunmap(range->kaddr);
	KUNIT_EXPECT_EQ(test, page_ref_count(pages[0]), 1);
	__free_page(pages[0]);
}

static void in_no_area(struct kunit *test)
{
	struct test_device *dev = device_with_range(test, 1);
	struct test_range *range = dev->data;
	void *addrs[] = {
		NULL,
		(void *)PAGE_SIZE,
		(void *)PAGE_ALIGN_DOWN((unsigned long)dev),
		(void *)PAGE_ALIGN_DOWN((unsigned long)in_no_area),
		(void *)(VMALLOC_START - PAGE_SIZE),
		(void *)PAGE_ALIGN(VMALLOC_END),
		(void *)PAGE_ALIGN_DOWN(VMALLOC_START / 2 + VMALLOC_END / 2),
		(void *)(ULONG_MAX - 4 * PAGE_SIZE + 1),
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(addrs); i++) {
		range->kaddr = addrs[i];
		KUNIT_EXPECT_EQ_MSG(test, try(test, dev, 1), -EFAULT, "address %u", i);
	}
}

static void request_is_checked_first(struct kunit *test)
{
	struct test_device *dev = device_with_range(test, 1);
	struct test_range *range = dev->data;

	range->kaddr = range->memory + 1;
	KUNIT_EXPECT_EQ(test, try(test, dev, 1), -EADDRNOTAVAIL);
	range->kaddr = range->memory;
	range->pgoff = ULONG_MAX;
	KUNIT_EXPECT_EQ(test, try(test, dev, 1), -EOVERFLOW);
	range->pgoff = 0;
	range->size = 2 * PAGE_SIZE;
	KUNIT_EXPECT_EQ(test, try(test, dev, 1), -ERANGE);
	range->size = PAGE_SIZE;
	range->offset = PAGE_SIZE;
	KUNIT_EXPECT_EQ(test, try(test, dev, 1), -ERANGE);
	range->offset = -PAGE_SIZE;
	KUNIT_EXPECT_EQ(test, try(test, dev, 1), -ERANGE);
	range->offset = 1;
	KUNIT_EXPECT_EQ(test, try(test, dev, 1), -EADDRNOTAVAIL);
	range->offset = 0;
	KUNIT_EXPECT_FALSE(test, IS_ERR_VALUE(try(test, dev, 1)));
}

static void a_part(struct kunit *test)
{
	struct test_device *dev = device_with_range(test, 4);
	struct test_range *range = dev->data;
	unsigned long value;
	long uaddr;

	range->pgoff = 1;
	range->offset = 2 * PAGE_SIZE;
	range->size = 2 * PAGE_SIZE - 1;
	uaddr = try(test, dev, 6);
	if (IS_MODULE(CONFIG_VMREMAP)) {
		KUNIT_EXPECT_EQ(test, uaddr, -EOPNOTSUPP);
		return;
	}
	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(uaddr));
	KUNIT_EXPECT_EQ(test, -EFAULT, peek(uaddr + PAGE_SIZE, &value));
	KUNIT_EXPECT_EQ(test, 0, peek(uaddr + 2 * PAGE_SIZE, &value));
	KUNIT_EXPECT_EQ(test, value, 1);
	KUNIT_EXPECT_EQ(test, 0, peek(uaddr + 3 * PAGE_SIZE, &value));
	KUNIT_EXPECT_EQ(test, value, 2);
	KUNIT_EXPECT_EQ(test, -EFAULT, peek(uaddr + 4 * PAGE_SIZE, &value));
	KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr, 6 * PAGE_SIZE));
	expect_unmapped(test, range);
}

static int map_parts_without_vm_ops(struct test_device *dev, struct vm_area_struct *vma)
{
	struct test_range *range = dev->data;

	vma->vm_ops = NULL;
	return vmremap_range_partial(vma, vma->vm_start, range->kaddr, 0, PAGE_SIZE) ?:
	       vmremap_range_partial(vma, vma->vm_start + PAGE_SIZE, range->kaddr, 1, PAGE_SIZE);
}

static void parts_are_not_anonymous(struct kunit *test)
{
	struct test_device *dev = device_with_range(test, 2);
	unsigned long value;
	long uaddr;

	dev->map = map_parts_without_vm_ops;
	uaddr = try(test, dev, 2);
	if (IS_MODULE(CONFIG_VMREMAP)) {
		KUNIT_EXPECT_EQ(test, uaddr, -EOPNOTSUPP);
		return;
	}
	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(uaddr));
	KUNIT_EXPECT_FALSE(test, vma_is_anonymous(vma_at(uaddr)));
	KUNIT_EXPECT_EQ(test, 0, peek(uaddr + PAGE_SIZE, &value));
	KUNIT_EXPECT_EQ(test, value, 1);
	KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr, 2 * PAGE_SIZE));
	expect_unmapped(test, dev->data);
}

/*
 * AllOrNothing: a failure leaves nothing mapped. The range takes three page tables, so that some
 * pages are mapped already when there is no memory for the next table.
 */
static void every_allocation_fails(struct kunit *test)
{
	struct test_device *dev;
	struct test_range *range;
	unsigned int nth, lost = 0;
	size_t size;
	long uaddr;

	failing_init(test);
	dev = device_with_range(test, 1100);
	range = dev->data;
	size = range->pages * PAGE_SIZE;
	range->size = size - 1;

	for (nth = 1; nth < FAILING_MAX; nth++) {
		failing_nth(nth);
		uaddr = vm_mmap(dev->file, 0, size, PROT_READ | PROT_WRITE,
				MAP_SHARED, 0);
		if (!failing_end())
			break;
		if (IS_ERR_VALUE(uaddr)) {
			KUNIT_ASSERT_EQ_MSG(test, uaddr, -ENOMEM, "%u", nth);
			lost++;
		} else {
			KUNIT_ASSERT_EQ(test, 0, vm_munmap(uaddr, size));
		}
		expect_unmapped(test, range);
	}
	KUNIT_EXPECT_LT(test, nth, FAILING_MAX);
	KUNIT_EXPECT_GE(test, lost, 3);
	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(uaddr));
	KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr, size));
	expect_unmapped(test, range);
	kunit_info(test, "%u allocations failed, %u mappings", nth - 1, lost);
}

static struct kunit_case foreign_cases[] = {
	KUNIT_CASE(whole),
	KUNIT_CASE(not_anonymous),
	KUNIT_CASE(never_beyond_the_area),
	KUNIT_CASE(not_for_userspace),
	KUNIT_CASE(coherent_memory),
	KUNIT_CASE(page_of_a_slab),
	KUNIT_CASE(in_no_area),
	KUNIT_CASE(request_is_checked_first),
	KUNIT_CASE(a_part),
	KUNIT_CASE(parts_are_not_anonymous),
	KUNIT_CASE(every_allocation_fails),
	{}
};

static struct kunit_suite foreign_suite = {
	.name = "vmremap-foreign",
	.test_cases = foreign_cases,
};

kunit_test_suite(foreign_suite);

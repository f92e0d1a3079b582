// SPDX-License-Identifier: GPL-2.0
/* A whole VMA on one area, mapped by each of the hooks. */
#include <kunit/test-bug.h>
#include <kunit/test.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/pagemap.h>
#include <linux/personality.h>
#include <linux/vmalloc.h>

#include "../c/area.h"
#include "../c/span.h"
#include "../c/vmremap.h"
#include "device.h"
#include "failing.h"
#include "hooks.h"

static enum hook hook_of(struct kunit *test)
{
	const struct hook_case *c = test->param_value;

	return c->hook;
}

/* Areas of one folio, of one that is not used to its end, and of several. */
static void both_sides_see_the_same(struct kunit *test)
{
	static const unsigned int pages[] = { 1, 3, 16, 31, 64, 513, 1100 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pages); i++) {
		size_t size = pages[i] * PAGE_SIZE;
		struct test_device *dev = device_with_area(test, hook_of(test), size - 1, 0);
		unsigned long uaddr = device_map(test, dev, size, 0), page;

		KUNIT_EXPECT_EQ(test, area_vmas(dev->area), 1);
		expect_pages(test, dev->area, uaddr, size, 0);
		for (page = 0; page < pages[i]; page++) {
			KUNIT_ASSERT_EQ(test, 0, poke(uaddr + page * PAGE_SIZE, page));
			KUNIT_ASSERT_EQ(test, page,
					READ_ONCE(*area_word(dev->area, page * PAGE_SIZE)));
		}
		KUNIT_EXPECT_EQ(test, area_mapped(dev->area), pages[i]);
		KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr, size));
		expect_unused(test, dev->area);
	}
}

static void offsets(struct kunit *test)
{
	const unsigned long pages = 83;
	struct test_device *dev = device_with_area(test, hook_of(test),
					      pages * PAGE_SIZE, 0);
	unsigned long pgoff, uaddr, len;

	for (pgoff = 0; pgoff < pages; pgoff++) {
		len = (pages - pgoff) * PAGE_SIZE;
		uaddr = device_map(test, dev, len, pgoff);
		expect_pages(test, dev->area, uaddr, len, pgoff);
		KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr, len));

		uaddr = device_map(test, dev, PAGE_SIZE, pgoff);
		expect_pages(test, dev->area, uaddr, PAGE_SIZE, pgoff);
		KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr, PAGE_SIZE));

		KUNIT_EXPECT_EQ(test, device_mmap(test, dev, len + PAGE_SIZE, PROT_READ,
						  MAP_SHARED, pgoff), -EINVAL);
	}
	KUNIT_EXPECT_EQ(test, device_mmap(test, dev, PAGE_SIZE, PROT_READ,
					  MAP_SHARED, pages), -EINVAL);
	expect_unused(test, dev->area);
}

static const struct policy_case {
	const char *name;
	unsigned int area_flags;
	unsigned long prot;
	unsigned long flags;
	unsigned long err;
	vm_flags_t may;
} policies[] = {
	{ "shared and writable", 0, PROT_READ | PROT_WRITE, MAP_SHARED, 0,
	  VM_MAYREAD | VM_MAYWRITE },
	{ "private", 0, PROT_READ, MAP_PRIVATE, 0, VM_MAYREAD },
	{ "private and writable", 0, PROT_READ | PROT_WRITE, MAP_PRIVATE, -EACCES },
	{ "read-only", VMREMAP_RDONLY, PROT_READ, MAP_SHARED, 0, VM_MAYREAD },
	{ "read-only and writable", VMREMAP_RDONLY, PROT_READ | PROT_WRITE,
	  MAP_SHARED, -EACCES },
	{ "read-only and only writable", VMREMAP_RDONLY, PROT_WRITE,
	  MAP_SHARED, -EACCES },
};

static void policy_is_on_the_vma(struct kunit *test)
{
	const struct policy_case *c;

	for (c = policies; c < policies + ARRAY_SIZE(policies); c++) {
		struct test_device *dev = device_with_area(test, hook_of(test), SZ_64K,
						      c->area_flags);
		unsigned long uaddr = device_mmap(test, dev, SZ_64K, c->prot,
						  c->flags, 0);
		vm_flags_t vm_flags;

		if (c->err) {
			KUNIT_EXPECT_EQ_MSG(test, uaddr, c->err, "%s", c->name);
			expect_unused(test, dev->area);
			continue;
		}
		KUNIT_ASSERT_FALSE_MSG(test, IS_ERR_VALUE(uaddr), "%s", c->name);
		vm_flags = vma_at(uaddr)->vm_flags;
		KUNIT_EXPECT_EQ_MSG(test, c->may, vm_flags &
				    (VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC),
				    "%s", c->name);
		KUNIT_EXPECT_TRUE(test, vm_flags & VM_DONTEXPAND);
		KUNIT_EXPECT_TRUE(test, vm_flags & VM_DONTDUMP);
		KUNIT_EXPECT_FALSE(test, vm_flags & (VM_MIXEDMAP | VM_PFNMAP));
		expect_pages(test, dev->area, uaddr, SZ_64K, 0);
		KUNIT_EXPECT_EQ(test, poke(uaddr, 1),
				c->prot & PROT_WRITE ? 0 : -EFAULT);
	}
}

/* After MADV_DONTNEED, an access faults the page in again, with its present contents. */
static void fault_after_zap(struct kunit *test)
{
	struct test_device *dev = device_with_area(test, hook_of(test), SZ_4M + 5 * PAGE_SIZE, 0);
	size_t size = dev->area->pages * PAGE_SIZE;
	unsigned long uaddr = device_map(test, dev, size, 0);

	expect_pages(test, dev->area, uaddr, size, 0);
	zap(uaddr);
	KUNIT_EXPECT_EQ(test, area_mapped(dev->area), 0);
	expect_pages(test, dev->area, uaddr, size, 0);
	KUNIT_EXPECT_EQ(test, area_mapped(dev->area), dev->area->pages);
	KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr, size));
	expect_unused(test, dev->area);
}

static void first_touch_is_a_write(struct kunit *test)
{
	const unsigned int orders[] = { 0, VMREMAP_MAX_ORDER };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(orders); i++) {
		struct test_device *dev = device_with_blocks(test, hook_of(test), SZ_256K,
							     0, orders[i]);
		unsigned long uaddr = device_map(test, dev, SZ_256K, 0);

		zap(uaddr);
		KUNIT_EXPECT_EQ(test, 0, poke(uaddr + SZ_128K, 5));
		KUNIT_EXPECT_EQ(test, 5, *area_word(dev->area, SZ_128K));
		expect_pages(test, dev->area, uaddr, SZ_256K, 0);
	}
}

/* If the driver sets VM_MIXEDMAP, each fault maps a single page. */
static void mixed_map(struct kunit *test)
{
	struct test_device *dev = device_with_area(test, hook_of(test), SZ_256K, 0);
	unsigned long uaddr = device_map(test, dev, SZ_256K, 0);

	mmap_write_lock(current->mm);
	vm_flags_set(vma_lookup(current->mm, uaddr), VM_MIXEDMAP);
	mmap_write_unlock(current->mm);
	expect_pages(test, dev->area, uaddr, SZ_256K, 0);
	KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr, SZ_256K));
	expect_unused(test, dev->area);
}

static vm_fault_t fault(const struct vm_area_struct *vma, unsigned long uaddr, unsigned int flags)
{
	struct vm_fault vmf = {
		.vma = (struct vm_area_struct *)vma, .address = uaddr, .flags = flags,
	};
	vm_fault_t ret;

	mmap_read_lock(current->mm);
	ret = vma->vm_ops->fault(&vmf);
	mmap_read_unlock(current->mm);
	return ret;
}

/* A VMA never extends past its area, so this test makes one by hand. */
static void fault_behind_the_area(struct kunit *test)
{
	struct test_device *dev = device_with_area(test, HOOK_MMAP, PMD_SIZE, 0);
	struct vm_area_struct vma = *vma_at(device_map(test, dev, PMD_SIZE, 0));

	vma.vm_pgoff += dev->area->pages;
	KUNIT_EXPECT_EQ(test, bits(fault(&vma, vma.vm_start, 0)), bits(VM_FAULT_SIGBUS));
	/* Nor before it, where a driver that writes to vm_pgoff gets. */
	vma.vm_pgoff = 0;
	vma.vm_end = vma.vm_start + PAGE_SIZE;
	KUNIT_EXPECT_EQ(test, bits(fault(&vma, vma.vm_start, 0)), bits(VM_FAULT_SIGBUS));
}

/* RightPage: a fault on a locked folio waits for the lock and returns the folio locked. */
static void folio_is_locked(struct kunit *test)
{
	struct test_device *dev = device_with_blocks(test, hook_of(test), SZ_256K, 0, 0);
	unsigned long uaddr = device_map(test, dev, SZ_256K, 0);
	struct vm_area_struct *vma = vma_at(uaddr);
	struct vmremap_span span = vmremap_span_of_vma(vma);
	struct vm_fault vmf = { .vma = vma, .address = uaddr };
	struct folio *folio = list_first_entry(&dev->area->folios, struct folio, lru);

	/* The flags that populate() uses: the fault does not wait. */
	folio_lock(folio);
	vmf.flags = FAULT_FLAG_ALLOW_RETRY | FAULT_FLAG_RETRY_NOWAIT;
	KUNIT_EXPECT_EQ(test, bits(vmremap_give_locked(&vmf, &span)), bits(VM_FAULT_RETRY));
	/* A task that is being killed does not wait. */
	killed_begin();
	vmf.flags = 0;
	KUNIT_EXPECT_EQ(test, bits(vmremap_give_locked(&vmf, &span)), bits(VM_FAULT_SIGBUS));
	killed_end();
	folio_unlock(folio);
	KUNIT_EXPECT_EQ(test, folio_pins(folio), folio_mapcount(folio));

	KUNIT_EXPECT_EQ(test, bits(vmremap_give_locked(&vmf, &span)), bits(VM_FAULT_LOCKED));
	KUNIT_EXPECT_PTR_EQ(test, vmf.page, folio_page(folio, 0));
	KUNIT_EXPECT_TRUE(test, folio_test_locked(folio));
	folio_unlock(folio);
	folio_put(folio);
	expect_pages(test, dev->area, uaddr, SZ_256K, 0);
}

/* Unmapping the middle leaves two VMAs, each with a reference on the file. */
static void unmap_the_middle(struct kunit *test)
{
	struct test_device *dev = device_with_area(test, hook_of(test), 64 * PAGE_SIZE, 0);
	unsigned long uaddr = device_map(test, dev, 64 * PAGE_SIZE, 0);
	unsigned long value;

	KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr + 21 * PAGE_SIZE, 2 * PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, area_vmas(dev->area), 2);
	expect_pages(test, dev->area, uaddr, 21 * PAGE_SIZE, 0);
	expect_pages(test, dev->area, uaddr + 23 * PAGE_SIZE, 41 * PAGE_SIZE, 23);
	KUNIT_EXPECT_EQ(test, -EFAULT, peek(uaddr + 21 * PAGE_SIZE, &value));
	KUNIT_EXPECT_EQ(test, area_mapped(dev->area), 62);

	KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr, 21 * PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, area_vmas(dev->area), 1);
	KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr, 64 * PAGE_SIZE));
	expect_unused(test, dev->area);
}

static void populated_without_a_touch(struct kunit *test)
{
	static const unsigned int pages[] = { 1, 16, 31, 513 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pages); i++) {
		size_t size = pages[i] * PAGE_SIZE;
		struct test_device *dev = device_with_area(test, hook_of(test), size,
						      VMREMAP_POPULATE);
		unsigned long uaddr = device_map(test, dev, size, 0);

		/* For a nested .mmap_prepare, .mapped is called before the VMA is in the tree. */
		if (hook_of(test) != HOOK_NESTED)
			KUNIT_EXPECT_EQ(test, area_mapped(dev->area), pages[i]);
		expect_pages(test, dev->area, uaddr, size, 0);
		KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr, size));

		uaddr = device_mmap(test, dev, size, PROT_NONE, MAP_SHARED, 0);
		KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(uaddr));
		KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr, size));
		expect_unused(test, dev->area);
	}
}

/*
 * PolicyHeld, RightPage, AreaOutlives: a mapping that replaces another one, even of the same
 * area, shows nothing of the old mapping, and no reference leaks.
 */
static void replaces_another_mapping(struct kunit *test)
{
	const size_t size = 5 * PAGE_SIZE;
	struct test_device *dev = device_with_area(test, hook_of(test), size,
						   VMREMAP_POPULATE);
	unsigned int i;

	for (i = 0; i <= ARRAY_SIZE(hooks); i++) {
		struct test_device *old = dev;
		unsigned long uaddr;

		if (i < ARRAY_SIZE(hooks))
			old = device_with_area(test, hooks[i].hook, 2 * size, 0);
		uaddr = device_map(test, old, size, 0);
		expect_pages(test, old->area, uaddr, size, 0);

		KUNIT_ASSERT_EQ(test, uaddr,
				vm_mmap(dev->file, uaddr, size, PROT_READ,
					MAP_SHARED | MAP_FIXED, 0));
		KUNIT_EXPECT_EQ(test, poke(uaddr, 1), -EFAULT);
		expect_pages(test, dev->area, uaddr, size, 0);
		KUNIT_EXPECT_EQ(test, area_vmas(dev->area), 1);
		KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr, size));
		expect_unused(test, old->area);
		expect_unused(test, dev->area);
		KUNIT_EXPECT_EQ(test, file_count(old->area->file), 1);
		KUNIT_EXPECT_EQ(test, file_count(dev->area->file), 1);
	}
}

/* Folios of several orders, mapped from several offsets on. */
static void fragmented_area(struct kunit *test)
{
	unsigned int order;

	for (order = 0; order < VMREMAP_MAX_ORDER; order += 3) {
		const unsigned long pages = PTRS_PER_PTE + 77;
		struct test_device *dev;
		unsigned long uaddr, pgoff;

		dev = device_with_blocks(test, hook_of(test), pages * PAGE_SIZE,
					 0, order);
		for (pgoff = 0; pgoff < 20; pgoff += 3) {
			size_t len = (pages - pgoff) * PAGE_SIZE;

			uaddr = device_map(test, dev, len, pgoff);
			expect_pages(test, dev->area, uaddr, len, pgoff);
			KUNIT_EXPECT_EQ(test, area_mapped(dev->area), pages - pgoff);
			KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr, len));
			expect_unused(test, dev->area);
		}
	}
}

/*
 * AllOrNothing: the area takes three page tables, so that memory for one can run out after
 * hundreds of pages are mapped. With larger blocks, VMREMAP_POPULATE maps by faults. Pages that
 * are not populated are mapped when they are accessed.
 */
static void every_allocation_fails(struct kunit *test)
{
	static const unsigned int orders[] = { 0, 5 };
	unsigned int i, nth, lost;

	failing_init(test);
	for (i = 0; i < ARRAY_SIZE(orders); i++) {
		const size_t size = 1100 * PAGE_SIZE;
		unsigned long uaddr = 0;
		struct test_device *dev;

		dev = device_with_blocks(test, hook_of(test), size,
					 VMREMAP_POPULATE, orders[i]);

		for (nth = 1, lost = 0; nth < FAILING_MAX; nth++) {
			failing_nth(nth);
			uaddr = vm_mmap(dev->file, 0, size, PROT_READ | PROT_WRITE,
					MAP_SHARED, 0);
			if (!failing_end())
				break;
			if (IS_ERR_VALUE(uaddr)) {
				KUNIT_ASSERT_EQ_MSG(test, uaddr, -ENOMEM, "%u", nth);
				lost++;
			} else {
				if (area_mapped(dev->area) < 1100) {
					lost++;
					expect_pages(test, dev->area, uaddr, size, 0);
				}
				KUNIT_ASSERT_EQ(test, 0, vm_munmap(uaddr, size));
			}
			expect_unused(test, dev->area);
		}
		KUNIT_EXPECT_LT(test, nth, FAILING_MAX);
		KUNIT_EXPECT_GE(test, lost, 1);
		KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(uaddr));
		expect_pages(test, dev->area, uaddr, size, 0);
		KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr, size));
		expect_unused(test, dev->area);
		kunit_info(test, "order %u: %u allocations failed, %u mappings",
			   orders[i], nth - 1, lost);
	}
}

static void put_early(struct test_device *dev, struct vm_area_desc *desc)
{
	vmremap_area_put(dev->area);
}

/* AreaOutlives: the driver puts its last reference in .mmap_prepare, before the VMA exists. */
static void area_put_while_mapping(struct kunit *test)
{
	struct test_device *dev = device_new(test);
	unsigned long uaddr, value;

	dev->hook = HOOK_PREPARE;
	dev->prepared = put_early;
	device_open(test, dev);

	dev->area = area_of_blocks(test, SZ_64K, 0, VMREMAP_MAX_ORDER);
	*area_word(dev->area, SZ_32K) = 19;
	uaddr = device_map(test, dev, SZ_64K, 0);
	KUNIT_EXPECT_EQ(test, 0, peek(uaddr + SZ_32K, &value));
	KUNIT_EXPECT_EQ(test, value, 19);
	KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr, SZ_64K));
}

static void overwrite_private_data(struct test_device *dev,
				   struct vm_area_desc *desc)
{
	desc->private_data = dev;
}

static void private_data_is_the_drivers(struct kunit *test)
{
	struct test_device *dev = device_with_area(test, HOOK_PREPARE, SZ_64K, 0);
	unsigned long uaddr;

	dev->prepared = overwrite_private_data;
	uaddr = device_map(test, dev, SZ_64K, 0);
	expect_pages(test, dev->area, uaddr, SZ_64K, 0);
	KUNIT_EXPECT_PTR_EQ(test, vma_at(uaddr)->vm_private_data, dev);
	KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr, SZ_64K));
	expect_unused(test, dev->area);
}

static void overwrite_file(struct test_device *dev, struct vm_area_desc *desc)
{
	fput(desc->vm_file);
	desc->vm_file = desc->file;
}

static int map_and_overwrite_file(struct test_device *dev, struct vm_area_struct *vma)
{
	int err = vmremap_area_mmap(dev->area, vma, 0);

	if (!err)
		vma_set_file(vma, dev->file);
	return err;
}

/* If a driver breaks the rules and changes vm_file, each access to the VMA fails. */
static void file_is_not_the_drivers(struct kunit *test)
{
	static const enum hook both[] = { HOOK_MMAP, HOOK_PREPARE };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(both); i++) {
		struct test_device *dev = device_with_area(test, both[i], SZ_64K, 0);
		unsigned long uaddr, value;

		dev->map = map_and_overwrite_file;
		dev->prepared = overwrite_file;
		uaddr = device_map(test, dev, SZ_64K, 0);
		kunit_warning_suppress(test) {
			KUNIT_EXPECT_EQ(test, peek(uaddr, &value), -EFAULT);
			KUNIT_EXPECT_EQ(test, bits(fault(vma_at(uaddr), uaddr, 0)),
					bits(VM_FAULT_SIGBUS));
		}
		KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr, SZ_64K));
		expect_unused(test, dev->area);
	}
}

/* VmaInit: the caller does not hold the mmap lock, as it would in a callback. */
static void outside_of_a_callback(struct kunit *test)
{
	struct test_device *dev = device_with_area(test, HOOK_MMAP, PAGE_SIZE, 0);
	struct vm_area_struct vma = { .vm_mm = current->mm, .vm_end = PAGE_SIZE };

	kunit_warning_suppress(test)
		KUNIT_EXPECT_EQ(test, vmremap_area_mmap(dev->area, &vma, 0), -EBUSY);
	expect_unused(test, dev->area);
}

/* AreaValid: the caller has put its last reference. */
static void area_that_was_put(struct kunit *test)
{
	struct test_device *dev = device_with_area(test, HOOK_MMAP, PAGE_SIZE, 0);

	refcount_set(&dev->area->refs, 0);
	kunit_warning_suppress(test)
		KUNIT_EXPECT_EQ(test, device_mmap(test, dev, PAGE_SIZE, PROT_READ, MAP_SHARED, 0),
				-EFAULT);
	refcount_set(&dev->area->refs, 1);
	expect_unused(test, dev->area);
}

/* AreaOutlives: if a callback fails after mapping an area, the kernel puts the area's file. */
static int map_and_fail(struct test_device *dev, struct vm_area_struct *vma)
{
	return vmremap_area_mmap(dev->area, vma, 0) ?: -EUCLEAN;
}

static void callback_fails_in_the_end(struct kunit *test)
{
	struct test_device *dev = device_with_area(test, HOOK_MMAP, SZ_64K, VMREMAP_POPULATE);

	dev->map = map_and_fail;
	KUNIT_EXPECT_EQ(test, device_mmap(test, dev, SZ_64K, PROT_READ, MAP_SHARED, 0),
			-EUCLEAN);
	expect_unused(test, dev->area);
}

/* AllOrNothing: the kernel calls no .close if .mmap fails, so vmremap undoes the first call. */
static int map_twice(struct test_device *dev, struct vm_area_struct *vma)
{
	int err = vmremap_area_mmap(dev->area, vma, 0);

	return err ? -EUCLEAN : vmremap_area_mmap(dev->area, vma, 0);
}

static void failure_after_success_takes_all_back(struct kunit *test)
{
	struct test_device *dev = device_with_area(test, HOOK_MMAP, SZ_64K,
						   VMREMAP_POPULATE);

	dev->map = map_twice;
	KUNIT_EXPECT_EQ(test, device_mmap(test, dev, SZ_64K, PROT_READ, MAP_SHARED, 0),
			-EBUSY);
	expect_unused(test, dev->area);
}

/*
 * VmaInit: a driver may ignore a refusal and map again, and the pages of the first call are still
 * mapped. So nothing more is mapped there. If the driver returns success all the same, the
 * program keeps these pages, and nothing else.
 */
static int map_after_taking_back(struct test_device *dev, struct vm_area_struct *vma)
{
	unsigned int i;

	if (vmremap_area_mmap(dev->area, vma, 0) ||
	    area_mapped(dev->area) != dev->area->pages)
		return -EUCLEAN;
	for (i = 0; i < 2; i++)
		if (vmremap_area_mmap(dev->area, vma, 0) != -EBUSY ||
		    vmremap_range(vma, dev->area->addr, 0) != -EBUSY ||
		    vmremap_range(vma, dev->data, 0) != -EBUSY ||
		    vmremap_range_partial(vma, vma->vm_start, dev->area->addr, 0,
					  PAGE_SIZE) != -EBUSY)
			return -EUCLEAN;
	return refcount_read(&dev->area->refs) == 1 && !vma->vm_private_data ? 0 : -EUCLEAN;
}

static void taken_back_vma_is_not_mapped_again(struct kunit *test)
{
	struct test_device *dev = device_with_area(test, HOOK_MMAP, SZ_64K,
						   VMREMAP_POPULATE);
	unsigned long uaddr;

	dev->map = map_after_taking_back;
	dev->data = vmalloc_user(SZ_64K);
	KUNIT_ASSERT_NOT_NULL(test, dev->data);
	uaddr = device_map(test, dev, SZ_64K, 0);
	vfree(dev->data);
	expect_pages(test, dev->area, uaddr, SZ_64K, 0);
	KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr, SZ_64K));
	expect_unused(test, dev->area);
}

/* The same where the first call mapped nothing yet: plain memory does not go there either. */
static int map_both(struct test_device *dev, struct vm_area_struct *vma)
{
	int err = vmremap_area_mmap(dev->area, vma, 0);

	return err ? -EUCLEAN : vmremap_range(vma, dev->data, 0);
}

static void no_plain_memory_beside_an_area(struct kunit *test)
{
	struct test_device *dev = device_with_area(test, HOOK_MMAP, SZ_64K, 0);

	dev->map = map_both;
	dev->data = vmalloc_user(SZ_64K);
	KUNIT_ASSERT_NOT_NULL(test, dev->data);
	KUNIT_EXPECT_EQ(test, device_mmap(test, dev, SZ_64K, PROT_READ, MAP_SHARED, 0), -EBUSY);
	vfree(dev->data);
	expect_unused(test, dev->area);
}

/*
 * PagesOutlive: a driver must not make the VMA a pfn map afterwards, because the kernel would not
 * drop the references of the entries. If it does, nothing is mapped.
 */
static int map_and_make_pfn_map(struct test_device *dev, struct vm_area_struct *vma)
{
	int err = vmremap_area_mmap(dev->area, vma, 0);

	vm_flags_set(vma, VM_PFNMAP);
	return err;
}

static void pfn_map_shows_nothing(struct kunit *test)
{
	struct test_device *dev = device_with_area(test, HOOK_MMAP, SZ_64K, 0);
	unsigned long uaddr, value;

	dev->map = map_and_make_pfn_map;
	kunit_warning_suppress(test) {
		uaddr = device_map(test, dev, SZ_64K, 0);
		KUNIT_EXPECT_EQ(test, -EFAULT, peek(uaddr, &value));
	}
	KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr, SZ_64K));
	expect_unused(test, dev->area);
}

/*
 * AreaOutlives: the program's mapping keeps the area after the driver has put its last
 * reference.
 */
static void mapping_keeps_the_area(struct kunit *test)
{
	struct test_device *dev = device_new(test);
	unsigned long uaddr, value;

	dev->hook = hook_of(test);
	device_open(test, dev);
	dev->area = area_of_blocks(test, SZ_64K, 0, VMREMAP_MAX_ORDER);
	uaddr = device_map(test, dev, SZ_64K, 0);
	*area_word(dev->area, 0) = 17;
	vmremap_area_put(dev->area);

	KUNIT_EXPECT_EQ(test, 0, peek(uaddr, &value));
	KUNIT_EXPECT_EQ(test, value, 17);
	KUNIT_EXPECT_EQ(test, 0, poke(uaddr + SZ_32K, 18));
	KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr, SZ_64K));
}

static void no_area(struct kunit *test)
{
	struct test_device *dev = device_new(test);

	dev->hook = hook_of(test);
	device_open(test, dev);
	KUNIT_EXPECT_EQ(test, device_mmap(test, dev, SZ_64K, PROT_READ, MAP_SHARED, 0),
			-EFAULT);
	dev->area = ERR_PTR(-ENOMEM);
	KUNIT_EXPECT_EQ(test, device_mmap(test, dev, SZ_64K, PROT_READ, MAP_SHARED, 0),
			-EFAULT);
}

static void no_vma(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, vmremap_area_mmap(NULL, NULL, 0), -EBUSY);
	KUNIT_EXPECT_EQ(test, vmremap_area_mmap_prepare(NULL, NULL, 0), -EBUSY);
	KUNIT_EXPECT_EQ(test, vmremap_range(NULL, NULL, 0), -EBUSY);
	KUNIT_EXPECT_EQ(test, vmremap_range_partial(NULL, 0, NULL, 0, 0), -EBUSY);
}

static vm_fault_t foreign_fault(struct vm_fault *vmf)
{
	return VM_FAULT_SIGBUS;
}

static void foreign_vma(struct vm_area_struct *vma)
{
}

static int foreign_mremap(struct vm_area_struct *vma)
{
	return 0;
}

static const char *foreign_name(struct vm_area_struct *vma)
{
	return "foreign";
}

/* Each of these means that the VMA has another owner; .open and .close alone do not. */
static const struct vm_operations_struct foreign_ops[] = {
	{ .fault = foreign_fault },
	{ .page_mkwrite = foreign_fault },
	{ .open = foreign_vma, .fault = foreign_fault },
	{ .close = foreign_vma, .mremap = foreign_mremap },
	{ .name = foreign_name },
};

static int map_foreign_vma(struct test_device *dev, struct vm_area_struct *vma)
{
	const struct vm_operations_struct *ops = vma->vm_ops;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(foreign_ops); i++) {
		vma->vm_ops = &foreign_ops[i];
		if (vmremap_area_mmap(dev->area, vma, 0) != -EBUSY ||
		    vmremap_range(vma, dev->area->addr, 0) != -EBUSY ||
		    vmremap_range_partial(vma, vma->vm_start, dev->area->addr, 0,
					  PAGE_SIZE) != -EBUSY ||
		    vma->vm_ops != &foreign_ops[i])
			return -EUCLEAN;
	}
	vma->vm_ops = ops;

	vm_flags_set(vma, VM_PFNMAP);
	if (vmremap_area_mmap(dev->area, vma, 0) != -EBUSY ||
	    vmremap_range_partial(vma, vma->vm_start, dev->area->addr, 0,
				  PAGE_SIZE) != -EBUSY ||
	    vmremap_range(vma, dev->data, 0) != -EBUSY)
		return -EUCLEAN;
	vm_flags_clear(vma, VM_PFNMAP);

	/* The refused calls have left the VMA unchanged, so this works. */
	return vmremap_area_mmap(dev->area, vma, 0);
}

static void vma_of_another_owner(struct kunit *test)
{
	struct test_device *dev = device_with_area(test, HOOK_MMAP, SZ_64K, 0);
	unsigned long uaddr;

	dev->map = map_foreign_vma;
	dev->data = vmalloc_user(SZ_64K);
	KUNIT_ASSERT_NOT_NULL(test, dev->data);
	uaddr = device_map(test, dev, SZ_64K, 0);
	vfree(dev->data);
	expect_pages(test, dev->area, uaddr, SZ_64K, 0);
}

/* PolicyHeld: mmap(2) refuses PROT_EXEC on the files of this test, so it calls by hand. */
static void readable_is_not_executable(struct kunit *test)
{
	struct test_device *dev = device_with_area(test, HOOK_PREPARE, SZ_64K, 0);
	const vm_flags_t asked = VM_READ | VM_EXEC | VM_SHARED | VM_MAYREAD |
				 VM_MAYEXEC | VM_MAYSHARE;
	struct vm_area_desc desc = {
		.file = dev->file,
		.vm_file = dev->file,
		.start = SZ_1M,
		.end = SZ_1M + SZ_64K,
		.vma_flags = legacy_to_vma_flags(asked),
		.page_prot = vm_get_page_prot(VM_NONE),
	};
	unsigned int personality = current->personality;

	KUNIT_EXPECT_EQ(test, vmremap_area_mmap_prepare(dev->area, &desc, 0), -EACCES);
	current->personality |= READ_IMPLIES_EXEC;
	KUNIT_EXPECT_EQ(test, vmremap_area_mmap_prepare(dev->area, &desc, 0), 0);
	current->personality = personality;
	KUNIT_EXPECT_EQ(test, 0,
			vma_flags_to_legacy(desc.vma_flags) & (VM_EXEC | VM_MAYEXEC));
	KUNIT_EXPECT_EQ(test, pgprot_val(desc.page_prot),
			pgprot_val(vm_get_page_prot(asked & ~VM_EXEC)));
	fput(desc.vm_file);
	expect_unused(test, dev->area);
}

static void desc_of_another_owner(struct kunit *test)
{
	struct test_device *dev = device_with_area(test, HOOK_PREPARE, SZ_64K, 0);
	struct vm_area_desc desc = {
		.file = dev->file,
		.vm_file = dev->file,
		.start = SZ_1M,
		.end = SZ_1M + SZ_64K,
		.action.type = MMAP_REMAP_PFN,
	};

	KUNIT_EXPECT_EQ(test, vmremap_area_mmap_prepare(dev->area, &desc, 0), -EBUSY);
	KUNIT_EXPECT_NULL(test, desc.vm_ops);
	desc.action.type = MMAP_NOTHING;
	/* VmaInit: a VMA of bare page frames is refused, too. */
	desc.vma_flags = legacy_to_vma_flags(VM_PFNMAP);
	KUNIT_EXPECT_EQ(test, vmremap_area_mmap_prepare(dev->area, &desc, 0), -EBUSY);
	desc.vma_flags = legacy_to_vma_flags(VM_NONE);
	KUNIT_EXPECT_EQ(test, vmremap_area_mmap_prepare(dev->area, &desc, ULONG_MAX),
			-EOVERFLOW);
	/* Here only the sum with the area's address wraps. */
	KUNIT_EXPECT_EQ(test, vmremap_area_mmap_prepare(dev->area, &desc,
							(ULONG_MAX >> PAGE_SHIFT) - 16),
			-EOVERFLOW);
	desc.start++;
	KUNIT_EXPECT_EQ(test, vmremap_area_mmap_prepare(dev->area, &desc, 0),
			-EADDRNOTAVAIL);
	desc.start += PAGE_SIZE - 1;
	KUNIT_EXPECT_EQ(test, vmremap_area_mmap_prepare(dev->area, &desc, 1), 0);
	KUNIT_EXPECT_EQ(test, desc.pgoff,
			list_first_entry(&dev->area->folios, struct folio, lru)->index + 1);
	KUNIT_EXPECT_PTR_EQ(test, desc.vm_file, dev->area->file);
	/* AllOrNothing: a second call is refused, and undoes the first. */
	KUNIT_EXPECT_EQ(test, vmremap_area_mmap_prepare(dev->area, &desc, 1), -EBUSY);
	KUNIT_EXPECT_PTR_EQ(test, desc.vm_file, dev->file);
	KUNIT_EXPECT_EQ(test, file_count(dev->area->file), 1);
	expect_unused(test, dev->area);
}

static void revoke_prepared(struct test_device *dev, struct vm_area_desc *desc)
{
	KUNIT_EXPECT_EQ(kunit_get_current_test(), 0, vmremap_area_revoke(dev->area));
}

/* NotRevoked: if an area is revoked while it is being mapped, mmap() succeeds but maps no page. */
static void revoked_before_it_is_populated(struct kunit *test)
{
	struct test_device *dev = device_with_area(test, HOOK_PREPARE, SZ_256K,
						   VMREMAP_REVOCABLE | VMREMAP_POPULATE);
	unsigned long uaddr, value;

	dev->prepared = revoke_prepared;
	uaddr = device_map(test, dev, SZ_256K, 0);
	KUNIT_EXPECT_EQ(test, area_mapped(dev->area), 0);
	KUNIT_EXPECT_EQ(test, peek(uaddr, &value), -EFAULT);
	KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr, SZ_256K));
	expect_unused(test, dev->area);
}

static void kill_prepared(struct test_device *dev, struct vm_area_desc *desc)
{
	killed_begin();
}

/* If the task is killed while an area is being mapped, mmap() maps no further page. */
static void killed_before_it_is_populated(struct kunit *test)
{
	struct test_device *dev = device_with_area(test, HOOK_PREPARE, SZ_256K, VMREMAP_POPULATE);
	unsigned long uaddr;

	dev->prepared = kill_prepared;
	uaddr = device_map(test, dev, SZ_256K, 0);
	killed_end();
	KUNIT_EXPECT_EQ(test, area_mapped(dev->area), 0);
	expect_pages(test, dev->area, uaddr, SZ_256K, 0);
}

/* Like do_mmap() with READ_IMPLIES_EXEC, and with a vm_page_prot that is wrong. */
static int map_executable(struct test_device *dev, struct vm_area_struct *vma)
{
	int err;

	vm_flags_set(vma, VM_EXEC);
	vma->vm_page_prot = vm_get_page_prot(VM_NONE);
	err = vmremap_area_mmap(dev->area, vma, 3);
	/* vmremap inserts entries with vm_page_prot before the kernel recomputes it. */
	if (vma->vm_flags & VM_EXEC ||
	    pgprot_val(vma->vm_page_prot) != pgprot_val(vm_get_page_prot(vma->vm_flags)))
		return -EUCLEAN;
	return err;
}

static void is_populated_with_the_right_protection(struct kunit *test)
{
	unsigned int personality = current->personality;
	const size_t size = 1100 * PAGE_SIZE;
	struct test_device *dev = device_with_blocks(test, HOOK_MMAP, size + 3 * PAGE_SIZE,
						     VMREMAP_POPULATE, 0);
	unsigned long uaddr;

	dev->map = map_executable;
	current->personality |= READ_IMPLIES_EXEC;
	uaddr = device_mmap(test, dev, size, PROT_READ | PROT_WRITE, MAP_SHARED, 5);
	current->personality = personality;
	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(uaddr));
	expect_pages(test, dev->area, uaddr, size, 3);
	KUNIT_EXPECT_EQ(test, 0, vm_munmap(uaddr, size));
	expect_unused(test, dev->area);
}

static struct kunit_case mmap_cases[] = {
	KUNIT_CASE_PARAM(both_sides_see_the_same, hook_gen_params),
	KUNIT_CASE_PARAM(offsets, hook_gen_params),
	KUNIT_CASE_PARAM(policy_is_on_the_vma, hook_gen_params),
	KUNIT_CASE_PARAM(fault_after_zap, hook_gen_params),
	KUNIT_CASE_PARAM(first_touch_is_a_write, hook_gen_params),
	KUNIT_CASE_PARAM(mixed_map, hook_gen_params),
	KUNIT_CASE(fault_behind_the_area),
	KUNIT_CASE_PARAM(folio_is_locked, hook_gen_params),
	KUNIT_CASE(revoked_before_it_is_populated),
	KUNIT_CASE(killed_before_it_is_populated),
	KUNIT_CASE_PARAM(unmap_the_middle, hook_gen_params),
	KUNIT_CASE_PARAM(populated_without_a_touch, hook_gen_params),
	KUNIT_CASE_PARAM(replaces_another_mapping, hook_gen_params),
	KUNIT_CASE_PARAM(fragmented_area, hook_gen_params),
	KUNIT_CASE_PARAM(every_allocation_fails, hook_gen_params),
	KUNIT_CASE(area_put_while_mapping),
	KUNIT_CASE(private_data_is_the_drivers),
	KUNIT_CASE(file_is_not_the_drivers),
	KUNIT_CASE(outside_of_a_callback),
	KUNIT_CASE(area_that_was_put),
	KUNIT_CASE(callback_fails_in_the_end),
	KUNIT_CASE(failure_after_success_takes_all_back),
	KUNIT_CASE(taken_back_vma_is_not_mapped_again),
	KUNIT_CASE(no_plain_memory_beside_an_area),
	KUNIT_CASE(pfn_map_shows_nothing),
	KUNIT_CASE_PARAM(mapping_keeps_the_area, hook_gen_params),
	KUNIT_CASE_PARAM(no_area, hook_gen_params),
	KUNIT_CASE(no_vma),
	KUNIT_CASE(vma_of_another_owner),
	KUNIT_CASE(readable_is_not_executable),
	KUNIT_CASE(desc_of_another_owner),
	KUNIT_CASE(is_populated_with_the_right_protection),
	{}
};

static struct kunit_suite mmap_suite = {
	.name = "vmremap-mmap",
	.test_cases = mmap_cases,
};

kunit_test_suite(mmap_suite);

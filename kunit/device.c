// SPDX-License-Identifier: GPL-2.0
/* A driver for tests: files whose hooks map areas, or call a function of the test. */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include <linux/vmstat.h>

#include "../c/area.h"
#include "../c/vmremap.h"
#include "device.h"
#include "failing.h"

static int device_fop_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct test_device *dev = file->private_data;

	if (dev->nested)
		return compat_vma_mmap(dev->nested, vma);
	if (dev->map)
		return dev->map(dev, vma);
	return vmremap_area_mmap(dev->area, vma, vma->vm_pgoff);
}

static int device_fop_mmap_prepare(struct vm_area_desc *desc)
{
	struct test_device *dev = desc->file->private_data;
	int err;

	if (dev->prepare)
		return dev->prepare(dev, desc);
	err = vmremap_area_mmap_prepare(dev->area, desc, desc->pgoff);
	if (dev->prepared)
		dev->prepared(dev, desc);
	return err;
}

static const struct file_operations mmap_fops = {
	.mmap = device_fop_mmap,
	.get_unmapped_area = vmremap_get_unmapped_area,
};

static const struct file_operations prepare_fops = {
	.mmap_prepare = device_fop_mmap_prepare,
	.get_unmapped_area = vmremap_get_unmapped_area,
};

static void close_file(void *file)
{
	fput(file);
}

static struct file *open_file(struct kunit *test, struct test_device *dev,
			      const struct file_operations *fops)
{
	struct file *file = anon_inode_getfile("[vmremap]", fops, dev, O_RDWR);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, file);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, close_file, file));
	return file;
}

struct test_device *device_new(struct kunit *test)
{
	struct test_device *dev = kunit_kzalloc(test, sizeof(*dev), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, dev);
	return dev;
}

void device_open(struct kunit *test, struct test_device *dev)
{
	KUNIT_ASSERT_EQ(test, 0, kunit_attach_mm());
	if (dev->hook == HOOK_PREPARE)
		dev->file = open_file(test, dev, &prepare_fops);
	else
		dev->file = open_file(test, dev, &mmap_fops);
	if (dev->hook == HOOK_NESTED)
		dev->nested = open_file(test, dev, &prepare_fops);
}

static bool maps_rows(void)
{
	pte_t ptes[3];

	/* set_ptes() of a real architecture would count these as mapped pages. */
	if (!IS_ENABLED(CONFIG_UML))
		return true;
	set_ptes(current->mm, 0, ptes, pfn_pte(8, vm_get_page_prot(VM_READ)), 3);
	return pte_pfn(ptes[1]) == 9 && pte_pfn(ptes[2]) == 10;
}

void blocks_begin(struct kunit *test, unsigned int order)
{
	KUNIT_ASSERT_EQ(test, 0, kunit_attach_mm());
	/* Cached areas may have blocks of another order. */
	vmremap_idle_end();
	if (!maps_rows())
		order = 0;
	if (order < VMREMAP_MAX_ORDER) {
		failing_init(test);
		failing_above(order);
	}
}

void blocks_end(void)
{
	failing_end();
}

void killed_begin(void)
{
	allow_signal(SIGKILL);
	send_sig(SIGKILL, current, 1);
}

void killed_end(void)
{
	flush_signals(current);
	disallow_signal(SIGKILL);
}

struct vmremap_area *area_of_blocks(struct kunit *test, size_t size,
				    unsigned int flags, unsigned int order)
{
	struct vmremap_area *area;

	/* For vmap(), KMSAN allocates arrays with an entry for each page. */
	if (IS_ENABLED(CONFIG_KMSAN) &&
	    size / PAGE_SIZE * sizeof(struct page *) > PAGE_SIZE << order)
		kunit_skip(test, "KMSAN itself needs larger blocks");
	blocks_begin(test, order);
	area = vmremap_area_alloc(size, flags);
	blocks_end();
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, area);
	return area;
}

static void put_area(void *area)
{
	vmremap_area_put(area);
}

void put_at_end(struct kunit *test, struct vmremap_area *area)
{
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, put_area, area));
}

struct test_device *device_with_blocks(struct kunit *test, enum hook hook,
				       size_t size, unsigned int flags,
				       unsigned int order)
{
	struct test_device *dev = device_new(test);

	dev->hook = hook;
	dev->area = area_of_blocks(test, size, flags, order);
	put_at_end(test, dev->area);
	device_open(test, dev);
	return dev;
}

struct test_device *device_with_area(struct kunit *test, enum hook hook,
				     size_t size, unsigned int flags)
{
	return device_with_blocks(test, hook, size, flags, VMREMAP_MAX_ORDER);
}

unsigned long device_mmap(struct kunit *test, struct test_device *dev, size_t len,
			  unsigned long prot, unsigned long flags,
			  unsigned long pgoff)
{
	return kunit_vm_mmap(test, dev->file, 0, len, prot, flags,
			     pgoff << PAGE_SHIFT);
}

unsigned long device_map(struct kunit *test, struct test_device *dev, size_t len,
			 unsigned long pgoff)
{
	unsigned long uaddr = device_mmap(test, dev, len, PROT_READ | PROT_WRITE,
					  MAP_SHARED, pgoff);

	KUNIT_ASSERT_FALSE_MSG(test, IS_ERR_VALUE(uaddr), "mmap: %ld", (long)uaddr);
	return uaddr;
}

int peek(unsigned long uaddr, unsigned long *value)
{
	return copy_from_user(value, (void __user *)uaddr, sizeof(*value)) ?
	       -EFAULT : 0;
}

int poke(unsigned long uaddr, unsigned long value)
{
	return copy_to_user((void __user *)uaddr, &value, sizeof(value)) ?
	       -EFAULT : 0;
}

unsigned long *area_word(struct vmremap_area *area, unsigned long offset)
{
	return area->addr + offset;
}

void expect_pages(struct kunit *test, struct vmremap_area *area,
		  unsigned long uaddr, size_t len, unsigned long pgoff)
{
	unsigned long page, value;

	for (page = 0; page < area->pages; page++)
		WRITE_ONCE(*area_word(area, page << PAGE_SHIFT), ~page);
	for (page = 0; page < PFN_UP(len); page++) {
		KUNIT_ASSERT_EQ_MSG(test, peek(uaddr + (page << PAGE_SHIFT), &value),
				    0, "page %lu", page);
		KUNIT_ASSERT_EQ_MSG(test, value, ~(pgoff + page), "page %lu", page);
	}
}

long area_vmas(const struct vmremap_area *area)
{
	return file_count(area->file) - 1;
}

long folio_pins(const struct folio *folio)
{
	return folio_ref_count(folio) - 1 - folio_nr_pages(folio);
}

long area_mapped(const struct vmremap_area *area)
{
	struct folio *folio;
	long mapped = 0;

	list_for_each_entry(folio, &area->folios, lru) {
		/* A folio that a PMD maps counts once, but each of its pages is mapped. */
		mapped += folio_mapcount(folio);
		if (folio_test_large(folio))
			mapped += folio_entire_mapcount(folio) *
				  (folio_nr_pages(folio) - 1);
	}
	return mapped;
}

void expect_unused(struct kunit *test, const struct vmremap_area *area)
{
	struct folio *folio;

	/* The file of a VMA of pieces holds references. */
	flush_delayed_fput();
	KUNIT_EXPECT_EQ(test, refcount_read(&area->refs), 1);
	KUNIT_EXPECT_EQ(test, area_vmas(area), 0);
	list_for_each_entry(folio, &area->folios, lru) {
		KUNIT_ASSERT_EQ(test, folio_mapcount(folio), 0);
		KUNIT_ASSERT_EQ(test, folio_pins(folio), 0);
	}
}

/* Free pages on the lists of the CPUs, which NR_FREE_PAGES does not count. */
static unsigned long per_cpu_pages_now(void)
{
	struct per_cpu_pages *pages;
	unsigned long count = 0;
	int nid, cpu;

	for_each_online_node(nid) {
		struct zone *zones = NODE_DATA(nid)->node_zones;

		for (int i = 0; i < MAX_NR_ZONES; i++)
			for_each_online_cpu(cpu) {
				pages = per_cpu_ptr(zones[i].per_cpu_pageset, cpu);
				count += READ_ONCE(pages->count);
			}
	}
	return count;
}

unsigned long free_pages_now(void)
{
	vmremap_idle_end();
	/* A worker frees files; KASAN's shadow of an area is freed with its address range. */
	flush_delayed_fput();
	vm_unmap_aliases();
	/* Maple trees free their nodes by RCU. */
	rcu_barrier();
	return global_zone_page_state(NR_FREE_PAGES) + per_cpu_pages_now();
}

/* Pages in KASAN's quarantine: QUARANTINE_FRACTION in mm/kasan is 32. */
static unsigned long kasan_keeps(void)
{
	return IS_ENABLED(CONFIG_KASAN_GENERIC) ? totalram_pages() / 32 : 0;
}

void expect_free_pages(struct kunit *test, unsigned long before)
{
	KUNIT_EXPECT_GE(test, free_pages_now(),
			before - SZ_1M / PAGE_SIZE - kasan_keeps());
}

void zap(unsigned long uaddr)
{
	struct vm_area_struct *vma = vma_at(uaddr);

	unmap_mapping_range(vma->vm_file->f_mapping, (loff_t)vma->vm_pgoff << PAGE_SHIFT,
			    vma->vm_end - vma->vm_start, 1);
}

struct vm_area_struct *vma_at(unsigned long uaddr)
{
	struct vm_area_struct *vma;

	mmap_read_lock(current->mm);
	vma = vma_lookup(current->mm, uaddr);
	mmap_read_unlock(current->mm);
	return vma;
}

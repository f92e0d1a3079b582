/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VMREMAP_KUNIT_DEVICE_H
#define VMREMAP_KUNIT_DEVICE_H

#include <kunit/test.h>
#include <linux/mm_types.h>

struct vmremap_area;

/* KUNIT_EXPECT_EQ() compares numbers. */
static inline int bits(vm_fault_t fault)
{
	return (__force int)fault;
}

/**
 * enum hook - by which hook the driver maps
 * @HOOK_MMAP: .mmap
 * @HOOK_PREPARE: .mmap_prepare
 * @HOOK_NESTED: .mmap, which calls another file's .mmap_prepare
 */
enum hook {
	HOOK_MMAP,
	HOOK_PREPARE,
	HOOK_NESTED,
};

/**
 * struct test_device - a driver and its file, in the mm of a test
 * @area: the area that the hooks map, unless @map or @prepare is set
 * @map: called by .mmap, if set
 * @prepare: called by .mmap_prepare, if set
 * @data: for @map
 * @hook: the hook that @file has
 * @prepared: called by .mmap_prepare, if set, after it has called vmremap
 * @file: the file to map
 * @nested: for HOOK_NESTED, the file whose .mmap_prepare is called
 */
struct test_device {
	struct vmremap_area *area;
	int (*map)(struct test_device *dev, struct vm_area_struct *vma);
	int (*prepare)(struct test_device *dev, struct vm_area_desc *desc);
	void *data;
	enum hook hook;
	void (*prepared)(struct test_device *dev, struct vm_area_desc *desc);
	struct file *file;
	struct file *nested;
};

/* A driver whose members are not set yet. */
struct test_device *device_new(struct kunit *test);

/* Open the files of @dev, whose other members are set. They are closed when @test ends. */
void device_open(struct kunit *test, struct test_device *dev);

/*
 * Until blocks_end(), new areas have blocks of at most @order. On UML of 7.3, they have single
 * pages, because set_ptes() maps several pages wrongly there.
 */
void blocks_begin(struct kunit *test, unsigned int order);
void blocks_end(void);

/* Until killed_end(), the test has a pending SIGKILL. */
void killed_begin(void);
void killed_end(void);

/* A new area with blocks of at most @order. */
struct vmremap_area *area_of_blocks(struct kunit *test, size_t size,
				    unsigned int flags, unsigned int order);

/* Put a reference on @area when @test ends. */
void put_at_end(struct kunit *test, struct vmremap_area *area);

/* A device with such an area, whose reference is put when @test ends. */
struct test_device *device_with_blocks(struct kunit *test, enum hook hook,
				       size_t size, unsigned int flags,
				       unsigned int order);

/* The same, with blocks as large as possible. */
struct test_device *device_with_area(struct kunit *test, enum hook hook,
				     size_t size, unsigned int flags);

/* mmap(2) on @dev. Return: as mmap(2) in the kernel. */
unsigned long device_mmap(struct kunit *test, struct test_device *dev, size_t len,
			  unsigned long prot, unsigned long flags,
			  unsigned long pgoff);

/* The same for a shared, readable and writable mapping, which must succeed. */
unsigned long device_map(struct kunit *test, struct test_device *dev, size_t len,
			 unsigned long pgoff);

/* Read or write a word of user memory, as a program does. Return: 0 or -EFAULT. */
int peek(unsigned long uaddr, unsigned long *value);
int poke(unsigned long uaddr, unsigned long value);

/* The word at @offset of @area, in the kernel's mapping. */
unsigned long *area_word(struct vmremap_area *area, unsigned long offset);

/* Number the pages of @area, and expect those from @pgoff on at [uaddr, uaddr + len). */
void expect_pages(struct kunit *test, struct vmremap_area *area,
		  unsigned long uaddr, size_t len, unsigned long pgoff);

/* Number of VMAs on @area. */
long area_vmas(const struct vmremap_area *area);

/* References on a folio of an area, without those of the area and of its page cache. */
long folio_pins(const struct folio *folio);

/* Number of entries that map pages of @area. */
long area_mapped(const struct vmremap_area *area);

/* Expect that only the test has a reference on @area, and only @area on its pages. */
void expect_unused(struct kunit *test, const struct vmremap_area *area);

/* Number of free pages, after everything that is freed later has been freed. */
unsigned long free_pages_now(void);

/* Expect as many free pages as @before, except for 1 MiB and KASAN's quarantine. */
void expect_free_pages(struct kunit *test, unsigned long before);

/* Unmap all pages of the VMA at @uaddr, which stays. */
void zap(unsigned long uaddr);

struct vm_area_struct *vma_at(unsigned long uaddr);

/* In rust.rs: the callbacks of a driver in Rust. */
int vmremap_kunit_callback(struct vm_area_struct *vma);
int vmremap_kunit_prepare(struct vm_area_desc *desc);

#endif /* VMREMAP_KUNIT_DEVICE_H */

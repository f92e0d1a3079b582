/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VMREMAP_KUNIT_DEVICE_H
#define VMREMAP_KUNIT_DEVICE_H

#include <kunit/test.h>
#include <linux/mm_types.h>

struct vmremap_area;

/**
 * enum hook - which hook of a driver maps
 * @HOOK_MMAP: .mmap
 * @HOOK_PREPARE: .mmap_prepare
 * @HOOK_NESTED: .mmap, which passes on to another file's .mmap_prepare
 */
enum hook {
	HOOK_MMAP,
	HOOK_PREPARE,
	HOOK_NESTED,
};

/**
 * struct test_device - a driver and its file, in the mm of a test
 * @area: what it maps, unless @map maps something else
 * @map: does what .mmap does
 * @prepare: does what .mmap_prepare does, where that is not to map @area
 * @data: for @map
 * @hook: how it is called
 * @prepared: what .mmap_prepare does after it has called vmremap
 * @file: the file to map
 * @nested: the file that @file passes on to
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

/* A driver that has nothing yet. */
struct test_device *device_new(struct kunit *test);

/* Open @dev, whose other members are set; @test closes it. */
void device_open(struct kunit *test, struct test_device *dev);

/*
 * Until blocks_end(), new areas have blocks of at most @order, or less: UML of
 * 7.3 maps a row of pages wrong, see set_ptes(), and then has single pages.
 */
void blocks_begin(struct kunit *test, unsigned int order);
void blocks_end(void);

/* A new area of such blocks. */
struct vmremap_area *area_of_blocks(struct kunit *test, size_t size,
				    unsigned int flags, unsigned int order);

/* @test has a reference on @area, and puts it in the end. */
void put_at_end(struct kunit *test, struct vmremap_area *area);

/* A device on such an area, on which the test has the reference. */
struct test_device *device_with_blocks(struct kunit *test, enum hook hook,
				       size_t size, unsigned int flags,
				       unsigned int order);

/* The same, with blocks as large as can be. */
struct test_device *device_with_area(struct kunit *test, enum hook hook,
				     size_t size, unsigned int flags);

/* mmap(2) on @dev. Return: as mmap(2) in the kernel. */
unsigned long device_mmap(struct kunit *test, struct test_device *dev, size_t len,
			  unsigned long prot, unsigned long flags,
			  unsigned long pgoff);

/* The same, shared, readable and writable, and it must succeed. */
unsigned long device_map(struct kunit *test, struct test_device *dev, size_t len,
			 unsigned long pgoff);

/* Like a program, read or write a word. Return: 0 or -EFAULT. */
int peek(unsigned long uaddr, unsigned long *value);
int poke(unsigned long uaddr, unsigned long value);

/* The area's word at @offset, for the kernel. */
unsigned long *area_word(struct vmremap_area *area, unsigned long offset);

/* Number the pages of @area, and see them from @pgoff on in [uaddr, + len). */
void expect_pages(struct kunit *test, struct vmremap_area *area,
		  unsigned long uaddr, size_t len, unsigned long pgoff);

/* How many VMAs there are on @area. */
long area_vmas(const struct vmremap_area *area);

/* References on a folio of an area, but that area's and its page cache's. */
long folio_pins(const struct folio *folio);

/* How many times the pages of @area are mapped. */
long area_mapped(const struct vmremap_area *area);

/* Nobody but the test has @area, and nobody but @area its pages. */
void expect_unused(struct kunit *test, const struct vmremap_area *area);

/* How many pages nobody uses. */
unsigned long free_pages_now(void);

/* They come back, up to a MiB and to what KASAN keeps. */
void expect_free_pages(struct kunit *test, unsigned long before);

/* Unmap all pages of the VMA at @uaddr, which stays. */
void zap(unsigned long uaddr);

struct vm_area_struct *vma_at(unsigned long uaddr);

/* In rust.rs: the callbacks of a driver in Rust. */
int vmremap_kunit_callback(struct vm_area_struct *vma);
int vmremap_kunit_prepare(struct vm_area_desc *desc);

#endif /* VMREMAP_KUNIT_DEVICE_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* What a method of the benchmark's driver has to say. */
#ifndef BENCH_METHODS_H
#define BENCH_METHODS_H

#include <linux/fs.h>
#include <linux/mm.h>

#include <vmremap.h>

#include "vmremap_bench.h"

/**
 * struct bench - the buffer of an open file
 * @method: how it is made and mapped, NULL when there is none
 * @request: what the program asked for
 * @area: the buffer, where vmremap maps an area
 * @addr: where the kernel sees the buffer, where it is no area
 * @pages: its pages, where the method needs to know them
 * @nr: how many @pages there are
 * @file: whose page cache the buffer is, where the driver made it
 * @sgt: the buffer, where it was allocated for DMA
 */
struct bench {
	const struct bench_method *method;
	struct vmremap_bench_alloc request;
	struct vmremap_area *area;
	void *addr;
	struct page **pages;
	unsigned long nr;
	struct file *file;
	struct sg_table *sgt;
};

/**
 * struct bench_method - a way to make memory and to share it with programs
 * @alloc: make the buffer; what a failure leaves behind goes to @free
 * @free: undo @alloc, as far as it came
 * @mmap: map the buffer; NULL where programs map it without the driver
 * @mmap_prepare: the same for the other hook
 * @revoke: take it away from programs; NULL where the mapping of the file
 *	that the program opened is all there is
 * @inspect: read each word once, in place or from a copy; NULL where that makes no
 *	difference to programs
 * @metadata: bytes that describe the memory, page tables left out
 */
struct bench_method {
	int (*alloc)(struct bench *bench);
	void (*free)(struct bench *bench);
	int (*mmap)(struct bench *bench, struct vm_area_struct *vma);
	int (*mmap_prepare)(struct bench *bench, struct vm_area_desc *desc);
	int (*revoke)(struct bench *bench);
	int (*inspect)(struct bench *bench, bool in_place);
	u64 (*metadata)(const struct bench *bench);
};

extern const struct bench_method bench_remap_vmalloc_range, bench_insert_pages,
	bench_range_foreign, bench_zero, bench_shmem, bench_dma, bench_memfd,
	bench_area, bench_area_populate, bench_area_range, bench_bare;

/* A file, and the nodes of its page cache. */
u64 bench_file_bytes(struct address_space *mapping);

int bench_peers_init(void);
void bench_peers_exit(void);

#endif /* BENCH_METHODS_H */

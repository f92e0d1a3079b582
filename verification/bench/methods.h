/* SPDX-License-Identifier: GPL-2.0 */
/* A method of the benchmark's driver. */
#ifndef BENCH_METHODS_H
#define BENCH_METHODS_H

#include <linux/fs.h>
#include <linux/mm.h>

#include <vmremap.h>

#include "vmremap_bench.h"

/**
 * struct bench - the buffer of an open file
 * @method: the method, or NULL if there is no buffer
 * @request: the program's request
 * @area: the buffer, if it is an area
 * @addr: kernel address of the buffer, if it is not an area
 * @pages: pages of the buffer, if the method needs them
 * @nr: number of @pages
 * @file: file whose page cache is the buffer, if the driver created it
 * @sgt: the buffer, if it was allocated for DMA
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
 * struct bench_method - a way to allocate memory and to share it with programs
 * @alloc: allocate the buffer; after a failure, @free is called
 * @free: undo @alloc, also after it has failed
 * @mmap: map the buffer; NULL if programs map it without the driver
 * @mmap_prepare: the same for the other hook
 * @revoke: revoke all mappings; NULL if unmap_mapping_range() on the file that the
 *	program opened is sufficient
 * @inspect: read each word once, in place or from a copy; NULL if a program does not
 *	notice the difference
 * @metadata: bytes of metadata, without page tables
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

/* Size of a file and of the nodes of its page cache. */
u64 bench_file_bytes(struct address_space *mapping);

int bench_peers_init(void);
void bench_peers_exit(void);

#endif /* BENCH_METHODS_H */

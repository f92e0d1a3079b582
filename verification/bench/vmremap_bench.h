/* SPDX-License-Identifier: GPL-2.0 */
/* The interface between the benchmark's driver and its programs. */
#ifndef VMREMAP_BENCH_H
#define VMREMAP_BENCH_H

#include <linux/ioctl.h>
#include <linux/types.h>

enum vmremap_bench_method {
	/* memory from vmalloc_user() */
	BENCH_REMAP_VMALLOC_RANGE,
	BENCH_INSERT_PAGES,
	BENCH_RANGE_FOREIGN,
	/* alternatives */
	BENCH_SHMEM,
	BENCH_SHMEM_HUGE,
	BENCH_DMA,
	BENCH_MEMFD,
	BENCH_MEMFD_HUGE,
	BENCH_MEMFD_HUGETLB,
	/* areas */
	BENCH_MMAP,
	BENCH_MMAP_PREPARE,
	BENCH_POPULATE,
	BENCH_RANGE,
	BENCH_RUST,	/* maps the sample driver's buffer */
	/* no mapping: zeroed pages; folios with a kernel mapping */
	BENCH_ZERO,
	BENCH_BARE,
	BENCH_METHODS
};

/**
 * struct vmremap_bench_alloc - argument of VMREMAP_BENCH_ALLOC
 * @size: bytes; 0 only frees the file's buffer
 * @method: method by which a later mmap(2) of this file maps the buffer
 * @full: enable every optional feature of @method, even if it costs something
 * @user: address at which the caller has mapped the memfd that the driver pins
 */
struct vmremap_bench_alloc {
	__u64 size;
	__u32 method;
	__u32 full;
	__u64 user;
};

#define VMREMAP_BENCH_ALLOC	_IOW('v', 0x70, struct vmremap_bench_alloc)
/* Revoke all mappings of the file's buffer, if the method can do that. */
#define VMREMAP_BENCH_REVOKE	_IO('v', 0x71)
/* Read each word of the buffer once: in place if the argument is 1, else from a copy. */
#define VMREMAP_BENCH_INSPECT	_IO('v', 0x72)
/* Bytes of metadata of the file's buffer, without page tables. */
#define VMREMAP_BENCH_METADATA	_IOR('v', 0x73, __u64)

#endif /* VMREMAP_BENCH_H */

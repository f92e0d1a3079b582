/* SPDX-License-Identifier: GPL-2.0 */
/* What the benchmark's driver and its programs agree on. */
#ifndef VMREMAP_BENCH_H
#define VMREMAP_BENCH_H

#include <linux/ioctl.h>
#include <linux/types.h>

enum vmremap_bench_method {
	/* memory of vmalloc_user() */
	BENCH_REMAP_VMALLOC_RANGE,
	BENCH_INSERT_PAGES,
	BENCH_RANGE_FOREIGN,
	/* what people would pick otherwise */
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
	BENCH_RUST,	/* maps the sample driver's buffer, not this one's */
	/* no mapping: zero as many pages; have as many in folios, which the kernel sees */
	BENCH_ZERO,
	BENCH_BARE,
	BENCH_METHODS
};

/**
 * struct vmremap_bench_alloc - argument of VMREMAP_BENCH_ALLOC
 * @size: bytes; 0 only frees what the file has
 * @method: how a later mmap(2) of this file maps them
 * @full: with all that @method has to be asked for, and that may cost something
 * @user: where the caller has mapped the memfd that the driver is to pin
 * @metadata: out: bytes that describe the memory, page tables left out
 */
struct vmremap_bench_alloc {
	__u64 size;
	__u32 method;
	__u32 full;
	__u64 user;
	__u64 metadata;
};

#define VMREMAP_BENCH_ALLOC	_IOWR('v', 0x70, struct vmremap_bench_alloc)
/* Take the file's buffer away from all who have mapped it, as far as the method can. */
#define VMREMAP_BENCH_REVOKE	_IO('v', 0x71)
/* Read each word of it once: in place, where the argument is 1, or from a copy. */
#define VMREMAP_BENCH_INSPECT	_IO('v', 0x72)

#endif /* VMREMAP_BENCH_H */

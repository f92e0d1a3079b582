/* SPDX-License-Identifier: GPL-2.0 */
/* What the benchmark's driver and its program agree on. */
#ifndef VMREMAP_BENCH_H
#define VMREMAP_BENCH_H

#include <linux/ioctl.h>
#include <linux/types.h>

enum vmremap_bench_method {
	BENCH_REMAP_VMALLOC_RANGE,
	BENCH_VM_MAP_PAGES,
	BENCH_RANGE_FOREIGN,
	BENCH_MMAP,
	BENCH_MMAP_PREPARE,
	BENCH_POPULATE,
	BENCH_RUST,	/* maps the sample driver's buffer, not this one's */
};

/**
 * struct vmremap_bench_alloc - argument of VMREMAP_BENCH_ALLOC
 * @size: bytes; 0 only frees what the file has
 * @method: how a later mmap(2) of this file maps them
 * @metadata: out: bytes that describe the memory, page tables left out
 */
struct vmremap_bench_alloc {
	__u64 size;
	__u32 method;
	__u32 pad;
	__u64 metadata;
};

#define VMREMAP_BENCH_ALLOC	_IOWR('v', 0x70, struct vmremap_bench_alloc)

#endif /* VMREMAP_BENCH_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* What the programs count: allocate, map, touch. Include it once. */
#ifndef BENCH_MAPPING_H
#define BENCH_MAPPING_H

#include <err.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "vmremap_bench.h"
#include "../../samples/vmremap_sample.h"

#define PAGE		4096UL
#define KIB		1024UL
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

static const struct {
	const char *name;
	const char *device;
} methods[] = {
	[BENCH_REMAP_VMALLOC_RANGE] = { "remap_vmalloc_range", "/dev/vmremap-bench" },
	[BENCH_VM_MAP_PAGES] = { "vm_map_pages", "/dev/vmremap-bench" },
	[BENCH_RANGE_FOREIGN] = { "vmremap_range-foreign", "/dev/vmremap-bench" },
	[BENCH_MMAP] = { "vmremap-mmap", "/dev/vmremap-bench" },
	[BENCH_MMAP_PREPARE] = { "vmremap-mmap_prepare", "/dev/vmremap-bench-prepare" },
	[BENCH_POPULATE] = { "vmremap-populate", "/dev/vmremap-bench" },
	[BENCH_RUST] = { "vmremap-rust", "/dev/vmremap-sample-rust" },
};

/* Nanoseconds, which are instructions where the clock advances with each. */
static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static uint64_t alloc(int fd, int method, size_t size, uint64_t *metadata)
{
	struct vmremap_bench_alloc arg = { .size = size, .method = method };
	uint64_t start = now();

	/* The sample driver has its memory since it was loaded. */
	if (method != BENCH_RUST && ioctl(fd, VMREMAP_BENCH_ALLOC, &arg))
		err(1, "%s, %zu KiB: allocate", methods[method].name, size / KIB);
	if (metadata)
		*metadata = arg.metadata;
	return now() - start;
}

static void store(char *p)
{
	__atomic_store_n(p, 1, __ATOMIC_RELAXED);
}

/* Inline, so that with a constant step a page takes the store and nothing else. */
static __always_inline uint64_t touch(char *p, size_t size, size_t step)
{
	char *end = p + size, *rows = p + size / (64 * step) * (64 * step);
	uint64_t start = now();
	int i;

	/* As little as possible beside the one store for each page. */
	for (; p != rows; p += 64 * step) {
#pragma GCC unroll 64
		for (i = 0; i < 64; i++)
			store(p + i * step);
	}
	for (; p < end; p += step)
		store(p);
	return now() - start;
}

#endif /* BENCH_MAPPING_H */

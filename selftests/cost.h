/* SPDX-License-Identifier: GPL-2.0 */
/* The cost for a program to map, touch and unmap memory, in instructions. */
#ifndef VMREMAP_SELFTESTS_COST_H
#define VMREMAP_SELFTESTS_COST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/mman.h>

#include <linux/types.h>

#include "clock.h"

#define COST_ROUNDS	100

struct cost {
	__u64 map;
	__u64 touch;
	__u64 unmap;
	__u64 all;
};

/* Measure once, touching each page once. Returns false if the memory could not be mapped. */
static inline bool cost_once(int fd, off_t offset, size_t size, struct cost *cost)
{
	__u64 start = now(), mapped, touched, end;
	char *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);

	if (map == MAP_FAILED)
		return false;
	mapped = now();
	/* Unrolled, so that little but the store for each page is counted. */
#pragma GCC unroll 16
	for (size_t i = 0; i < size; i += PAGE_SIZE)
		__atomic_store_n(&map[i], 1, __ATOMIC_RELAXED);
	touched = now();
	munmap(map, size);
	end = now();

	*cost = (struct cost) {
		.map = mapped - start, .touch = touched - mapped, .unmap = end - touched,
		.all = end - start,
	};
	return true;
}

static inline void cost_least(__u64 *least, __u64 one)
{
	if (one < *least)
		*least = one;
}

/* The cheapest of several rounds, which no interrupt has hit. Returns as cost_once(). */
static inline bool cost_of(const char *name, int fd, off_t offset, size_t size, struct cost *cost)
{
	struct cost one;

	if (!cost_once(fd, offset, size, cost))
		return false;
	for (int round = 1; round < COST_ROUNDS; round++) {
		if (!cost_once(fd, offset, size, &one))
			return false;
		cost_least(&cost->map, one.map);
		cost_least(&cost->touch, one.touch);
		cost_least(&cost->unmap, one.unmap);
		cost_least(&cost->all, one.all);
	}
	printf("# figure: %s: %llu instructions for %zu KiB: map %llu, touch %llu, unmap %llu\n",
	       name, cost->all, size / 1024, cost->map, cost->touch, cost->unmap);
	return true;
}

#endif /* VMREMAP_SELFTESTS_COST_H */

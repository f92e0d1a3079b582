// SPDX-License-Identifier: GPL-2.0
/*
 * cost BASE DEVICE...: what mapping, touching and unmapping a sample device
 * costs a program, and that no DEVICE costs more than BASE does, within a few percent.
 * Run where the clock advances with each instruction. KTAP.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "../samples/vmremap_sample.h"

#define KIB		1024UL
#define ROUNDS		100
#define SIZES		2

/* How many percent of what BASE costs are allowed, by size. */
static const struct size {
	size_t kib;
	unsigned int percent;
} sizes[SIZES] = { { 64, 103 }, { 65536, 101 } };

enum phase { MAP, TOUCH, UNMAP, TOTAL, PHASES };

static __u64 now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static void measure(int fd, size_t size, __u64 cost[PHASES])
{
	__u64 start = now(), mapped, touched, end;
	char *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			 VMREMAP_SAMPLE_DATA);

	if (map == MAP_FAILED)
		err(1, "mmap");
	mapped = now();
	for (size_t i = 0; i < size; i += PAGE_SIZE)
		__atomic_store_n(&map[i], 1, __ATOMIC_RELAXED);
	touched = now();
	munmap(map, size);
	end = now();

	cost[MAP] = mapped - start;
	cost[TOUCH] = touched - mapped;
	cost[UNMAP] = end - touched;
	cost[TOTAL] = end - start;
}

/* The cheapest round, which no interrupt has hit. */
static void best(const char *device, const struct size *size, __u64 cost[PHASES])
{
	int fd = open(device, O_RDWR);

	if (fd < 0)
		err(1, "%s", device);
	measure(fd, size->kib * KIB, cost);
	for (int round = 1; round < ROUNDS; round++) {
		__u64 one[PHASES];

		measure(fd, size->kib * KIB, one);
		for (int phase = 0; phase < PHASES; phase++)
			if (one[phase] < cost[phase])
				cost[phase] = one[phase];
	}
	close(fd);
	printf("# figure: %s: %llu instructions for %zu KiB: map %llu, touch %llu, unmap %llu\n",
	       device, cost[TOTAL], size->kib, cost[MAP], cost[TOUCH], cost[UNMAP]);
}

int main(int argc, char *argv[])
{
	int failed = 0, nr = 0;

	printf("KTAP version 1\n1..%d\n", (argc - 2) * SIZES);
	for (const struct size *size = sizes; size < sizes + SIZES; size++) {
		__u64 base[PHASES], cost[PHASES];

		best(argv[1], size, base);
		for (int i = 2; i < argc; i++) {
			best(argv[i], size, cost);
			int ok = cost[TOTAL] * 100 <= base[TOTAL] * size->percent;

			printf("# figure: %s costs %.3f times %s\n", argv[i],
			       (double)cost[TOTAL] / base[TOTAL], argv[1]);
			printf("%sok %d %s costs as %s for %zu KiB\n", ok ? "" : "not ", ++nr,
			       argv[i], argv[1], size->kib);
			failed += !ok;
		}
	}
	return failed;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * cost BASE DEVICE...: what mapping, touching and unmapping a sample device
 * costs a program, and that no DEVICE costs more than BASE does, within a few percent.
 * Run where the clock advances with each instruction. KTAP.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <unistd.h>

#include "../samples/vmremap_sample.h"
#include "cost.h"

#define KIB		1024UL
#define SIZES		2

/* How many percent of what BASE costs are allowed, by size. */
static const struct size {
	size_t kib;
	unsigned int percent;
} sizes[SIZES] = { { 64, 103 }, { 65536, 101 } };

static __u64 cost_of_device(const char *device, const struct size *size)
{
	int fd = open(device, O_RDWR);
	struct cost cost;

	if (fd < 0)
		err(1, "%s", device);
	if (!cost_of(device, fd, VMREMAP_SAMPLE_DATA, size->kib * KIB, &cost))
		err(1, "mmap");
	close(fd);
	return cost.all;
}

int main(int argc, char *argv[])
{
	int failed = 0, nr = 0;

	printf("KTAP version 1\n1..%d\n", (argc - 2) * SIZES);
	for (const struct size *size = sizes; size < sizes + SIZES; size++) {
		__u64 base = cost_of_device(argv[1], size);

		for (int i = 2; i < argc; i++) {
			__u64 cost = cost_of_device(argv[i], size);
			int ok = cost * 100 <= base * size->percent;

			printf("# figure: %s costs %.3f times %s\n", argv[i],
			       (double)cost / base, argv[1]);
			printf("%sok %d %s costs as %s for %zu KiB\n", ok ? "" : "not ", ++nr,
			       argv[i], argv[1], size->kib);
			failed += !ok;
		}
	}
	return failed;
}

/* SPDX-License-Identifier: GPL-2.0 */
/* What the programs in this folder have in common: they map memory, and print the cost. */
#ifndef MEASURE_H
#define MEASURE_H

#include <err.h>
#include <sys/ioctl.h>

#include "../cost.h"

#define ROUNDS	20

static inline void *map(int fd, size_t size, off_t offset)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);

	if (memory == MAP_FAILED)
		err(1, "mmap");
	return memory;
}

static inline void call(int fd, unsigned long request, void *argument, const char *name)
{
	if (ioctl(fd, request, argument))
		err(1, "%s", name);
}

#define CALL(fd, request, argument)	call(fd, request, argument, #request)

/* The cheapest of several rounds, which no interrupt has hit. */
static inline void measure(int fd, size_t size, off_t offset, __u64 *least)
{
	struct cost cost;

	if (!cost_once(fd, offset, size, &cost))
		err(1, "mmap");
	cost_least(least, cost.all);
}

/* The last line that a program prints. */
static inline int print_cost(size_t size, __u64 least)
{
	printf("%zu KiB: %llu\n", size >> 10, least);
	return 0;
}

#endif /* MEASURE_H */

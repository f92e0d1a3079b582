// SPDX-License-Identifier: GPL-2.0
/*
 * Count the cost of taking memory back from a program that has mapped it: reading it in
 * place while it is frozen, compared with reading a copy; revoking it, compared with
 * munmap(2); and a fault on a revocable area, compared with a fault on another one.
 * Prints a JSON row for each size, the best of four.
 */
#define _GNU_SOURCE
#include "mapping.h"

#define RUNS	4

static const unsigned long sizes_kib[] = { 4, 64, 1024, 16 * 1024, 64 * 1024 };

enum phase { COPY, IN_PLACE, UNMAP, REVOKE, FAULT, FAULT_REVOCABLE, PHASES };

static const char *const phases[PHASES] = {
	"copy", "in_place", "unmap", "revoke", "fault", "fault_revocable",
};

/* The driver reads every word once, and then the program touches every page. */
static __u64 inspect(const struct buffer *buffer, char *p, bool in_place)
{
	__u64 start = now();

	if (ioctl(buffer->driver, VMREMAP_BENCH_INSPECT, (unsigned long)in_place))
		err(1, "inspect");
	touch(p, buffer->size, PAGE_SIZE);
	return now() - start;
}

static __u64 fault(char *p, size_t size)
{
	if (madvise(p, size, MADV_DONTNEED))
		err(1, "MADV_DONTNEED");
	return touch(p, PAGE_SIZE, PAGE_SIZE);
}

static void count(struct buffer *buffer, __u64 *counts)
{
	__u64 start;
	char *p;

	buffer_alloc(buffer);
	p = buffer_map(buffer, NULL);
	counts[FAULT] = fault(p, buffer->size);
	munmap(p, buffer->size);
	memory_free(buffer);

	if (memory_alloc(buffer, true))
		err(1, "allocate");
	p = buffer_map(buffer, NULL);
	counts[FAULT_REVOCABLE] = fault(p, buffer->size);
	touch(p, buffer->size, PAGE_SIZE);
	counts[COPY] = inspect(buffer, p, false);
	counts[IN_PLACE] = inspect(buffer, p, true);
	start = now();
	munmap(p, buffer->size);
	counts[UNMAP] = now() - start;

	p = buffer_map(buffer, NULL);
	touch(p, buffer->size, PAGE_SIZE);
	start = now();
	if (ioctl(buffer->driver, VMREMAP_BENCH_REVOKE))
		err(1, "revoke");
	counts[REVOKE] = now() - start;
	munmap(p, buffer->size);
	memory_free(buffer);
}

int main(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(sizes_kib); i++) {
		struct buffer buffer = buffer_open(BENCH_MMAP_PREPARE, sizes_kib[i] * KIB);
		__u64 best[PHASES], counts[PHASES];

		for (int run = 0; run < RUNS; run++) {
			count(&buffer, counts);
			for (int phase = 0; phase < PHASES; phase++)
				if (!run || counts[phase] < best[phase])
					best[phase] = counts[phase];
		}
		close(buffer.driver);
		printf("{\"size_kib\": %lu", sizes_kib[i]);
		for (int phase = 0; phase < PHASES; phase++)
			printf(", \"%s\": %llu", phases[phase], (unsigned long long)best[phase]);
		printf("}\n");
		fflush(stdout);
	}
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Count the cost per item for few and for many items: areas that exist at the same
 * time, each with an open file, and VMAs on one buffer. Prints a JSON row with totals
 * for each case.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/resource.h>

#include "mapping.h"

#define MOST		10000

static const int few_and_many[] = { MOST / 5, MOST };

static void print(const char *what, int method, int n, __u64 made, __u64 used,
		  __u64 ended)
{
	printf("{\"scale\": \"%s\", \"method\": \"%s\", \"n\": %d", what, methods[method].name, n);
	printf(", \"make\": %llu, \"use\": %llu, \"end\": %llu}\n",
	       (unsigned long long)made, (unsigned long long)used,
	       (unsigned long long)ended);
	fflush(stdout);
}

/* @n buffers of one page at once; mapping looks up each by its address. */
static void many_buffers(int method, int n)
{
	static struct buffer buffers[MOST];
	__u64 start, made, used;
	int i;

	for (i = 0; i < n; i++)
		buffers[i] = buffer_open(method, PAGE_SIZE);
	start = now();
	for (i = 0; i < n; i++)
		buffer_alloc(&buffers[i]);
	made = now() - start;

	start = now();
	for (i = 0; i < n; i++)
		munmap(buffer_map(&buffers[i], NULL), PAGE_SIZE);
	used = now() - start;

	start = now();
	for (i = 0; i < n; i++)
		memory_free(&buffers[i]);
	print("buffers", method, n, made, used, now() - start);
	for (i = 0; i < n; i++)
		close(buffers[i].driver);
}

/* @n VMAs on one buffer, each of which is touched. */
static void many_mappings(int method, int n)
{
	struct buffer buffer = buffer_open(method, PAGE_SIZE);
	static char *mappings[MOST];
	__u64 start, made, used;
	int i;

	buffer_alloc(&buffer);
	start = now();
	for (i = 0; i < n; i++)
		mappings[i] = buffer_map(&buffer, NULL);
	made = now() - start;
	start = now();
	for (i = 0; i < n; i++)
		store(mappings[i]);
	used = now() - start;
	start = now();
	for (i = 0; i < n; i++)
		munmap(mappings[i], PAGE_SIZE);
	print("mappings", method, n, made, used, now() - start);
	memory_free(&buffer);
	close(buffer.driver);
}

int main(void)
{
	static const int chosen[] = { BENCH_REMAP_VMALLOC_RANGE, BENCH_MMAP, BENCH_RANGE };
	struct rlimit limit = { MOST + 100, MOST + 100 };
	size_t m, n;

	if (setrlimit(RLIMIT_NOFILE, &limit))
		err(1, "open %d files", MOST);
	for (m = 0; m < ARRAY_SIZE(chosen); m++)
		for (n = 0; n < ARRAY_SIZE(few_and_many); n++) {
			many_buffers(chosen[m], few_and_many[n]);
			many_mappings(chosen[m], few_and_many[n]);
		}
	return 0;
}

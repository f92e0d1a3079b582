// SPDX-License-Identifier: GPL-2.0
/*
 * Count what shared memory costs, by method, size and alignment. Run this in a VM
 * whose clock advances with each instruction, so that nanoseconds are
 * instructions. Prints a JSON row for each case: single steps are the best of four,
 * whole lives are an average, everything else is counted once.
 *
 * usage: bench [KIB]: without KIB, all methods at all sizes; with KIB, the Rust
 * sample driver, which must be loaded with a buffer of that size
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "mapping.h"

#define RUNS		4
#define LARGE		(64 * KIB * KIB)

static const unsigned long sizes_kib[] = {
	4, 64, 1024, 16 * 1024, 64 * 1024, 256 * 1024, 1024 * 1024,
};

/* The steps, in the order in which they are printed. */
enum phase {
	ALLOC, MAP, TOUCH, TOUCH2, UNMAP, FREE, MAPPING, LIFE,
	SPARSE, FORK, DONTNEED, RETOUCH, PHASES
};

static const char *const phases[PHASES] = {
	"alloc", "map", "touch", "touch2", "unmap", "free", "mapping", "life",
	"sparse", "fork", "dontneed", "retouch",
};

/* A free address, aligned to a PMD or one page after that. */
static char *free_address(size_t size, bool aligned)
{
	size_t room = size + 2 * HUGE;
	char *start = mmap(NULL, room, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (start == MAP_FAILED)
		err(1, "reserve %zu bytes", room);
	munmap(start, room);
	start = (char *)(((uintptr_t)start + HUGE - 1) & ~(HUGE - 1));
	return aligned ? start : start + PAGE_SIZE;
}

static __u64 fork_and_wait(void)
{
	__u64 start = now();
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	if (pid < 0 || waitpid(pid, NULL, 0) < 0)
		err(1, "fork");
	return now() - start;
}

/* Allocate it, map all of it, touch it, unmap it, free it. */
static void count_steps(struct buffer *buffer, char *addr, __u64 *counts)
{
	__u64 start = now();
	char *p;

	buffer_alloc(buffer);
	counts[ALLOC] = now() - start;
	start = now();
	p = buffer_map(buffer, addr);
	counts[MAP] = now() - start;
	counts[TOUCH] = touch(p, buffer->size, PAGE_SIZE);
	counts[TOUCH2] = touch(p, buffer->size, PAGE_SIZE);
	start = now();
	munmap(p, buffer->size);
	counts[UNMAP] = now() - start;
	start = now();
	memory_free(buffer);
	counts[FREE] = now() - start;
	counts[MAPPING] = counts[MAP] + counts[TOUCH] + counts[UNMAP];
}

/* The average of many lives, which includes the kernel's deferred work. */
static __u64 count_lives(struct buffer *buffer, char *addr)
{
	size_t lives = buffer->size > LARGE ? 1 : 2 * LARGE / buffer->size, n;
	__u64 start;

	lives = lives > 2048 ? 2048 : lives;
	start = now();
	for (n = 0; n < lives; n++) {
		buffer_alloc(buffer);
		char *p = buffer_map(buffer, addr);

		touch(p, buffer->size, PAGE_SIZE);
		munmap(p, buffer->size);
		memory_free(buffer);
	}
	return (now() - start) / lives;
}

static void count_rest(struct buffer *buffer, char *addr, __u64 *counts, bool *pins)
{
	size_t size = buffer->size;
	__u64 start;
	char *p;

	buffer_alloc(buffer);
	start = now();
	p = buffer_map(buffer, addr);
	touch(p, size, 100 * PAGE_SIZE);
	munmap(p, size);
	counts[SPARSE] = now() - start;

	p = buffer_map(buffer, addr);
	touch(p, size, PAGE_SIZE);
	counts[FORK] = fork_and_wait();
	*pins = pinnable(p);
	start = now();
	/* The kernel refuses this for bare page frames. */
	counts[DONTNEED] = madvise(p, size, MADV_DONTNEED) ? 0 : now() - start;
	counts[RETOUCH] = methods[buffer->method].faults ? touch(p, size, PAGE_SIZE) : 0;
	munmap(p, size);
	memory_free(buffer);
}

static void print_key(const struct buffer *buffer, size_t size, bool aligned)
{
	printf("{\"method\": \"%s\", \"size_kib\": %zu, \"aligned\": %s",
	       methods[buffer->method].name, size / KIB, aligned ? "true" : "false");
}

/* The alternatives are so slow at large sizes that they run only once there. */
static bool is_peer(int method)
{
	return method >= BENCH_SHMEM && method < BENCH_MMAP;
}

static void bench(int method, size_t size, bool aligned)
{
	const int runs = size > LARGE && is_peer(method) ? 1 : RUNS;
	__u64 best[PHASES], counts[PHASES], worst = 0, metadata;
	struct buffer buffer = buffer_open(method, size);
	char *addr = free_address(buffer.size, aligned);
	bool pins;
	int i, n;

	/* The first allocation of a size also fills the allocator's lists. */
	if (memory_alloc(&buffer, false)) {
		print_key(&buffer, size, aligned);
		printf(", \"refused\": \"%s\"}\n", strerror(errno));
		close(buffer.driver);
		return;
	}
	metadata = memory_metadata(&buffer);
	memory_free(&buffer);
	for (n = 0; n < runs; n++) {
		count_steps(&buffer, addr, counts);
		for (i = 0; i <= MAPPING; i++)
			if (!n || counts[i] < best[i])
				best[i] = counts[i];
		if (counts[MAPPING] > worst)
			worst = counts[MAPPING];
	}
	best[LIFE] = count_lives(&buffer, addr);
	count_rest(&buffer, addr, best, &pins);
	close(buffer.driver);

	print_key(&buffer, size, aligned);
	for (i = 0; i < PHASES; i++)
		printf(", \"%s\": %llu", phases[i], (unsigned long long)best[i]);
	printf(", \"spread\": %.4f, \"pinnable\": %s, \"metadata_bytes\": %llu}\n",
	       (double)(worst - best[MAPPING]) / best[MAPPING],
	       pins ? "true" : "false", (unsigned long long)metadata);
	fflush(stdout);
}

/* The floor: zeroed memory and touched pages, or folios with a kernel mapping. */
static void bench_part(int method, size_t size)
{
	struct buffer buffer = buffer_open(method, size);
	__u64 made = 0, touched = 0, freed = 0;
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	int n;

	if (p == MAP_FAILED)
		err(1, "map %zu bytes", size);
	for (n = 0; n < RUNS; n++) {
		__u64 start = now(), one;

		buffer_alloc(&buffer);
		one = now() - start;
		made = !n || one < made ? one : made;
		one = touch(p, size, PAGE_SIZE);
		touched = !n || one < touched ? one : touched;
		start = now();
		memory_free(&buffer);
		one = now() - start;
		freed = !n || one < freed ? one : freed;
	}
	munmap(p, size);
	close(buffer.driver);
	print_key(&buffer, size, true);
	printf(", \"alloc\": %llu, \"touch\": %llu, \"free\": %llu}\n",
	       (unsigned long long)made, (unsigned long long)touched,
	       (unsigned long long)freed);
}

int main(int argc, char **argv)
{
	size_t i, rust_kib = argc > 1 ? strtoul(argv[1], NULL, 0) : 0;
	int m;

	if (rust_kib) {
		bench(BENCH_RUST, rust_kib * KIB, true);
		bench(BENCH_RUST, rust_kib * KIB, false);
		return 0;
	}
	for (i = 0; i < ARRAY_SIZE(sizes_kib); i++) {
		bench_part(BENCH_ZERO, sizes_kib[i] * KIB);
		bench_part(BENCH_BARE, sizes_kib[i] * KIB);
		for (m = 0; m < BENCH_RANGE; m++) {
			bench(m, sizes_kib[i] * KIB, true);
			if (!is_peer(m))
				bench(m, sizes_kib[i] * KIB, false);
		}
	}
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Count what mapping costs, by method, size and alignment. Run where the clock
 * advances with each instruction, so that nanoseconds are instructions; prints
 * a JSON row for each case: mapping best of three, the rest once.
 *
 * usage: bench [KIB]: all methods at all sizes, or the Rust sample driver, which
 * was loaded with a buffer of that many KiB
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "mapping.h"

#define HUGE		(512 * PAGE)
#define RUNS		3

static const unsigned long sizes_kib[] = {
	4, 64, 1024, 16 * 1024, 64 * 1024, 256 * 1024, 1024 * 1024,
};

/* What is counted, in the order in which it is printed. */
enum phase {
	MAP, TOUCH, TOUCH2, UNMAP, TOTAL, SPARSE, FORK, DONTNEED, RETOUCH,
	ALLOC, FREE, PHASES
};

static const char *const phases[PHASES] = {
	"map", "touch", "touch2", "unmap", "total", "sparse", "fork",
	"dontneed", "retouch", "alloc", "free",
};

/* An address that is free, and aligned to a PMD or a page off that. */
static char *free_address(size_t size, bool aligned)
{
	size_t room = size + 2 * HUGE;
	char *start = mmap(NULL, room, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (start == MAP_FAILED)
		err(1, "reserve %zu bytes", room);
	munmap(start, room);
	start = (char *)(((uintptr_t)start + HUGE - 1) & ~(HUGE - 1));
	return aligned ? start : start + PAGE;
}

static char *map_at(char *addr, int fd, int method, size_t size)
{
	off_t offset = method == BENCH_RUST ? VMREMAP_SAMPLE_DATA : 0;
	char *p = mmap(addr, size, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_FIXED_NOREPLACE, fd, offset);

	if (p == MAP_FAILED)
		err(1, "map %zu bytes", size);
	return p;
}

static uint64_t fork_and_wait(void)
{
	uint64_t start = now();
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	if (pid < 0 || waitpid(pid, NULL, 0) < 0)
		err(1, "fork");
	return now() - start;
}

/* Can the kernel take a reference on the page, as direct I/O does? */
static bool pinnable(char *p)
{
	struct iovec iov = { p, 1 };
	int pipes[2];
	ssize_t n;

	if (pipe(pipes))
		err(1, "pipe");
	n = vmsplice(pipes[1], &iov, 1, 0);
	close(pipes[0]);
	close(pipes[1]);
	return n == 1;
}

/* What a driver and a program do most: map all of it, touch it, unmap it. */
static void count_mapping(int fd, int method, char *addr, size_t size,
			  uint64_t *counts)
{
	uint64_t start = now();
	char *p = map_at(addr, fd, method, size);

	counts[MAP] = now() - start;
	counts[TOUCH] = touch(p, size, PAGE);
	counts[TOUCH2] = touch(p, size, PAGE);
	start = now();
	munmap(p, size);
	counts[UNMAP] = now() - start;
	counts[TOTAL] = counts[MAP] + counts[TOUCH] + counts[UNMAP];
}

static void count_rest(int fd, int method, char *addr, size_t size,
		       uint64_t *counts, bool *pins)
{
	uint64_t start = now();
	char *p = map_at(addr, fd, method, size);

	touch(p, size, 100 * PAGE);
	munmap(p, size);
	counts[SPARSE] = now() - start;

	p = map_at(addr, fd, method, size);
	touch(p, size, PAGE);
	counts[FORK] = fork_and_wait();
	*pins = pinnable(p);
	start = now();
	if (madvise(p, size, MADV_DONTNEED))
		err(1, "madvise");
	counts[DONTNEED] = now() - start;
	/* What the kernel's own functions map does not come back. */
	counts[RETOUCH] = method < BENCH_MMAP ? 0 : touch(p, size, PAGE);
	munmap(p, size);
}

static void bench(int method, size_t size, bool aligned)
{
	uint64_t best[PHASES], counts[PHASES], worst_total = 0, metadata;
	int fd = open(methods[method].device, O_RDWR);
	char *addr = free_address(size, aligned);
	bool pins;
	int i, n;

	if (fd < 0)
		err(1, "%s", methods[method].device);
	best[ALLOC] = alloc(fd, method, size, &metadata);

	for (n = 0; n < RUNS; n++) {
		count_mapping(fd, method, addr, size, counts);
		for (i = MAP; i <= TOTAL; i++)
			if (!n || counts[i] < best[i])
				best[i] = counts[i];
		if (counts[TOTAL] > worst_total)
			worst_total = counts[TOTAL];
	}
	count_rest(fd, method, addr, size, best, &pins);
	best[FREE] = alloc(fd, method, 0, NULL);
	close(fd);

	printf("{\"method\": \"%s\", \"size_kib\": %zu, \"aligned\": %s",
	       methods[method].name, size / KIB, aligned ? "true" : "false");
	for (i = 0; i < PHASES; i++)
		printf(", \"%s\": %llu", phases[i], (unsigned long long)best[i]);
	printf(", \"spread\": %.4f, \"pinnable\": %s, \"metadata_bytes\": %llu}\n",
	       (double)(worst_total - best[TOTAL]) / best[TOTAL],
	       pins ? "true" : "false", (unsigned long long)metadata);
	fflush(stdout);
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
	for (i = 0; i < ARRAY_SIZE(sizes_kib); i++)
		for (m = 0; m < BENCH_RUST; m++) {
			bench(m, sizes_kib[i] * KIB, true);
			bench(m, sizes_kib[i] * KIB, false);
		}
	return 0;
}

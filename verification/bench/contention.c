// SPDX-License-Identifier: GPL-2.0
/*
 * Count what it costs if several processes map, touch and unmap at the same time,
 * each on a CPU of its own: one buffer for all, or a buffer each. Prints a JSON row
 * for each case. All CPUs share the clock, so its nanoseconds are the instructions
 * of all CPUs, including those spent waiting for a lock.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <sys/wait.h>

#include "mapping.h"

#define SIZE		(16 * KIB * KIB)
#define ROUNDS		8
#define MOST		8

/* Report that the process is ready, wait for the start, and work. */
static void work(int cpu, const struct buffer *buffer, int ready, int start)
{
	cpu_set_t cpus;
	char byte = 0;
	int n;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		err(1, "run on CPU %d", cpu);
	if (write(ready, &byte, 1) != 1 || read(start, &byte, 1) != 0)
		err(1, "start");
	for (n = 0; n < ROUNDS; n++) {
		char *p = buffer_map(buffer, NULL);

		touch(p, SIZE, PAGE_SIZE);
		munmap(p, SIZE);
	}
	_exit(0);
}

static __u64 contend(int method, int processes, bool same)
{
	struct buffer buffers[MOST];
	int ready[2], start[2], n, status;
	__u64 began;
	char byte;

	if (pipe(ready) || pipe(start))
		err(1, "pipe");
	for (n = 0; n < processes; n++) {
		if (same && n) {
			buffers[n] = buffers[0];
		} else {
			buffers[n] = buffer_open(method, SIZE);
			buffer_alloc(&buffers[n]);
		}
		pid_t pid = fork();

		if (pid < 0)
			err(1, "fork");
		if (!pid) {
			close(start[1]);
			work(n, &buffers[n], ready[1], start[0]);
		}
	}
	for (n = 0; n < processes; n++)
		if (read(ready[0], &byte, 1) != 1)
			err(1, "read");
	began = now();
	/* Closing the pipe starts all processes. */
	close(start[1]);
	for (n = 0; n < processes; n++)
		if (wait(&status) < 0 || status)
			errx(1, "a process failed");
	began = now() - began;

	close(start[0]);
	close(ready[0]);
	close(ready[1]);
	for (n = 0; n < processes; n++)
		if (!same || !n)
			close(buffers[n].driver);
	return began;
}

static void print_case(int method, int processes, bool same)
{
	printf("{\"method\": \"%s\", \"size_kib\": %lu, \"processes\": %d",
	       methods[method].name, SIZE / KIB, processes);
	printf(", \"same\": %s, \"total\": %llu}\n", same ? "true" : "false",
	       (unsigned long long)contend(method, processes, same));
}

int main(void)
{
	static const int chosen[] = { BENCH_REMAP_VMALLOC_RANGE, BENCH_MMAP, BENCH_MMAP_PREPARE };
	size_t m;
	int same, processes;

	for (same = 0; same <= 1; same++)
		for (processes = 1; processes <= MOST; processes *= 2)
			for (m = 0; m < ARRAY_SIZE(chosen); m++)
				print_case(chosen[m], processes, same);
	return 0;
}

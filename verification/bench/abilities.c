// SPDX-License-Identifier: GPL-2.0
/*
 * Test what shared memory can do, by method. Prints a JSON row for each method.
 * Needs root, for a memory cgroup of its own.
 */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "mapping.h"

#define SIZE		(2 * HUGE)
#define CGROUPS		"/tmp/cgroups"

static sigjmp_buf no_memory;

static void on_signal(int signal)
{
	siglongjmp(no_memory, signal);
}

/* Is the memory mapped, and does it hold what was stored in it? */
static bool has(char *p, char value)
{
	struct sigaction action = { .sa_handler = on_signal };
	bool there = false;

	sigaction(SIGBUS, &action, NULL);
	sigaction(SIGSEGV, &action, NULL);
	if (!sigsetjmp(no_memory, 1))
		there = __atomic_load_n(p, __ATOMIC_RELAXED) == value;
	signal(SIGBUS, SIG_DFL);
	signal(SIGSEGV, SIG_DFL);
	return there;
}

/* Do futexes in the memory work between processes? */
static bool futex(char *p)
{
	return syscall(SYS_futex, p, FUTEX_WAKE, 1, NULL, NULL, 0) >= 0;
}

static bool comes_back(char *p)
{
	*p = 1;
	return !madvise(p, SIZE, MADV_DONTNEED) && has(p, 1);
}

/* Does the mapping keep the driver's policy if the program asks for more? */
static bool keeps_policy(char *p)
{
	if (mprotect(p, SIZE, PROT_READ | PROT_WRITE | PROT_EXEC))
		return true;
	mprotect(p, SIZE, PROT_READ | PROT_WRITE);
	return false;
}

static bool huge(const char *p)
{
	FILE *smaps = fopen("/proc/self/smaps", "r");
	unsigned long start, end, kib, all = 0;
	char line[256], name[32];
	bool here = false;

	if (!smaps)
		err(1, "smaps");
	while (fgets(line, sizeof(line), smaps)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			here = (uintptr_t)p >= start && (uintptr_t)p < end;
		else if (here && sscanf(line, "%31[^:]: %lu kB", name, &kib) == 2 &&
			 (!strcmp(name, "FilePmdMapped") || !strcmp(name, "ShmemPmdMapped") ||
			  !strcmp(name, "Shared_Hugetlb") || !strcmp(name, "Private_Hugetlb")))
			all += kib;
	}
	fclose(smaps);
	return all * KIB == SIZE;
}

static void make_cgroup(void)
{
	mkdir(CGROUPS, 0700);
	if (mount("cgroup2", CGROUPS, "cgroup2", 0, NULL))
		err(1, "mount cgroup2");
	set(CGROUPS "/cgroup.subtree_control", "+memory");
	mkdir(CGROUPS "/bench", 0700);
	set(CGROUPS "/bench/cgroup.procs", "0");
}

static unsigned long charged(void)
{
	FILE *file = fopen(CGROUPS "/bench/memory.current", "r");
	unsigned long bytes;

	if (!file || fscanf(file, "%lu", &bytes) != 1)
		err(1, "memory.current");
	fclose(file);
	return bytes;
}

/* After the driver has revoked the memory: neither the old memory nor new memory is mapped. */
static bool revoked(const struct buffer *buffer, char *p)
{
	*p = 1;
	return !ioctl(buffer->driver, VMREMAP_BENCH_REVOKE) && !has(p, 1) && !has(p, 0);
}

static void print(const char *name, bool can)
{
	printf(", \"%s\": %s", name, can ? "true" : "false");
}

static void try(int method)
{
	struct buffer buffer = buffer_open(method, SIZE);
	unsigned long before = charged();
	char *p;

	if (memory_alloc(&buffer, true))
		err(1, "%s: allocate", methods[method].name);
	printf("{\"method\": \"%s\"", methods[method].name);
	/* Charges are made in batches, so the figure is not exact. */
	print("accounted", charged() - before > SIZE / 2);
	p = buffer_map(&buffer, NULL);
	touch(p, SIZE, PAGE_SIZE);
	print("huge", huge(p));
	print("pinnable", pinnable(p));
	print("futex", futex(p));
	print("comes back", comes_back(p));
	munmap(p, SIZE);
	p = buffer_map(&buffer, NULL);
	print("policy", keeps_policy(p));
	print("revoke", revoked(&buffer, p));
	printf("}\n");
	munmap(p, SIZE);
	memory_free(&buffer);
	close(buffer.driver);
}

int main(void)
{
	int method;

	make_cgroup();
	for (method = 0; method < BENCH_RUST; method++)
		if (method != BENCH_RANGE_FOREIGN && method != BENCH_POPULATE)
			try(method);
	return 0;
}

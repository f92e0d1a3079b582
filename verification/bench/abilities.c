// SPDX-License-Identifier: GPL-2.0
/*
 * Test what shared memory can do, by method. Prints a JSON row for each method.
 * Needs root, for a memory cgroup of its own.
 */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <sys/syscall.h>

#include "../../selftests/cgroup.h"
#include "../../selftests/signals.h"
#include "mapping.h"

#define SIZE		(2 * HUGE)

/* Is the memory mapped, and does it hold what was stored in it? */
static bool has(char *p, char value)
{
	return !signal_of(read_byte, p) && *p == value;
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
	long kib = smaps_kib(p, "FilePmdMapped") + smaps_kib(p, "ShmemPmdMapped") +
		   smaps_kib(p, "Shared_Hugetlb") + smaps_kib(p, "Private_Hugetlb");

	return kib * KIB == SIZE;
}

static unsigned long charged(void)
{
	return read_number(GROUP "/memory.current");
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

	if (!cgroup_enter())
		err(1, "memory cgroup");
	for (method = 0; method < BENCH_RUST; method++)
		if (method != BENCH_RANGE_FOREIGN && method != BENCH_POPULATE)
			try(method);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0 */
/* Helpers of the test programs. */
#ifndef VMREMAP_SELFTESTS_COMMON_H
#define VMREMAP_SELFTESTS_COMMON_H

#define TH_LOG_STREAM stdout

#include <errno.h>
#include <fcntl.h>
#include <linux/types.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "signals.h"
#include "wait.h"

/* The harness ends a test by an alarm, a newer one by a poll(2) with a timeout. */
#define alarm(seconds) alarm(patience(seconds))
#define poll(fds, nr, ms) poll(fds, nr, patience(ms))
#include <kselftest_harness.h>
#undef poll
#undef alarm

#define RW (PROT_READ | PROT_WRITE)

/* Bytes that a page table maps: if the compiler is not told, those of most architectures. */
#ifndef PMD_SIZE
#define PMD_SIZE (PAGE_SIZE / 8 * PAGE_SIZE)
#endif

/* Seconds for a test; many, because an emulated machine on a busy host is slow. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 300

/* The setting of transparent huge pages; a kernel without them has no such file. */
#define THP "/sys/kernel/mm/transparent_hugepage/enabled"
#define NO_THP "the kernel has no transparent huge pages"

/*
 * If the CPU does not mark an entry dirty, the first write to a page that a read has mapped takes a
 * fault, unless the kernel makes the entries of dirty pages dirty, like on s390.
 */
#ifdef __powerpc__
#define FIRST_WRITE_FAULTS true
#else
#define FIRST_WRITE_FAULTS false
#endif

/* The name of the running kernel's series, such as "Linux 6.12". */
static inline void name_series(char *name, size_t size)
{
	struct utsname uts;
	char *end;
	long major, minor;

	uname(&uts);
	major = strtol(uts.release, &end, 10);
	minor = strtol(end + 1, NULL, 10);
	snprintf(name, size, "Linux %ld.%ld", major, minor);
}

/* For what no call of a program can find out. */
static inline bool is_series(const char *name)
{
	char series[32];

	name_series(series, sizeof(series));
	return !strcmp(series, name);
}

/* The errno of a system call that has returned @result, or 0. */
#define errno_of(result) ((long)(result) == -1 ? errno : 0)

/* The first word of a page, which tells the page from others. */
static inline __u64 *page_word(void *map, size_t page)
{
	return (__u64 *)((char *)map + page * PAGE_SIZE);
}

/* How many pages @n do not begin with @value + @n? */
static inline size_t wrong_pages(void *map, size_t pages, __u64 value)
{
	size_t wrong = 0;

	for (size_t n = 0; n < pages; n++)
		wrong += *page_word(map, n) != value + n;
	return wrong;
}

/* Map pages of a file shared, readable and writable. */
static inline void *map_pages(int fd, size_t page, size_t pages)
{
	return mmap(NULL, pages * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
		    fd, page * PAGE_SIZE);
}

/* Read or write a byte. Returns the signal that this raised, or 0. */
static inline int touch(void *addr, bool write)
{
	return signal_of(write ? write_byte : read_byte, addr);
}

/* Where the linker puts the code of this program. */
extern const char __executable_start[], etext[];

/* Number of page faults of this process. */
static inline long faults(void)
{
	struct rusage usage;

	/* Code that is not mapped yet would fault between two calls of this function. */
	madvise((void *)__executable_start, etext - __executable_start, MADV_POPULATE_READ);
	/* Twice, because the first call may itself fault on the result buffer. */
	getrusage(RUSAGE_SELF, &usage);
	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_minflt + usage.ru_majflt;
}

/*
 * Free memory in KiB that was lost since @before. Measured repeatedly until it is at most @slack,
 * because some frees wait for a grace period.
 */
static inline long lost_kib(long before, long slack)
{
	long lost;

	(void)eventually((lost = before - free_kib()) <= slack);
	return lost;
}

/*
 * References on vmremap.ko, from files of areas and from modules. A file drops its reference only
 * after the system call that closed it.
 */
static inline long core_references(void)
{
	return read_number("/sys/module/vmremap/refcnt");
}

static inline int module_load(const char *path, const char *parameters)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int ret = fd;

	if (fd >= 0) {
		ret = syscall(SYS_finit_module, fd, parameters, 0);
		close(fd);
	}
	return ret;
}

static inline int module_unload(const char *name)
{
	return syscall(SYS_delete_module, name, O_NONBLOCK);
}

#endif /* VMREMAP_SELFTESTS_COMMON_H */

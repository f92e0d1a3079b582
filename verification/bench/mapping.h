/* SPDX-License-Identifier: GPL-2.0 */
/* The operations that the programs count: allocate, map, touch. Include this once. */
#ifndef BENCH_MAPPING_H
#define BENCH_MAPPING_H

#include <err.h>
#include <fcntl.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "vmremap_bench.h"
#include "../../samples/vmremap_sample.h"
#include "../../selftests/clock.h"

#define KIB		1024UL
#define HUGE		(512 * PAGE_SIZE)
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define DEVICE		"/dev/vmremap-bench"

/*
 * @memfd: the program creates a memfd with these flags, and the driver pins it
 * @huge: shmem uses huge pages
 * @faults: an access brings the memory back after MADV_DONTNEED
 */
static const struct method {
	const char *name;
	const char *device;
	bool memfd;
	unsigned int flags;
	bool huge;
	bool faults;
} methods[BENCH_METHODS] = {
	[BENCH_REMAP_VMALLOC_RANGE] = { "remap_vmalloc_range", DEVICE },
	[BENCH_INSERT_PAGES] = { "vm_insert_pages", DEVICE },
	[BENCH_RANGE_FOREIGN] = { "vmremap_range-foreign", DEVICE },
	[BENCH_SHMEM] = { "shmem", DEVICE, .faults = true },
	[BENCH_SHMEM_HUGE] = { "shmem-huge", DEVICE, .huge = true, .faults = true },
	[BENCH_DMA] = { "dma_noncontiguous", DEVICE },
	[BENCH_MEMFD] = { "memfd", DEVICE, .memfd = true, .faults = true },
	[BENCH_MEMFD_HUGE] = { "memfd-huge", DEVICE, .memfd = true, .huge = true, .faults = true },
	[BENCH_MEMFD_HUGETLB] = { "memfd-hugetlb", DEVICE, .memfd = true, .flags = MFD_HUGETLB,
				  .faults = true },
	[BENCH_MMAP] = { "vmremap-mmap", DEVICE, .faults = true },
	[BENCH_MMAP_PREPARE] = { "vmremap-mmap_prepare", DEVICE "-prepare", .faults = true },
	[BENCH_POPULATE] = { "vmremap-populate", DEVICE, .faults = true },
	[BENCH_RANGE] = { "vmremap_range", DEVICE, .faults = true },
	[BENCH_RUST] = { "vmremap-rust", "/dev/vmremap-sample-rust", .faults = true },
	[BENCH_ZERO] = { "zero", DEVICE },
	[BENCH_BARE] = { "bare", DEVICE },
};

/**
 * struct buffer - an allocated and mapped buffer
 * @driver: file descriptor of the driver
 * @method: method of allocating and mapping
 * @size: mapped bytes
 * @memory: file descriptor for mmap(2): @driver, or a memfd
 */
struct buffer {
	int driver;
	int method;
	size_t size;
	int memory;
};

static inline void set(const char *file, const char *value)
{
	int fd = open(file, O_WRONLY);

	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		err(1, "write %s to %s", value, file);
	close(fd);
}

static inline struct buffer buffer_open(int method, size_t size)
{
	struct buffer buffer = { .method = method, .size = size };

	/* The smallest size of a hugetlb file. */
	if (methods[method].flags & MFD_HUGETLB)
		buffer.size = (size + HUGE - 1) & ~(HUGE - 1);
	buffer.driver = open(methods[method].device, O_RDWR);
	if (buffer.driver < 0)
		err(1, "%s", methods[method].device);
	buffer.memory = buffer.driver;
	set("/sys/kernel/mm/transparent_hugepage/shmem_enabled",
	    methods[method].huge ? "always" : "never");
	return buffer;
}

static inline int memory_alloc(struct buffer *buffer, bool full)
{
	struct vmremap_bench_alloc arg = {
		.size = buffer->size, .method = buffer->method, .full = full,
	};
	void *user = NULL;
	int ret;

	/* The sample driver allocated its memory when it was loaded. */
	if (buffer->method == BENCH_RUST)
		return 0;
	if (methods[buffer->method].memfd) {
		buffer->memory = memfd_create("vmremap-bench", methods[buffer->method].flags);
		if (buffer->memory < 0 || ftruncate(buffer->memory, buffer->size))
			return -1;
		user = mmap(NULL, buffer->size, PROT_READ | PROT_WRITE, MAP_SHARED,
			    buffer->memory, 0);
		if (user == MAP_FAILED)
			return -1;
		arg.user = (uintptr_t)user;
	}
	ret = ioctl(buffer->driver, VMREMAP_BENCH_ALLOC, &arg);
	if (user)
		munmap(user, buffer->size);
	return ret;
}

/* Bytes of metadata; 0 if nobody counts them. Not a part of any step: to count them takes time. */
static inline __u64 memory_metadata(const struct buffer *buffer)
{
	__u64 bytes;

	return ioctl(buffer->driver, VMREMAP_BENCH_METADATA, &bytes) ? 0 : bytes;
}

static inline void memory_free(struct buffer *buffer)
{
	struct vmremap_bench_alloc arg = {};

	if (buffer->method != BENCH_RUST && ioctl(buffer->driver, VMREMAP_BENCH_ALLOC, &arg))
		err(1, "%s: free", methods[buffer->method].name);
	if (buffer->memory != buffer->driver)
		close(buffer->memory);
	buffer->memory = buffer->driver;
}

static inline void buffer_alloc(struct buffer *buffer)
{
	if (memory_alloc(buffer, false))
		err(1, "%s, %zu KiB: allocate", methods[buffer->method].name,
		    buffer->size / KIB);
}

/* Map at @addr, or if it is NULL at an address that the kernel chooses. */
static inline char *buffer_map(const struct buffer *buffer, char *addr)
{
	off_t offset = buffer->method == BENCH_RUST ? VMREMAP_SAMPLE_DATA : 0;
	char *p = mmap(addr, buffer->size, PROT_READ | PROT_WRITE,
		       MAP_SHARED | (addr ? MAP_FIXED_NOREPLACE : 0),
		       buffer->memory, offset);

	if (p == MAP_FAILED)
		err(1, "%s: map %zu KiB", methods[buffer->method].name, buffer->size / KIB);
	return p;
}

/* Can the kernel take a reference on the page, as direct I/O does? */
static inline bool pinnable(char *p)
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

static inline void store(char *p)
{
	__atomic_store_n(p, 1, __ATOMIC_RELAXED);
}

/* Inline, so that with a constant step each page takes only the store. */
static __always_inline __u64 touch(char *p, size_t size, size_t step)
{
	char *end = p + size, *rows = p + size / (64 * step) * (64 * step);
	__u64 start = now();
	int i;

	/* As few instructions as possible besides the one store for each page. */
	for (; p != rows; p += 64 * step) {
#pragma GCC unroll 64
		for (i = 0; i < 64; i++)
			store(p + i * step);
	}
	for (; p < end; p += step)
		store(p);
	return now() - start;
}

#endif /* BENCH_MAPPING_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* Helpers of tests that use vmremap_test.ko. */
#ifndef VMREMAP_SELFTESTS_PLAN_H
#define VMREMAP_SELFTESTS_PLAN_H

#include "common.h"
#include "vmremap_test.h"

#define TEST_MMAP "/dev/vmremap-test"
#define TEST_PREPARE "/dev/vmremap-test-prepare"
#define TEST_SYNC "/dev/vmremap-test-sync"
#define TEST_NESTED "/dev/vmremap-test-nested"

/* The reason for which a device is missing. */
static inline const char *why_no_device(void)
{
	return access(TEST_MMAP, F_OK) ? "vmremap_test.ko is not loaded" :
		"this kernel has no .mmap_prepare that can map";
}

/* Open a device. Without it, the test is skipped. */
static inline int open_or_skip(struct __test_metadata *_metadata, const char *device)
{
	int fd = open(device, O_RDWR | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		SKIP(_exit(KSFT_SKIP), "%s", why_no_device());
	ASSERT_LE(0, fd) TH_LOG("%s: %m", device);
	return fd;
}

/* Fill a slot. Returns 0, or the errno of the allocation. */
static inline int memory_alloc(int fd, __u32 slot, __u32 kind, __u64 size,
			       __u32 flags)
{
	struct vmremap_test_memory req = {
		.slot = slot, .kind = kind, .flags = flags, .size = size,
	};

	return ioctl(fd, VMREMAP_TEST_ALLOC, &req) ? errno : 0;
}

static inline int memory_free(int fd, __u32 slot)
{
	return ioctl(fd, VMREMAP_TEST_FREE, slot);
}

/* The kernel address and the size of a slot's memory, or 0 for an empty slot. */
static inline __u64 memory_info(int fd, __u32 slot, __u64 *size)
{
	struct vmremap_test_memory req = { .slot = slot };

	if (ioctl(fd, VMREMAP_TEST_INFO, &req))
		return 0;
	if (size)
		*size = req.size;
	return req.addr;
}

/* References on all pages of a slot's memory: one for each if nobody else holds any. */
static inline int memory_references(int fd, __u32 slot)
{
	return ioctl(fd, VMREMAP_TEST_REFERENCES, slot);
}

/* Let the kernel write @value + n to the first word of each page n. */
static inline int memory_poke(int fd, __u32 slot, __u32 pages, __u64 value)
{
	struct vmremap_test_access req = {
		.slot = slot, .count = pages, .value = value,
	};

	return ioctl(fd, VMREMAP_TEST_POKE, &req);
}

static inline int memory_peek(int fd, __u32 slot, __u32 pages, __u64 value)
{
	struct vmremap_test_access req = {
		.slot = slot, .count = pages, .value = value,
	};

	return ioctl(fd, VMREMAP_TEST_PEEK, &req);
}

/* mmap(2) on the device, whose callback makes the calls of @plan. */
static inline void *map_plan(int fd, const struct vmremap_test_plan *plan,
			     size_t pages, int prot, int flags)
{
	if (ioctl(fd, VMREMAP_TEST_SET_PLAN, plan))
		return MAP_FAILED;
	return mmap(NULL, pages * PAGE_SIZE, prot, flags, fd, 0);
}

/* The same for a plan of one call. */
static inline void *map_call(int fd, const struct vmremap_test_call *call,
			     size_t pages, int prot, int flags)
{
	struct vmremap_test_plan plan = { .count = 1, .calls = { *call } };

	return map_plan(fd, &plan, pages, prot, flags);
}

/* Map a slot's area from page @pgoff on: shared, readable and writable. */
static inline void *map_area(int fd, __u32 slot, __u64 pgoff, size_t pages)
{
	struct vmremap_test_call call = {
		.function = VMREMAP_TEST_AREA_MMAP, .slot = slot, .pgoff = pgoff,
	};

	return map_call(fd, &call, pages, PROT_READ | PROT_WRITE, MAP_SHARED);
}

#endif /* VMREMAP_SELFTESTS_PLAN_H */

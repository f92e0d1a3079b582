// SPDX-License-Identifier: GPL-2.0
/* Areas: sizes, flags, contents and lifetime. */

#include <linux/mempolicy.h>
#include <linux/userfaultfd.h>
#include <sched.h>

#include "cgroup.h"
#include "numa.h"
#include "plan.h"
#include "uffd.h"

#define AREA 0
#define KIB(n) ((n) * 1024ULL)
#define MIB(n) ((n) * KIB(1024))

/* An area of each size, mapped through each hook. */
FIXTURE(area) {
	int fd;
	size_t pages;
	char *map;
};

FIXTURE_VARIANT(area) {
	const char *device;
	__u64 size;
};

FIXTURE_VARIANT_ADD(area, mmap_1_byte) { TEST_MMAP, 1 };
FIXTURE_VARIANT_ADD(area, mmap_4095_bytes) { TEST_MMAP, 4095 };
FIXTURE_VARIANT_ADD(area, mmap_1_page) { TEST_MMAP, PAGE_SIZE };
FIXTURE_VARIANT_ADD(area, mmap_4097_bytes) { TEST_MMAP, 4097 };
FIXTURE_VARIANT_ADD(area, mmap_100_kib) { TEST_MMAP, KIB(100) };
FIXTURE_VARIANT_ADD(area, mmap_2_mib) { TEST_MMAP, MIB(2) };
FIXTURE_VARIANT_ADD(area, mmap_2_mib_less_1) { TEST_MMAP, MIB(2) - 1 };
FIXTURE_VARIANT_ADD(area, mmap_2_mib_and_1) { TEST_MMAP, MIB(2) + 1 };
FIXTURE_VARIANT_ADD(area, mmap_odd) { TEST_MMAP, MIB(7) + KIB(844) + 7 };
FIXTURE_VARIANT_ADD(area, mmap_64_mib) { TEST_MMAP, MIB(64) };

FIXTURE_VARIANT_ADD(area, prepare_1_byte) { TEST_PREPARE, 1 };
FIXTURE_VARIANT_ADD(area, prepare_4095_bytes) { TEST_PREPARE, 4095 };
FIXTURE_VARIANT_ADD(area, prepare_1_page) { TEST_PREPARE, PAGE_SIZE };
FIXTURE_VARIANT_ADD(area, prepare_4097_bytes) { TEST_PREPARE, 4097 };
FIXTURE_VARIANT_ADD(area, prepare_100_kib) { TEST_PREPARE, KIB(100) };
FIXTURE_VARIANT_ADD(area, prepare_2_mib) { TEST_PREPARE, MIB(2) };
FIXTURE_VARIANT_ADD(area, prepare_2_mib_less_1) { TEST_PREPARE, MIB(2) - 1 };
FIXTURE_VARIANT_ADD(area, prepare_2_mib_and_1) { TEST_PREPARE, MIB(2) + 1 };
FIXTURE_VARIANT_ADD(area, prepare_odd) { TEST_PREPARE, MIB(7) + KIB(844) + 7 };
FIXTURE_VARIANT_ADD(area, prepare_100_mib) { TEST_PREPARE, MIB(100) };

FIXTURE_SETUP(area)
{
	int err;

	self->fd = open_or_skip(_metadata, variant->device);
	self->pages = (variant->size + PAGE_SIZE - 1) / PAGE_SIZE;
	if ((long)(variant->size / 1024) > memory_kib("MemFree") / 2)
		SKIP(return, "needs %llu MiB more memory", variant->size >> 20);
	err = memory_alloc(self->fd, AREA, VMREMAP_TEST_AREA, variant->size, 0);
	ASSERT_EQ(0, err);
	self->map = map_area(self->fd, AREA, 0, self->pages);
	ASSERT_NE(MAP_FAILED, self->map);
}

FIXTURE_TEARDOWN(area)
{
	munmap(self->map, self->pages * PAGE_SIZE);
	close(self->fd);
}

TEST_F(area, has_its_size_and_address)
{
	__u64 size = 0, addr = memory_info(self->fd, AREA, &size);

	EXPECT_EQ(variant->size, size);
	EXPECT_NE(0, addr);
	EXPECT_EQ(0, addr % PAGE_SIZE);
}

/*
 * ZeroedBeforeShare: the area is zeroed up to the end of its last page, even in memory that
 * another area had before. The test can fail only if the kernel has init_on_alloc=0.
 */
TEST_F(area, is_zeroed)
{
	static const __u32 flags[] = { 0, VMREMAP_ACCOUNT };
	size_t size = self->pages * PAGE_SIZE;

	for (size_t n = 0; n < ARRAY_SIZE(flags); n++) {
		__u64 found = 0, *word;

		memset(self->map, 0xff, size);
		ASSERT_EQ(0, munmap(self->map, size));
		ASSERT_EQ(0, memory_free(self->fd, AREA));
		ASSERT_EQ(0, memory_alloc(self->fd, AREA, VMREMAP_TEST_AREA,
					  variant->size, flags[n]));
		self->map = map_area(self->fd, AREA, 0, self->pages);
		ASSERT_NE(MAP_FAILED, self->map);
		for (word = (__u64 *)self->map; word < page_word(self->map, self->pages); word++)
			found |= *word;
		EXPECT_EQ(0, found);
	}
}

TEST_F(area, is_shared_with_the_kernel)
{
	ASSERT_EQ(0, memory_poke(self->fd, AREA, self->pages, 100));
	EXPECT_EQ(0, wrong_pages(self->map, self->pages, 100));
	for (size_t n = 0; n < self->pages; n++)
		*page_word(self->map, n) = 5000 + n;
	EXPECT_EQ(0, memory_peek(self->fd, AREA, self->pages, 5000));
}

/* RightPage: after each zap, an access faults the same pages in again. */
TEST_F(area, comes_back_after_a_zap)
{
	ASSERT_EQ(0, memory_poke(self->fd, AREA, self->pages, 100));
	for (int n = 0; n < 3; n++) {
		ASSERT_EQ(0, madvise(self->map, self->pages * PAGE_SIZE,
				     MADV_DONTNEED));
		EXPECT_EQ(0, wrong_pages(self->map, self->pages, 100));
	}
}

/* RightPage: mapped at addresses and offsets that are not aligned for large folios. */
TEST_F(area, maps_where_nothing_is_aligned)
{
	char *room = mmap(NULL, (self->pages + 2) * PAGE_SIZE, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct vmremap_test_plan plan = { .count = 1, .calls = { {
		.function = VMREMAP_TEST_AREA_MMAP,
	} } };

	ASSERT_NE(MAP_FAILED, room);
	ASSERT_EQ(0, memory_poke(self->fd, AREA, self->pages, 100));
	ASSERT_EQ(0, ioctl(self->fd, VMREMAP_TEST_SET_PLAN, &plan));
	for (size_t shift = 0; shift < 3; shift++) {
		char *at = room + shift * PAGE_SIZE;

		ASSERT_EQ(at, mmap(at, self->pages * PAGE_SIZE,
				   PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_FIXED, self->fd, 0));
		EXPECT_EQ(0, wrong_pages(at, self->pages, 100));
		ASSERT_EQ(0, madvise(at, self->pages * PAGE_SIZE, MADV_DONTNEED));
		EXPECT_EQ(0, wrong_pages(at, self->pages, 100));
	}
	munmap(room, (self->pages + 2) * PAGE_SIZE);

	if (self->pages > 1) {
		char *map = map_area(self->fd, AREA, 1, self->pages - 1);

		ASSERT_NE(MAP_FAILED, map);
		EXPECT_EQ(0, wrong_pages(map, self->pages - 1, 101));
		munmap(map, (self->pages - 1) * PAGE_SIZE);
	}
}

/*
 * AreaOutlives: after the driver has dropped its reference, each byte stays until the
 * last unmap.
 */
TEST_F(area, outlives_its_last_put)
{
	size_t size = self->pages * PAGE_SIZE;
	char *map = self->map;

	ASSERT_EQ(0, memory_poke(self->fd, AREA, self->pages, 100));
	ASSERT_EQ(0, memory_free(self->fd, AREA));
	EXPECT_EQ(0, wrong_pages(map, self->pages, 100));
	ASSERT_EQ(0, madvise(map, size, MADV_DONTNEED));
	EXPECT_EQ(0, wrong_pages(map, self->pages, 100));

	EXPECT_EQ(0, in_child(!!wrong_pages(map, self->pages, 100)));

	if (self->pages > 2) {
		ASSERT_EQ(0, munmap(map + PAGE_SIZE, PAGE_SIZE));
		ASSERT_EQ(0, madvise(map, PAGE_SIZE, MADV_DONTNEED));
		EXPECT_EQ(100, *page_word(map, 0));
		ASSERT_EQ(0, munmap(map, PAGE_SIZE));
		EXPECT_EQ(0, wrong_pages(map + 2 * PAGE_SIZE, self->pages - 2, 102));
	}
}

/* Policies, by each hook. */
FIXTURE(hook) {
	int fd;
};

FIXTURE_VARIANT(hook) {
	const char *device;
};

FIXTURE_VARIANT_ADD(hook, mmap) { .device = TEST_MMAP };
FIXTURE_VARIANT_ADD(hook, prepare) { .device = TEST_PREPARE };

FIXTURE_SETUP(hook)
{
	self->fd = open_or_skip(_metadata, variant->device);
}

FIXTURE_TEARDOWN(hook)
{
	close(self->fd);
}

/* PolicyHeld: neither mmap() nor mprotect() makes a mapping of a read-only area writable. */
TEST_F(hook, rdonly)
{
	struct vmremap_test_call call = {};
	char *map;

	ASSERT_EQ(0, memory_alloc(self->fd, AREA, VMREMAP_TEST_AREA, 1024 * PAGE_SIZE,
				  VMREMAP_RDONLY));
	ASSERT_EQ(0, memory_poke(self->fd, AREA, 1024, 7));
	EXPECT_EQ(EACCES, errno_of(map_area(self->fd, AREA, 0, 1024)));

	map = map_call(self->fd, &call, 1024, PROT_READ, MAP_SHARED);
	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(0, wrong_pages(map, 1024, 7));
	EXPECT_EQ(SIGSEGV, touch(map, true));
	for (size_t n = 0; n < 1024; n += 511) {
		EXPECT_EQ(EACCES, errno_of(mprotect(map + n * PAGE_SIZE, PAGE_SIZE,
						    PROT_READ | PROT_WRITE)));
	}
	EXPECT_FALSE(vm_flag(map, "mw"));
}

/* The signal that a child gets when it reads and writes an inherited page, or 0. */
static int signal_of_child(char *map)
{
	return in_child(touch(map, false) == touch(map, true) ? touch(map + PAGE_SIZE, true) : 0);
}

/* PolicyHeld: a child does not inherit the mapping. */
TEST_F(hook, dontcopy)
{
	char *map;

	ASSERT_EQ(0, memory_alloc(self->fd, AREA, VMREMAP_TEST_AREA, 512 * PAGE_SIZE,
				  VMREMAP_DONTCOPY));
	map = map_area(self->fd, AREA, 0, 512);
	ASSERT_NE(MAP_FAILED, map);
	*page_word(map, 0) = 5;
	EXPECT_TRUE(vm_flag(map, "dc"));
	EXPECT_EQ(SIGSEGV, signal_of_child(map));
	EXPECT_EQ(5, *page_word(map, 0));
}

/*
 * PolicyHeld: nor if the program calls MADV_DOFORK, which older kernels allow. This holds for
 * both halves of a mapping that was split, too.
 */
TEST_F(hook, dontcopy_in_spite_of_madvise)
{
	int expected;
	char *map;

	ASSERT_EQ(0, memory_alloc(self->fd, AREA, VMREMAP_TEST_AREA, 512 * PAGE_SIZE,
				  VMREMAP_DONTCOPY));
	map = map_area(self->fd, AREA, 0, 512);
	ASSERT_NE(MAP_FAILED, map);
	for (size_t n = 0; n < 512; n++)
		*page_word(map, n) = 5;
	expected = madvise(map, 256 * PAGE_SIZE, MADV_DOFORK) ? SIGSEGV : SIGBUS;
	EXPECT_EQ(expected, signal_of_child(map));
	EXPECT_EQ(5, *page_word(map, 0));
	EXPECT_EQ(5, *page_word(map, 1));
}

/* The errno of a write(2) from a page with a marker; -1 if it can have none, -2 on other errors. */
static int errno_of_marked(const char *map)
{
	const char *reason;
	int ends[2], ret, fd = track_writes(map, PAGE_SIZE, &reason);

	if (fd < 0)
		return -1;
	if (pipe(ends) || write_protect(fd, map, PAGE_SIZE, UFFDIO_WRITEPROTECT_MODE_WP))
		return -2;
	ret = errno_of(write(ends[1], map, 8));
	close(ends[0]);
	close(ends[1]);
	close(fd);
	return ret;
}

/* Nor does a system call of the child fault for ever where userfaultfd(2) has left a marker. */
TEST_F(hook, dontcopy_with_a_marker)
{
	int err = -1;
	char *map;

	ASSERT_EQ(0, memory_alloc(self->fd, AREA, VMREMAP_TEST_AREA, PAGE_SIZE, VMREMAP_DONTCOPY));
	map = map_area(self->fd, AREA, 0, 1);
	ASSERT_NE(MAP_FAILED, map);
	if (!madvise(map, PAGE_SIZE, MADV_DOFORK))
		err = (__s8)in_child(errno_of_marked(map));
	if (err == -1)
		SKIP(return, "the kernel refuses MADV_DOFORK, or has no such userfaultfd");
	EXPECT_EQ(EFAULT, err);
}

/* Nor does a child inherit a VMA with a part of such an area. */
TEST_F(hook, dontcopy_of_a_part)
{
	struct vmremap_test_call part = {
		.function = VMREMAP_TEST_RANGE_PARTIAL, .slot = AREA, .size = 16 * PAGE_SIZE,
	};
	int expected;
	char *map;

	if (strcmp(variant->device, TEST_MMAP))
		return; /* .mmap_prepare cannot map parts. */
	ASSERT_EQ(0, memory_alloc(self->fd, AREA, VMREMAP_TEST_AREA, 16 * PAGE_SIZE,
				  VMREMAP_DONTCOPY));
	map = map_call(self->fd, &part, 17, PROT_READ | PROT_WRITE, MAP_SHARED);
	ASSERT_NE(MAP_FAILED, map);
	for (size_t n = 0; n < 16; n++)
		*page_word(map, n) = 5;
	expected = madvise(map, 17 * PAGE_SIZE, MADV_DOFORK) ? SIGSEGV : SIGBUS;
	EXPECT_EQ(expected, signal_of_child(map));
	EXPECT_EQ(5, *page_word(map, 1));
	EXPECT_EQ(0, munmap(map, 17 * PAGE_SIZE));
	EXPECT_EQ(16, memory_references(self->fd, AREA));
}

/* RightPage: a split by another task, through a userfaultfd, is not mistaken for a fork. */
TEST_F(hook, dontcopy_split_by_another_task)
{
	struct uffdio_api api = { .api = UFFD_API, .features = UFFD_FEATURE_WP_ASYNC |
				 UFFD_FEATURE_WP_UNPOPULATED };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_WP };
	int err, uffd = syscall(SYS_userfaultfd, O_CLOEXEC);
	char *map;

	if (uffd < 0 || ioctl(uffd, UFFDIO_API, &api))
		SKIP(return, "the kernel has no such userfaultfd");
	ASSERT_EQ(0, memory_alloc(self->fd, AREA, VMREMAP_TEST_AREA, 64 * PAGE_SIZE,
				  VMREMAP_DONTCOPY));
	map = map_area(self->fd, AREA, 0, 64);
	ASSERT_NE(MAP_FAILED, map);
	reg.range.start = (unsigned long)map + 8 * PAGE_SIZE;
	reg.range.len = 8 * PAGE_SIZE;
	err = in_child(errno_of(ioctl(uffd, UFFDIO_REGISTER, &reg)));
	/* Newer kernels refuse MADV_DOFORK on a VMA with VM_DONTEXPAND. */
	ASSERT_TRUE(!err || err == EINVAL);
	for (size_t n = 0; n < 64; n++)
		EXPECT_EQ(0, touch(map + n * PAGE_SIZE, true));
	close(uffd);
}

TEST_F(hook, populate)
{
	size_t pages = MIB(5) / PAGE_SIZE + 3;
	long before;
	char *map;

	ASSERT_EQ(0, memory_alloc(self->fd, AREA, VMREMAP_TEST_AREA,
				  pages * PAGE_SIZE, VMREMAP_POPULATE));
	ASSERT_EQ(0, memory_poke(self->fd, AREA, pages, 100));
	map = map_area(self->fd, AREA, 0, pages);
	ASSERT_NE(MAP_FAILED, map);
	/* Run this code once, so that it takes no page faults later. */
	EXPECT_EQ(0, wrong_pages(map, 0, 0));
	before = faults();
	EXPECT_EQ(0, wrong_pages(map, pages, 100));
	EXPECT_EQ(before, faults());
	for (size_t n = 0; n < pages; n++)
		*page_word(map, n) = n;
	EXPECT_TRUE(FIRST_WRITE_FAULTS || before == faults());
	EXPECT_EQ(0, memory_peek(self->fd, AREA, pages, 0));
	EXPECT_EQ(0, wrong_pages(map, pages, 0));

	munmap(map, pages * PAGE_SIZE);
	map = map_area(self->fd, AREA, 1, pages - 1);
	ASSERT_NE(MAP_FAILED, map);
	before = faults();
	EXPECT_EQ(0, wrong_pages(map, pages - 1, 1));
	EXPECT_EQ(before, faults());
}

/* Only an area with VMREMAP_ACCOUNT is charged to the memory cgroup of the caller. */
TEST_F(hook, account)
{
	long before, with, without;

	if (!cgroup_enter())
		SKIP(return, "no memory cgroup to be had: %m");

	before = read_number(GROUP "/memory.current");
	ASSERT_EQ(0, memory_alloc(self->fd, AREA, VMREMAP_TEST_AREA, MIB(32), 0));
	without = read_number(GROUP "/memory.current") - before;
	ASSERT_EQ(0, memory_alloc(self->fd, AREA + 1, VMREMAP_TEST_AREA, MIB(32),
				  VMREMAP_ACCOUNT));
	with = read_number(GROUP "/memory.current") - before - without;
	EXPECT_LE(0, before);
	EXPECT_GT((long)MIB(4), without);
	/* 1 MiB less, because a CPU may have charged some pages in advance. */
	EXPECT_LE(MIB(31), with);

	/* Above the limit of the group, the allocation fails. */
	write_text(GROUP "/memory.oom.group", "0");
	write_text(GROUP "/memory.max", "50331648");
	EXPECT_EQ(ENOMEM, memory_alloc(self->fd, AREA + 2, VMREMAP_TEST_AREA,
				       MIB(64), VMREMAP_ACCOUNT));

	ASSERT_EQ(0, memory_free(self->fd, AREA + 1));
	EXPECT_GT((long)MIB(4), read_number(GROUP "/memory.current") - before);

	cgroup_leave();
}

/* What vmremap_area_alloc() refuses. */
FIXTURE(refused) {
	int fd;
};

FIXTURE_VARIANT(refused) {
	__u64 size;
	__u32 flags;
	int err;
};

/* SizeNonZero: vmremap_area_alloc() of 0 bytes. */
FIXTURE_VARIANT_ADD(refused, size_zero) { 0, 0, ENODATA };
/* RangeNoWrap: vmremap_area_alloc() of a size that wraps when it is rounded up to pages. */
FIXTURE_VARIANT_ADD(refused, size_max) { -1ULL, 0, EOVERFLOW };
FIXTURE_VARIANT_ADD(refused, size_max_less_a_page) { 1 - PAGE_SIZE, 0, EOVERFLOW };
/* No clause: a size larger than all memory, or unknown flags. */
FIXTURE_VARIANT_ADD(refused, size_last_page) { -PAGE_SIZE, 0, ENOMEM };
FIXTURE_VARIANT_ADD(refused, size_half) { 1ULL << 63, 0, ENOMEM };
FIXTURE_VARIANT_ADD(refused, size_vmalloc_space) { 1ULL << 45, 0, ENOMEM };
FIXTURE_VARIANT_ADD(refused, size_one_tib) { 1ULL << 40, 0, ENOMEM };
FIXTURE_VARIANT_ADD(refused, flag_unknown) { 4096, 0x40, EINVAL };
FIXTURE_VARIANT_ADD(refused, flag_last) { 4096, 0x80000000, EINVAL };
FIXTURE_VARIANT_ADD(refused, flags_all) { 4096, 0xffffffff, EINVAL };
FIXTURE_VARIANT_ADD(refused, size_before_flags) { 0, 0x20, ENODATA };

FIXTURE_SETUP(refused)
{
	self->fd = open_or_skip(_metadata, TEST_MMAP);
}

FIXTURE_TEARDOWN(refused)
{
	close(self->fd);
}

TEST_F(refused, alloc)
{
	EXPECT_EQ(variant->err, memory_alloc(self->fd, AREA, VMREMAP_TEST_AREA,
					     variant->size, variant->flags));
	EXPECT_EQ(0, memory_alloc(self->fd, AREA, VMREMAP_TEST_AREA, 4096, 0));
}

/* Each area has a file, so fs.file-max limits their number. */
TEST(no_file_left)
{
	int fd = open(TEST_MMAP, O_RDWR | O_CLOEXEC);
	char limit[32];

	ASSERT_LE(0, fd);
	ASSERT_TRUE(read_text("/proc/sys/fs/file-max", limit, sizeof(limit)));
	ASSERT_TRUE(write_text("/proc/sys/fs/file-max", "0"));
	/* The limit does not bind root. */
	EXPECT_EQ(ENFILE, in_child(setuid(1000) ? 0 :
				   memory_alloc(fd, AREA, VMREMAP_TEST_AREA, MIB(1), 0)));
	EXPECT_TRUE(write_text("/proc/sys/fs/file-max", limit));
	EXPECT_EQ(0, memory_alloc(fd, AREA, VMREMAP_TEST_AREA, MIB(1), 0));
	close(fd);
}

/* The cache keeps no user namespace alive: the system may allow only a few. */
TEST(no_namespace_is_kept)
{
	int fd = open(TEST_MMAP, O_RDWR | O_CLOEXEC);
	char limit[32];

	ASSERT_LE(0, fd);
	ASSERT_TRUE(read_text("/proc/sys/user/max_user_namespaces", limit, sizeof(limit)));
	ASSERT_TRUE(write_text("/proc/sys/user/max_user_namespaces", "3"));
	for (int n = 0; n < 8; n++) {
		/* The last namespace is freed only after RCU has freed its credentials. */
		EXPECT_EQ(0, in_child(!eventually(!unshare(CLONE_NEWUSER)) ? errno :
				      memory_alloc(fd, AREA, VMREMAP_TEST_AREA, PAGE_SIZE, 0) ?:
				      memory_free(fd, AREA)));
	}
	EXPECT_TRUE(write_text("/proc/sys/user/max_user_namespaces", limit));
	close(fd);
}

/* References and memory. */
TEST_F(hook, put_of_nothing)
{
	ASSERT_EQ(0, memory_alloc(self->fd, 0, VMREMAP_TEST_AREA_NULL, 0, 0));
	ASSERT_EQ(0, memory_alloc(self->fd, 1, VMREMAP_TEST_AREA_ERROR, 0, 0));
	EXPECT_EQ(0, memory_free(self->fd, 0));
	EXPECT_EQ(0, memory_free(self->fd, 1));
}

TEST_F(hook, get_and_put)
{
	ASSERT_EQ(0, memory_alloc(self->fd, AREA, VMREMAP_TEST_AREA, 4096, 0));
	for (int n = 0; n < 1000; n++)
		ASSERT_EQ(0, ioctl(self->fd, VMREMAP_TEST_GET, AREA));
	for (int n = 0; n < 1000; n++)
		ASSERT_EQ(0, ioctl(self->fd, VMREMAP_TEST_PUT_AREA, AREA));
	EXPECT_EQ(0, memory_poke(self->fd, AREA, 1, 1));
}

/* AreaOutlives: the driver puts the area before mmap(2) returns. */
TEST_F(hook, put_inside_of_mmap)
{
	struct vmremap_test_call call = { .flags = VMREMAP_TEST_PUT };
	char *map;

	for (int n = 0; n < 10; n++) {
		ASSERT_EQ(0, memory_alloc(self->fd, AREA, VMREMAP_TEST_AREA,
					  768 * PAGE_SIZE, 0));
		ASSERT_EQ(0, memory_poke(self->fd, AREA, 768, 9));
		map = map_call(self->fd, &call, 768, PROT_READ | PROT_WRITE,
			       MAP_SHARED);
		ASSERT_NE(MAP_FAILED, map);
		EXPECT_EQ(0, wrong_pages(map, 768, 9));
		EXPECT_EQ(0, munmap(map, 768 * PAGE_SIZE));
	}
}

/* RightPage: areas of one file, mapped next to each other with adjacent offsets. */
TEST_F(hook, neighbours_stay_apart)
{
	char *room = mmap(NULL, 6 * PAGE_SIZE, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, room);
	for (int n = 0; n < 3; n++) {
		struct vmremap_test_plan plan = {
			.count = 1, .calls = { { .slot = n, .pgoff = 2 * n } },
		};
		char *at = room + 2 * n * PAGE_SIZE;

		ASSERT_EQ(0, memory_alloc(self->fd, n, VMREMAP_TEST_AREA,
					  6 * PAGE_SIZE, 0));
		ASSERT_EQ(0, memory_poke(self->fd, n, 6, 1000 * (n + 1)));
		ASSERT_EQ(0, ioctl(self->fd, VMREMAP_TEST_SET_PLAN, &plan));
		ASSERT_EQ(at, mmap(at, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_FIXED, self->fd, 0));
	}
	for (int again = 0; again < 2; again++) {
		for (int n = 0; n < 3; n++)
			EXPECT_EQ(0, wrong_pages(room + 2 * n * PAGE_SIZE, 2,
						 1000 * (n + 1) + 2 * n));
		ASSERT_EQ(0, madvise(room, 6 * PAGE_SIZE, MADV_DONTNEED));
	}
	EXPECT_EQ(0, munmap(room, 6 * PAGE_SIZE));
}

/*
 * Allocate, map, split and free 20 areas of 8 MiB, with some refused calls. The slack tolerates
 * a page or two lost per round, but not a large folio.
 */
TEST_F(hook, memory_returns)
{
	size_t pages = MIB(8) / PAGE_SIZE;
	const long slack = 8 * 1024;
	long before = 0, vmalloc = 0;

	for (int n = 0; n < 20; n++) {
		char *map;

		/* Measure after the first round, which fills the kernel's caches. */
		if (n == 1) {
			before = free_kib();
			vmalloc = memory_kib("VmallocUsed");
		}
		ASSERT_EQ(0, memory_alloc(self->fd, AREA, VMREMAP_TEST_AREA,
					  MIB(8), 0));
		map = map_area(self->fd, AREA, 0, pages);
		ASSERT_NE(MAP_FAILED, map);
		for (size_t page = 0; page < pages; page++)
			*page_word(map, page) = page;
		EXPECT_EQ(MAP_FAILED, map_area(self->fd, AREA, 1, pages));
		if (n % 2)
			ASSERT_EQ(0, memory_free(self->fd, AREA));
		ASSERT_EQ(0, munmap(map + MIB(1), PAGE_SIZE));
		ASSERT_EQ(0, munmap(map, MIB(8)));
		if (!(n % 2))
			ASSERT_EQ(0, memory_free(self->fd, AREA));
	}

	EXPECT_GE(slack, lost_kib(before, slack));
	EXPECT_GT(1024, memory_kib("VmallocUsed") - vmalloc);
}

/* Memory comes from the node that the task's policy names, even after an equal area was freed. */
TEST_F(hook, comes_from_the_tasks_node)
{
	for (int n = 0; n < 8; n++) {
		unsigned long nodes = 1UL << n % 2;
		int node = -1;
		char *map;

		if (syscall(SYS_set_mempolicy, MPOL_BIND, &nodes, 8 * sizeof(nodes)))
			SKIP(return, "the machine has no second node of memory");
		ASSERT_EQ(0, memory_alloc(self->fd, AREA, VMREMAP_TEST_AREA, PAGE_SIZE, 0));
		map = map_area(self->fd, AREA, 0, 1);
		ASSERT_NE(MAP_FAILED, map);
		*page_word(map, 0) = n;
		ASSERT_EQ(0, syscall(SYS_get_mempolicy, &node, NULL, 0, map,
				     MPOL_F_NODE | MPOL_F_ADDR));
		EXPECT_EQ(n % 2, node);
		ASSERT_EQ(0, munmap(map, PAGE_SIZE));
		ASSERT_EQ(0, memory_free(self->fd, AREA));
	}
}

/*
 * Write to pages of areas, and to as many other pages, on each CPU, until the others have taken
 * many hint faults. Return: 0 if those of areas have taken few; faults on the stack count with
 * them.
 */
static int count_hint_faults(char *areas[], char *others, size_t pages)
{
	const long many = 4 * pages;
	long of_areas = 0, of_others = 0;

	for (int n = 0; of_others < many; n++) {
		long start, middle;

		run_on(n % 2);
		start = faults();
		for (size_t page = 0; page < pages; page++)
			*areas[page] = n;
		middle = faults();
		memset(others, n, pages * PAGE_SIZE);
		of_others += faults() - middle;
		of_areas += n ? middle - start : 0;
	}
	return of_areas >= many / 2;
}

/* NUMA balancing passes over an area, because its pages never migrate. */
TEST_F(hook, has_no_hint_faults)
{
	char *areas[VMREMAP_TEST_SLOTS], *others;
	const size_t pages = VMREMAP_TEST_SLOTS;
	unsigned long nodes = 3;

	others = mmap(NULL, pages * PAGE_SIZE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, others);
	/* One hint fault is enough for a folio, so each page is an area. */
	for (size_t slot = 0; slot < pages; slot++) {
		ASSERT_EQ(0, memory_alloc(self->fd, slot, VMREMAP_TEST_AREA, PAGE_SIZE, 0));
		areas[slot] = map_area(self->fd, slot, 0, 1);
		ASSERT_NE(MAP_FAILED, areas[slot]);
	}
	if (!balance_numa(true))
		SKIP(return, "the kernel has no NUMA balancing whose pace can be set");
	/* Before Linux 7.2, it passes over shared memory that has no policy of its own. */
	ASSERT_EQ(0, syscall(SYS_mbind, others, pages * PAGE_SIZE,
			     MPOL_BIND | MPOL_F_NUMA_BALANCING, &nodes, 8 * sizeof(nodes), 0));
	/* The period of a task is set by fork(). */
	EXPECT_EQ(0, in_child(count_hint_faults(areas, others, pages)));
	EXPECT_TRUE(balance_numa(false));
	for (size_t slot = 0; slot < pages; slot++)
		ASSERT_EQ(0, munmap(areas[slot], PAGE_SIZE));
	ASSERT_EQ(0, munmap(others, pages * PAGE_SIZE));
}

/* Allocate, map, access and free in an endless loop. */
static void churn(int fd, size_t pages)
{
	while (!memory_alloc(fd, AREA, VMREMAP_TEST_AREA, pages * PAGE_SIZE, 0)) {
		char *map = map_area(fd, AREA, 0, pages);

		for (size_t n = 0; n < pages; n += 100)
			*page_word(map, n) = n;
		memory_free(fd, AREA);
		munmap(map, pages * PAGE_SIZE);
	}
}

TEST_F(hook, killed_at_any_time)
{
	const long slack = 16 * 1024;
	long before = free_kib();

	for (int n = 0; n < 20; n++) {
		pid_t pid = fork();

		ASSERT_LE(0, pid);
		if (!pid) {
			churn(open(variant->device, O_RDWR | O_CLOEXEC),
			      MIB(96) / PAGE_SIZE + 3);
			_exit(1);
		}
		usleep(2000 + 7001 * n);
		ASSERT_EQ(0, kill(pid, SIGKILL));
		EXPECT_EQ(-SIGKILL, wait_for(pid));
	}
	EXPECT_GE(slack, lost_kib(before, slack));
}

TEST_HARNESS_MAIN

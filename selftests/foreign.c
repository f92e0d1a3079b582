// SPDX-License-Identifier: GPL-2.0
/* vmremap_range() on plain vmalloc memory, which behaves like remap_vmalloc_range(). */

#include <sys/uio.h>

#include "plan.h"

#define MEMORY 0
#define PAGES 700UL
#define SIZE (PAGES * PAGE_SIZE)

static const struct vmremap_test_call all = { .function = VMREMAP_TEST_RANGE };

FIXTURE(foreign) {
	int fd;
	char *map;
};

FIXTURE_SETUP(foreign)
{
	self->fd = open_or_skip(_metadata, TEST_MMAP);
	ASSERT_EQ(0, memory_alloc(self->fd, MEMORY, VMREMAP_TEST_VMALLOC_USER,
				  SIZE, 0));
	ASSERT_EQ(0, memory_poke(self->fd, MEMORY, PAGES, 100));
	self->map = map_call(self->fd, &all, PAGES, RW, MAP_SHARED);
	ASSERT_NE(MAP_FAILED, self->map);
}

FIXTURE_TEARDOWN(foreign)
{
	munmap(self->map, SIZE);
	close(self->fd);
}

TEST_F(foreign, is_shared_with_the_kernel)
{
	EXPECT_EQ(0, wrong_pages(self->map, PAGES, 100));
	for (size_t n = 0; n < PAGES; n++)
		*page_word(self->map, n) = 9000 + n;
	EXPECT_EQ(0, memory_peek(self->fd, MEMORY, PAGES, 9000));
}

TEST_F(foreign, every_offset)
{
	for (size_t first = 0; first < PAGES; first += 23) {
		struct vmremap_test_call call = all;
		char *map;

		/* Pass half of the offset in the address. */
		call.kaddr = first / 2 * PAGE_SIZE;
		call.pgoff = first - first / 2;
		map = map_call(self->fd, &call, PAGES - first, RW, MAP_SHARED);
		ASSERT_NE(MAP_FAILED, map);
		EXPECT_EQ(0, wrong_pages(map, PAGES - first, 100 + first));
		EXPECT_EQ(0, munmap(map, (PAGES - first) * PAGE_SIZE));
		EXPECT_EQ(EINVAL, errno_of(map_call(self->fd, &call, PAGES - first + 1, RW,
						    MAP_SHARED)));
	}
}

/* The pages live as long as they are mapped, even after vfree(). */
TEST_F(foreign, outlives_vfree)
{
	ASSERT_EQ(0, memory_free(self->fd, MEMORY));
	ASSERT_EQ(0, memory_alloc(self->fd, MEMORY, VMREMAP_TEST_VMALLOC_USER,
				  SIZE, 0));
	EXPECT_EQ(0, wrong_pages(self->map, PAGES, 100));
}

/* No fault handler, because after vfree() nobody knows which page belongs there. */
TEST_F(foreign, has_no_fault_handler)
{
	ASSERT_EQ(0, madvise(self->map, PAGE_SIZE, MADV_DONTNEED));
	EXPECT_EQ(SIGBUS, touch(self->map, false));
	EXPECT_EQ(0, wrong_pages(self->map + PAGE_SIZE, PAGES - 1, 101));
}

TEST_F(foreign, private_copies)
{
	char *map = map_call(self->fd, &all, PAGES, RW, MAP_PRIVATE);

	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(0, wrong_pages(map, PAGES, 100));
	for (size_t n = 0; n < PAGES; n++)
		*page_word(map, n) = 1;
	EXPECT_EQ(0, memory_peek(self->fd, MEMORY, PAGES, 100));
	EXPECT_EQ(0, munmap(map, SIZE));
}

TEST_F(foreign, inherited_by_fork)
{
	__u64 *word = page_word(self->map, 3);

	EXPECT_EQ(0, in_child(({
		*word = 3;
		*word += 100;
		!!wrong_pages(self->map, PAGES, 100);
	})));
	EXPECT_EQ(0, wrong_pages(self->map, PAGES, 100));
}

TEST_F(foreign, can_be_pinned)
{
	char *got = malloc(SIZE);
	struct iovec local = { .iov_base = got, .iov_len = SIZE };
	struct iovec remote = { .iov_base = self->map, .iov_len = SIZE };

	ASSERT_EQ((ssize_t)SIZE,
		  process_vm_readv(getpid(), &local, 1, &remote, 1, 0));
	EXPECT_EQ(0, wrong_pages(got, PAGES, 100));
	free(got);
}

TEST_F(foreign, cannot_grow)
{
	EXPECT_TRUE(vm_flag(self->map, "de"));
	EXPECT_TRUE(vm_flag(self->map, "dd"));
	EXPECT_EQ(EFAULT, errno_of(mremap(self->map, SIZE, SIZE + PAGE_SIZE, MREMAP_MAYMOVE)));
}

/* 20 rounds, each with 16 MiB and a refused call. */
TEST_F(foreign, memory_returns)
{
	const long slack = 8 * 1024;
	const size_t pages = 4096;
	struct vmremap_test_call call = all;
	long before = 0;

	call.slot = MEMORY + 1;
	for (int n = 0; n < 20; n++) {
		char *map;

		if (n == 1)
			before = free_kib();
		ASSERT_EQ(0, memory_alloc(self->fd, call.slot,
					  VMREMAP_TEST_VMALLOC_USER,
					  pages * PAGE_SIZE, 0));
		map = map_call(self->fd, &call, pages, RW, MAP_SHARED);
		ASSERT_NE(MAP_FAILED, map);
		EXPECT_EQ(MAP_FAILED, map_call(self->fd, &call, pages + 1, RW,
					       MAP_SHARED));
		ASSERT_EQ(0, memory_free(self->fd, call.slot));
		ASSERT_EQ(0, munmap(map, pages * PAGE_SIZE));
	}
	EXPECT_GE(slack, lost_kib(before, slack));
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0
/* VMAs with several parts, from several areas. */

#include <pthread.h>

#include "plan.h"
#include "uffd.h"

#define VMA_PAGES 4096ULL

/* A call that maps @pages pages of @area, from page @from on, at page @where of the VMA. */
#define PART(area, from, where, pages)					\
	((struct vmremap_test_call) {					\
		.function = VMREMAP_TEST_RANGE_PARTIAL, .slot = area,	\
		.pgoff = from, .uaddr = (where) * PAGE_SIZE,		\
		.size = (pages) * PAGE_SIZE,				\
	})

/* The pages of area 0 are numbered from 0 on, those of area 1 from 1000000 on, and so on. */
#define MARK 1000000ULL
#define AREAS 3
#define AREA_PAGES 1500ULL
#define RDONLY_AREA AREAS
#define VMALLOC (RDONLY_AREA + 1)

FIXTURE(partial) {
	int fd;
	char *map;
};

/* Small parts, and parts large enough for large folios. */
static const struct vmremap_test_plan good = {
	.count = 4,
	.calls = {
		PART(0, 0, 10, 1),
		PART(1, 7, 11, 100),
		PART(2, 0, 1024, 1400),
		PART(0, 3, 4000, 96),
	},
};

FIXTURE_SETUP(partial)
{
	self->fd = open_or_skip(_metadata, TEST_MMAP);
	for (int n = 0; n < AREAS; n++) {
		ASSERT_EQ(0, memory_alloc(self->fd, n, VMREMAP_TEST_AREA,
					  AREA_PAGES * PAGE_SIZE, 0));
		ASSERT_EQ(0, memory_poke(self->fd, n, AREA_PAGES, n * MARK));
	}
	ASSERT_EQ(0, memory_alloc(self->fd, RDONLY_AREA, VMREMAP_TEST_AREA,
				  AREA_PAGES * PAGE_SIZE, VMREMAP_RDONLY));
	self->map = map_plan(self->fd, &good, VMA_PAGES, RW, MAP_SHARED);
	ASSERT_NE(MAP_FAILED, self->map);
}

FIXTURE_TEARDOWN(partial)
{
	munmap(self->map, VMA_PAGES * PAGE_SIZE);
	close(self->fd);
}

/* Number of pages from @from up to @to that show another page than @plan maps there. */
static size_t wrong(const struct vmremap_test_plan *plan, char *map, size_t from,
		    size_t to)
{
	size_t wrong = 0;

	for (size_t page = from; page < to; page++) {
		const struct vmremap_test_call *part = NULL;
		size_t in_part;

		for (size_t n = 0; n < plan->count && !part; n++) {
			in_part = page - plan->calls[n].uaddr / PAGE_SIZE;
			if (in_part < plan->calls[n].size / PAGE_SIZE)
				part = &plan->calls[n];
		}
		if (part)
			wrong += *page_word(map, page) !=
				 part->slot * MARK + part->pgoff + in_part;
		else if (page % 64 == 0 || page == from || page + 1 == to)
			wrong += touch(page_word(map, page), false) != SIGBUS;
	}
	return wrong;
}

TEST_F(partial, each_part_shows_its_area)
{
	EXPECT_EQ(0, wrong(&good, self->map, 0, VMA_PAGES));
}

TEST_F(partial, is_shared_with_the_kernel)
{
	for (int page = 0; page < 1400; page++)
		*page_word(self->map, 1024 + page) = 5 + page;
	EXPECT_EQ(0, memory_peek(self->fd, 2, 1400, 5));
	EXPECT_EQ(0, memory_peek(self->fd, 0, AREA_PAGES, 0));
}

TEST_F(partial, comes_back_after_a_zap)
{
	ASSERT_EQ(0, madvise(self->map, VMA_PAGES * PAGE_SIZE, MADV_DONTNEED));
	EXPECT_EQ(0, wrong(&good, self->map, 0, VMA_PAGES));
}

TEST_F(partial, outlives_its_areas)
{
	for (int n = 0; n < AREAS; n++)
		ASSERT_EQ(0, memory_free(self->fd, n));
	EXPECT_EQ(0, wrong(&good, self->map, 0, VMA_PAGES));
	ASSERT_EQ(0, madvise(self->map, VMA_PAGES * PAGE_SIZE, MADV_DONTNEED));
	EXPECT_EQ(0, wrong(&good, self->map, 0, VMA_PAGES));
}

TEST_F(partial, survives_splits)
{
	/* Make one hole within a part, and one between parts. */
	ASSERT_EQ(0, munmap(self->map + 1500 * PAGE_SIZE, PAGE_SIZE));
	ASSERT_EQ(0, munmap(self->map + 3000 * PAGE_SIZE, PAGE_SIZE));
	ASSERT_EQ(0, madvise(self->map, 1500 * PAGE_SIZE, MADV_DONTNEED));
	ASSERT_EQ(0, madvise(self->map + 1501 * PAGE_SIZE, 1499 * PAGE_SIZE,
			     MADV_DONTNEED));
	EXPECT_EQ(0, wrong(&good, self->map, 0, 1500));
	EXPECT_EQ(0, wrong(&good, self->map, 1501, 3000));
	EXPECT_EQ(0, wrong(&good, self->map, 3001, VMA_PAGES));

	ASSERT_EQ(0, munmap(self->map, 1500 * PAGE_SIZE));
	EXPECT_EQ(0, wrong(&good, self->map, 1501, 3000));
}

TEST_F(partial, survives_a_move)
{
	size_t size = VMA_PAGES * PAGE_SIZE;
	char *to = mmap(NULL, size + PAGE_SIZE, PROT_NONE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, to);
	to += PAGE_SIZE;
	ASSERT_EQ(to, mremap(self->map, size, size,
			     MREMAP_MAYMOVE | MREMAP_FIXED, to));
	EXPECT_EQ(0, wrong(&good, to, 0, VMA_PAGES));
	ASSERT_EQ(0, madvise(to, size, MADV_DONTNEED));
	EXPECT_EQ(0, wrong(&good, to, 0, VMA_PAGES));
	self->map = to;
}

TEST_F(partial, survives_a_fork)
{
	EXPECT_EQ(0, in_child(({
		for (int n = 0; n < AREAS; n++)
			memory_free(self->fd, n);
		!!wrong(&good, self->map, 0, VMA_PAGES);
	})));
	EXPECT_EQ(0, wrong(&good, self->map, 0, VMA_PAGES));
}

TEST_F(partial, can_neither_grow_nor_execute)
{
	EXPECT_TRUE(vm_flag(self->map, "de"));
	EXPECT_TRUE(vm_flag(self->map, "dd"));
	EXPECT_EQ(EACCES, errno_of(mprotect(self->map, PAGE_SIZE, PROT_READ | PROT_EXEC)));
	EXPECT_EQ(EFAULT, errno_of(mremap(self->map, VMA_PAGES * PAGE_SIZE,
					  (VMA_PAGES + 1) * PAGE_SIZE, MREMAP_MAYMOVE)));
}

/* Private parts are copied on write, like with remap_vmalloc_range(). */
TEST_F(partial, private_copies)
{
	char *map = map_plan(self->fd, &good, VMA_PAGES, RW, MAP_PRIVATE);

	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(0, wrong(&good, map, 0, VMA_PAGES));
	for (int page = 1024; page < 1024 + 1400; page++)
		*page_word(map, page) = 77;
	EXPECT_EQ(77, *page_word(map, 1024));
	EXPECT_EQ(77, *page_word(map, 1024 + 1399));
	EXPECT_EQ(0, memory_peek(self->fd, 2, AREA_PAGES, 2 * MARK));
	EXPECT_EQ(0, munmap(map, VMA_PAGES * PAGE_SIZE));
}

struct protector {
	const char *page;
	int fd;
	bool stop;
};

static void *keep_protecting(void *arg)
{
	struct protector *protector = arg;

	while (!__atomic_load_n(&protector->stop, __ATOMIC_RELAXED)) {
		write_protect(protector->fd, protector->page, PAGE_SIZE,
			      UFFDIO_WRITEPROTECT_MODE_WP);
		write_protect(protector->fd, protector->page, PAGE_SIZE, 0);
	}
	return NULL;
}

/* A marker may appear while a fault is about to insert an entry. */
TEST_F(partial, write_protected_during_a_fault)
{
	char *page = self->map + 1024 * PAGE_SIZE;
	struct protector protector = { .page = page };
	const char *reason;
	pthread_t thread;

	protector.fd = track_writes(self->map, VMA_PAGES * PAGE_SIZE, &reason);
	if (protector.fd < 0)
		SKIP(return, "%s", reason);
	ASSERT_EQ(0, pthread_create(&thread, NULL, keep_protecting, &protector));
	for (int round = 0; round < 4000; round++) {
		ASSERT_EQ(0, madvise(page, PAGE_SIZE, MADV_DONTNEED));
		*page_word(page, 0) = round;
	}
	__atomic_store_n(&protector.stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	EXPECT_EQ(3999, *page_word(page, 0));
	close(protector.fd);
}

/*
 * Linux 6.15 to 7.0 and the first releases of 7.1 let userfaultfd(2) write-protect any mapping,
 * also what is not mapped yet: a marker is there then, which a fault has to replace.
 */
TEST_F(partial, write_protected_by_userfaultfd)
{
	const char *reason;
	int fd = track_writes(self->map, VMA_PAGES * PAGE_SIZE, &reason);

	if (fd < 0)
		SKIP(return, "%s", reason);
	ASSERT_EQ(0, write_protect(fd, self->map, VMA_PAGES * PAGE_SIZE,
				   UFFDIO_WRITEPROTECT_MODE_WP));
	EXPECT_EQ(0, wrong(&good, self->map, 0, VMA_PAGES));
	ASSERT_EQ(0, madvise(self->map, VMA_PAGES * PAGE_SIZE, MADV_DONTNEED));
	ASSERT_EQ(0, write_protect(fd, self->map, VMA_PAGES * PAGE_SIZE,
				   UFFDIO_WRITEPROTECT_MODE_WP));
	for (int page = 0; page < 1400; page++)
		*page_word(self->map, 1024 + page) = 5 + page;
	EXPECT_EQ(0, memory_peek(self->fd, 2, 1400, 5));
	close(fd);
}

/* As many adjacent parts as a plan can have, mapped in mixed order. */
TEST_F(partial, many_parts)
{
	static const int order[VMREMAP_TEST_CALLS] = { 3, 7, 0, 5, 1, 6, 2, 4 };
	struct vmremap_test_plan plan = { .count = VMREMAP_TEST_CALLS };
	char *map;

	for (int n = 0; n < VMREMAP_TEST_CALLS; n++)
		plan.calls[n] = PART(n % AREAS, 13 * n, 70 * order[n], 70);
	map = map_plan(self->fd, &plan, 600, RW, MAP_SHARED);
	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(0, wrong(&plan, map, 0, 600));
	EXPECT_EQ(0, munmap(map, 600 * PAGE_SIZE));
}

/* If a second call is refused, the part of the first one is undone. */
FIXTURE(second) {
	int fd;
};

FIXTURE_VARIANT(second) {
	struct vmremap_test_call first;
	struct vmremap_test_call call;
	int prot;
	int refuse;
};

FIXTURE_VARIANT_ADD(second, overlaps_all) {
	PART(0, 0, 8, 8), PART(1, 0, 8, 8), .refuse = EBUSY,
};

FIXTURE_VARIANT_ADD(second, overlaps_inside) {
	PART(0, 0, 8, 8), PART(1, 0, 10, 1), .refuse = EBUSY,
};

FIXTURE_VARIANT_ADD(second, overlaps_around) {
	PART(0, 0, 8, 8), PART(1, 0, 4, 16), .refuse = EBUSY,
};

FIXTURE_VARIANT_ADD(second, overlaps_first_page) {
	PART(0, 0, 8, 8), PART(1, 0, 1, 8), .refuse = EBUSY,
};

FIXTURE_VARIANT_ADD(second, overlaps_last_page) {
	PART(0, 0, 8, 8), PART(1, 0, 15, 8), .refuse = EBUSY,
};

/* Parts large enough for large folios. */
FIXTURE_VARIANT_ADD(second, overlaps_large) {
	PART(0, 0, 512, 512), PART(1, 256, 768, 256), .refuse = EBUSY,
};

FIXTURE_VARIANT_ADD(second, whole_after_part) {
	PART(0, 0, 8, 8),
	{ .function = VMREMAP_TEST_RANGE, .slot = 1 }, .refuse = EBUSY,
};

FIXTURE_VARIANT_ADD(second, area_after_part) {
	PART(0, 0, 8, 8),
	{ .function = VMREMAP_TEST_AREA_MMAP, .slot = 1 }, .refuse = EBUSY,
};

FIXTURE_VARIANT_ADD(second, part_after_area) {
	{ .function = VMREMAP_TEST_AREA_MMAP, .slot = 1 },
	PART(0, 0, 8, 8), .refuse = EBUSY,
};

FIXTURE_VARIANT_ADD(second, area_after_area) {
	{ .function = VMREMAP_TEST_AREA_MMAP, .slot = 1 },
	{ .function = VMREMAP_TEST_AREA_MMAP, .slot = 0 }, .refuse = EBUSY,
};

FIXTURE_VARIANT_ADD(second, vmalloc_after_part) {
	PART(0, 0, 8, 8),
	{ .function = VMREMAP_TEST_RANGE, .slot = VMALLOC }, .refuse = EBUSY,
};

FIXTURE_VARIANT_ADD(second, outside_vma) {
	PART(0, 0, 8, 8), PART(1, 0, AREA_PAGES - 2, 3), .refuse = ERANGE,
};

FIXTURE_VARIANT_ADD(second, outside_area) {
	PART(0, 0, 8, 8), PART(1, AREA_PAGES - 1, 20, 2), .refuse = EINVAL,
};

FIXTURE_VARIANT_ADD(second, write_to_rdonly) {
	PART(0, 0, 8, 8), PART(RDONLY_AREA, 0, 20, 2), .refuse = EACCES,
};

FIXTURE_VARIANT_ADD(second, beside) {
	PART(0, 0, 8, 8), PART(1, 0, 16, 8), .refuse = 0,
};

FIXTURE_VARIANT_ADD(second, before) {
	PART(0, 0, 8, 8), PART(1, 0, 0, 8), .refuse = 0,
};

FIXTURE_VARIANT_ADD(second, reads_rdonly) {
	PART(0, 0, 8, 8), PART(RDONLY_AREA, 0, 20, 2), .prot = PROT_READ,
};

FIXTURE_SETUP(second)
{
	self->fd = open_or_skip(_metadata, TEST_MMAP);
	for (int n = 0; n <= RDONLY_AREA; n++)
		ASSERT_EQ(0, memory_alloc(self->fd, n, VMREMAP_TEST_AREA,
					  AREA_PAGES * PAGE_SIZE,
					  n == RDONLY_AREA ? VMREMAP_RDONLY : 0));
	ASSERT_EQ(0, memory_alloc(self->fd, VMALLOC, VMREMAP_TEST_VMALLOC_USER,
				  AREA_PAGES * PAGE_SIZE, 0));
}

FIXTURE_TEARDOWN(second)
{
	close(self->fd);
}

TEST_F(second, call)
{
	struct vmremap_test_plan plan = {
		.count = 2, .calls = { variant->first, variant->call },
	};
	char *map = map_plan(self->fd, &plan, AREA_PAGES, variant->prot ? : RW, MAP_SHARED);

	ASSERT_EQ(0, ioctl(self->fd, VMREMAP_TEST_GET_PLAN, &plan));
	EXPECT_EQ(0, plan.calls[0].result);
	EXPECT_EQ(-variant->refuse, plan.calls[1].result);
	if (variant->refuse) {
		EXPECT_EQ(MAP_FAILED, map);
		return;
	}
	ASSERT_NE(MAP_FAILED, map);
	if (variant->prot == PROT_READ)
		EXPECT_EQ(EACCES, errno_of(mprotect(map, AREA_PAGES * PAGE_SIZE, RW)));
	EXPECT_EQ(0, munmap(map, AREA_PAGES * PAGE_SIZE));
}

/* 24 MiB of areas in each round, with refused calls: all memory is freed. */
TEST_F(second, leaves_no_reference)
{
	struct vmremap_test_plan plan = {
		.count = 2, .calls = { variant->first, variant->call },
	};
	const long slack = 8 * 1024;
	long before = free_kib();

	for (int n = 0; n < 3; n++) {
		char *map = map_plan(self->fd, &plan, AREA_PAGES, variant->prot ? : RW,
				     MAP_SHARED);

		if (map != MAP_FAILED)
			munmap(map, AREA_PAGES * PAGE_SIZE);
		for (int slot = 0; slot <= RDONLY_AREA; slot++) {
			ASSERT_EQ(0, memory_free(self->fd, slot));
			ASSERT_EQ(0, memory_alloc(self->fd, slot,
						  VMREMAP_TEST_AREA,
						  AREA_PAGES * PAGE_SIZE,
						  slot == RDONLY_AREA ?
						  VMREMAP_RDONLY : 0));
		}
	}
	EXPECT_GE(slack, lost_kib(before, slack));
}

/* Even if the driver ignores the failure and lets mmap(2) succeed, nothing is mapped. */
TEST_F(second, overlooked)
{
	struct vmremap_test_plan plan = {
		.count = 2, .go_on = 1, .calls = { variant->first, variant->call },
	};
	char *map = map_plan(self->fd, &plan, AREA_PAGES, variant->prot ? : RW, MAP_SHARED);
	size_t there = 0;

	ASSERT_NE(MAP_FAILED, map);
	for (int n = 0; n <= RDONLY_AREA; n++)
		ASSERT_EQ(0, memory_free(self->fd, n));
	/* Check every page of the small parts, and some pages of each page table. */
	for (size_t page = 0; page < AREA_PAGES; page += page < 32 ? 1 : 31)
		there += touch(page_word(map, page), false) != SIGBUS;
	if (variant->refuse)
		EXPECT_EQ(0, there);
	EXPECT_EQ(0, munmap(map, AREA_PAGES * PAGE_SIZE));
}

TEST_HARNESS_MAIN

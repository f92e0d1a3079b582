// SPDX-License-Identifier: GPL-2.0
/*
 * Memory failure, injected by MADV_HWPOISON. memory_failure() only marks the page, because it
 * handles only pages on an LRU. A failed page is lost until the machine is rebooted.
 */
#include "plan.h"

#ifndef MADV_HWPOISON
#define MADV_HWPOISON 100
#endif

#define AREA	0
#define VALUE	100UL
#define SMALL	16UL
#define PMD_PAGES (PMD_SIZE / PAGE_SIZE)
/* As CHEAP_PAGES in c/fault.c. */
#define FEW	8UL

FIXTURE(failed) {
	int fd;
	size_t page;
	char *map;
};

FIXTURE_VARIANT(failed) {
	const char *device;
	size_t pages;
	size_t page;
	__u32 flags;
};

FIXTURE_VARIANT_ADD(failed, mmap_only_page) { TEST_MMAP, 1, 0, 0 };
FIXTURE_VARIANT_ADD(failed, mmap_first_page) { TEST_MMAP, SMALL, 0, 0 };
FIXTURE_VARIANT_ADD(failed, mmap_last_page) { TEST_MMAP, SMALL, SMALL - 1, 0 };
FIXTURE_VARIANT_ADD(failed, mmap_in_pmd) { TEST_MMAP, 3 * PMD_PAGES, PMD_PAGES + 13, 0 };
FIXTURE_VARIANT_ADD(failed, mmap_populate) {
	TEST_MMAP, 3 * PMD_PAGES, 2 * PMD_PAGES, VMREMAP_POPULATE
};

FIXTURE_VARIANT_ADD(failed, prepare_only_page) { TEST_PREPARE, 1, 0, 0 };
FIXTURE_VARIANT_ADD(failed, prepare_last_page) { TEST_PREPARE, SMALL, SMALL - 1, 0 };
FIXTURE_VARIANT_ADD(failed, prepare_in_pmd) { TEST_PREPARE, 3 * PMD_PAGES, PMD_PAGES + 13, 0 };
FIXTURE_VARIANT_ADD(failed, prepare_populate) {
	TEST_PREPARE, 3 * PMD_PAGES, 0, VMREMAP_POPULATE
};

static int failing_errno;

static void poison(void *page)
{
	failing_errno = madvise(page, PAGE_SIZE, MADV_HWPOISON) ? errno : 0;
}

/*
 * Before Linux 7.0, a kernel that cannot split the large folio kills the processes that it finds
 * to have mapped the page. Returns 0, EINVAL if the kernel has no memory failure, or -1.
 */
static int fail_page(void *page)
{
	int sig = signal_of(poison, page);

	if (sig == SIGBUS || (!sig && (failing_errno == EBUSY || failing_errno == EHWPOISON)))
		return 0;
	return !sig && failing_errno == EINVAL ? EINVAL : -1;
}

FIXTURE_SETUP(failed)
{
	char *map;
	int err;

	self->fd = open_or_skip(_metadata, variant->device);
	ASSERT_EQ(0, memory_alloc(self->fd, AREA, VMREMAP_TEST_AREA, variant->pages * PAGE_SIZE,
				  variant->flags));
	ASSERT_EQ(0, memory_poke(self->fd, AREA, variant->pages, VALUE));
	map = map_area(self->fd, AREA, 0, variant->pages);
	ASSERT_NE(MAP_FAILED, map);
	err = fail_page(page_word(map, variant->page));
	if (err == EINVAL)
		SKIP(return, "the kernel has no memory failure");
	ASSERT_EQ(0, err);
	self->map = map;
}

FIXTURE_TEARDOWN(failed)
{
	close(self->fd);
}

/* Expect every page of a mapping that begins with page @from, except the failed one. */
static void check(struct __test_metadata *_metadata, char *map, size_t from, size_t pages,
		  size_t failed)
{
	size_t wrong = 0;

	for (size_t n = from; n < from + pages; n++)
		if (n != failed)
			wrong += *page_word(map, n - from) != VALUE + n;
	EXPECT_EQ(0, wrong);
	EXPECT_EQ(SIGBUS, touch(page_word(map, failed - from), false));
	EXPECT_EQ(SIGBUS, touch(page_word(map, failed - from), true));
}

TEST_F(failed, is_not_mapped_again)
{
	const size_t size = variant->pages * PAGE_SIZE;
	char *map;

	ASSERT_EQ(0, madvise(self->map, size, MADV_DONTNEED));
	check(_metadata, self->map, 0, variant->pages, variant->page);

	/* A new mapping does not map the page, either. */
	map = map_area(self->fd, AREA, 0, variant->pages);
	ASSERT_NE(MAP_FAILED, map);
	check(_metadata, map, 0, variant->pages, variant->page);
	/* Nor if the failed page is accessed first. */
	ASSERT_EQ(0, madvise(map, size, MADV_DONTNEED));
	EXPECT_EQ(SIGBUS, touch(page_word(map, variant->page), true));
	check(_metadata, map, 0, variant->pages, variant->page);
	EXPECT_EQ(0, munmap(map, size));
	EXPECT_EQ(0, munmap(self->map, size));
}

/* Nor does a VMA that has the area as a piece map it. */
TEST_F(failed, is_not_mapped_as_a_piece)
{
	const struct vmremap_test_call piece = {
		.function = VMREMAP_TEST_RANGE_PARTIAL, .slot = AREA,
		.size = variant->pages * PAGE_SIZE,
	};
	const size_t pages = variant->pages + 1;
	char *map;

	if (strcmp(variant->device, TEST_MMAP))
		SKIP(return, ".mmap_prepare maps no pieces");
	map = map_call(self->fd, &piece, pages, PROT_READ | PROT_WRITE, MAP_SHARED);
	ASSERT_NE(MAP_FAILED, map);
	check(_metadata, map, 0, variant->pages, variant->page);
	ASSERT_EQ(0, madvise(map, pages * PAGE_SIZE, MADV_DONTNEED));
	EXPECT_EQ(SIGBUS, touch(page_word(map, variant->page), true));
	check(_metadata, map, 0, variant->pages, variant->page);
	EXPECT_EQ(0, munmap(map, pages * PAGE_SIZE));
}

/* Pages that are mapped in advance: all but the failed one, even with VMREMAP_POPULATE. */
TEST_F(failed, is_left_out_of_what_is_mapped_at_once)
{
	const size_t pages = variant->flags & VMREMAP_POPULATE || variant->pages < FEW ?
		variant->pages : FEW;
	const size_t from = variant->page / pages * pages;
	size_t sum = 0;
	long before;
	char *map;

	map = map_area(self->fd, AREA, from, pages);
	ASSERT_NE(MAP_FAILED, map);
	before = faults();
	for (size_t n = from; n < from + pages; n++)
		if (n / PMD_PAGES != variant->page / PMD_PAGES || pages <= FEW)
			sum += n == variant->page ? 0 : *page_word(map, n - from);
	EXPECT_EQ(before, faults());
	EXPECT_LE(VALUE * (pages / PMD_PAGES), sum);
	check(_metadata, map, from, pages, variant->page);
	EXPECT_EQ(0, munmap(map, pages * PAGE_SIZE));
}

/* The next owner would lose what it writes to the page. */
TEST_F(failed, is_given_to_nobody)
{
	const size_t size = variant->pages * PAGE_SIZE;

	ASSERT_EQ(0, munmap(self->map, size));
	ASSERT_EQ(0, memory_free(self->fd, AREA));
	for (int n = 0; n < VMREMAP_TEST_SLOTS; n++) {
		char *map;

		ASSERT_EQ(0, memory_alloc(self->fd, n, VMREMAP_TEST_AREA, size, variant->flags));
		map = map_area(self->fd, n, 0, variant->pages);
		ASSERT_NE(MAP_FAILED, map);
		for (size_t page = 0; page < variant->pages; page++)
			ASSERT_EQ(0, touch(page_word(map, page), true));
		ASSERT_EQ(0, munmap(map, size));
	}
}

/* Bit 63 of the entry of a page in /proc/PID/pagemap. */
static bool is_present(int pagemap, const void *addr)
{
	__u64 entry = 0;

	pread(pagemap, &entry, sizeof(entry), (unsigned long)addr / PAGE_SIZE * sizeof(entry));
	return entry >> 63;
}

/* One folio smaller than a PMD, of which a page has failed. */
FIXTURE(small) {
	int fd;
	char *map;
};

FIXTURE_VARIANT(small) {
	__u32 function;
	size_t pages;
};

FIXTURE_VARIANT_ADD(small, whole) { VMREMAP_TEST_AREA_MMAP, SMALL };
/* A part of a VMA, whose last page is not mapped. */
FIXTURE_VARIANT_ADD(small, part) { VMREMAP_TEST_RANGE_PARTIAL, SMALL + 1 };

FIXTURE_SETUP(small)
{
	struct vmremap_test_call call = {
		.function = variant->function, .slot = AREA, .size = SMALL * PAGE_SIZE,
	};
	int err;

	self->fd = open_or_skip(_metadata, TEST_MMAP);
	ASSERT_EQ(0, memory_alloc(self->fd, AREA, VMREMAP_TEST_AREA, SMALL * PAGE_SIZE, 0));
	ASSERT_EQ(0, memory_poke(self->fd, AREA, SMALL, VALUE));
	self->map = map_call(self->fd, &call, variant->pages, PROT_READ | PROT_WRITE, MAP_SHARED);
	ASSERT_NE(MAP_FAILED, self->map);
	err = fail_page(page_word(self->map, 5));
	if (err == EINVAL)
		SKIP(return, "the kernel has no memory failure");
	ASSERT_EQ(0, err);
}

FIXTURE_TEARDOWN(small)
{
	close(self->fd);
}

/*
 * RightPage: if a fault finds the folio locked, by the fault of another process, the kernel would
 * map the whole folio; it must not map the failed page.
 */
TEST_F(small, is_not_mapped_with_its_folio)
{
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	char *map = self->map;
	pid_t others[2];
	size_t mapped = 0;

	for (int n = 0; n < 2; n++) {
		others[n] = fork();
		ASSERT_LE(0, others[n]);
		while (!others[n]) {
			madvise(map, SMALL * PAGE_SIZE, MADV_DONTNEED);
			touch(map, false);
		}
	}
	for (int tries = 0; tries < 3000; tries++) {
		madvise(map, SMALL * PAGE_SIZE, MADV_DONTNEED);
		EXPECT_EQ(0, touch(map, false));
		EXPECT_TRUE(tries || is_present(pagemap, map));
		mapped += is_present(pagemap, page_word(map, 5));
	}
	EXPECT_EQ(0, mapped);
	close(pagemap);
	for (int n = 0; n < 2; n++) {
		kill(others[n], SIGKILL);
		wait_for(others[n]);
	}
}

/* An access to the failed page fails, and does not fault again and again; also for parts. */
TEST_F(small, is_not_mapped_again)
{
	ASSERT_EQ(0, madvise(self->map, SMALL * PAGE_SIZE, MADV_DONTNEED));
	check(_metadata, self->map, 0, SMALL, 5);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0
/*
 * Pin memory, and then unmap, put and unpin it in every order: the bytes stay right until the
 * unpin, and the memory is freed after it.
 */

#include "pin.h"
#include "plan.h"

enum { UNMAP = 'm', PUT = 'a', UNPIN = 'p' };

FIXTURE(order) {
	int fd;
	struct ring ring;
};

FIXTURE_VARIANT(order) {
	const char *device;
	const char *steps;
	bool hole;
};

FIXTURE_VARIANT_ADD(order, unmap_put_unpin) { TEST_PREPARE, "map", false };
FIXTURE_VARIANT_ADD(order, unmap_unpin_put) { TEST_PREPARE, "mpa", false };
FIXTURE_VARIANT_ADD(order, put_unmap_unpin) { TEST_PREPARE, "amp", false };
FIXTURE_VARIANT_ADD(order, put_unpin_unmap) { TEST_PREPARE, "apm", false };
FIXTURE_VARIANT_ADD(order, unpin_unmap_put) { TEST_PREPARE, "pma", false };
FIXTURE_VARIANT_ADD(order, unpin_put_unmap) { TEST_PREPARE, "pam", false };
FIXTURE_VARIANT_ADD(order, mmap_unmap_put_unpin) { TEST_MMAP, "map", false };
FIXTURE_VARIANT_ADD(order, mmap_put_unmap_unpin) { TEST_MMAP, "amp", false };
FIXTURE_VARIANT_ADD(order, split_unmap_put_unpin) { TEST_PREPARE, "map", true };
FIXTURE_VARIANT_ADD(order, split_put_unmap_unpin) { TEST_PREPARE, "amp", true };

FIXTURE_SETUP(order)
{
	self->fd = open_or_skip(_metadata, variant->device);
	if (ring_open(&self->ring))
		SKIP(return, "no io_uring: %m");
}

FIXTURE_TEARDOWN(order)
{
	close(self->ring.fd);
	close(self->fd);
}

#define AREA_PAGES 2560UL
#define AREA_SIZE (AREA_PAGES * PAGE_SIZE)

/* Write the pinned buffer to a file, and check pages from the whole area. */
static bool pinned_right(struct ring *ring, void *map)
{
	int fd = memfd_create("copy", MFD_CLOEXEC);
	int ret = ring_rw(ring, true, fd, map, AREA_SIZE);
	size_t wrong = 0;

	for (size_t page = 0; page < AREA_PAGES; page++) {
		__u64 word = 0;

		pread(fd, &word, sizeof(word), page * PAGE_SIZE);
		wrong += word != 100 + page;
	}
	close(fd);
	return ret == (int)AREA_SIZE && !wrong;
}

/* PagesOutlive: for each order of release. */
TEST_F(order, of_release)
{
	const long slack = 4 * 1024;
	bool pinned = true, mapped = true;
	long before;
	char *map;

	if (ring_refuses_files())
		SKIP(return, NO_FILES);
	/* Measure after a first area, which fills the kernel's caches. */
	ASSERT_EQ(0, memory_alloc(self->fd, 0, VMREMAP_TEST_AREA, AREA_SIZE, 0));
	ASSERT_EQ(0, memory_free(self->fd, 0));
	before = free_kib();

	ASSERT_EQ(0, memory_alloc(self->fd, 0, VMREMAP_TEST_AREA, AREA_SIZE, 0));
	ASSERT_EQ(0, memory_poke(self->fd, 0, AREA_PAGES, 100));
	map = map_area(self->fd, 0, 0, AREA_PAGES);
	ASSERT_NE(MAP_FAILED, map);
	if (variant->hole)
		ASSERT_EQ(0, mprotect(map + PAGE_SIZE, PAGE_SIZE, PROT_READ));
	ASSERT_EQ(0, mprotect(map, AREA_SIZE, PROT_READ | PROT_WRITE));
	ASSERT_EQ(0, ring_register(&self->ring, map, AREA_SIZE));

	for (const char *step = variant->steps; *step; step++) {
		switch (*step) {
		case UNMAP:
			ASSERT_EQ(0, munmap(map, AREA_SIZE));
			mapped = false;
			break;
		case PUT:
			ASSERT_EQ(0, memory_free(self->fd, 0));
			break;
		case UNPIN:
			ASSERT_EQ(0, ring_unregister(&self->ring));
			pinned = false;
			break;
		}
		if (pinned)
			EXPECT_TRUE(pinned_right(&self->ring, map));
		if (mapped)
			EXPECT_EQ(100 + AREA_PAGES - 1,
				  *page_word(map, AREA_PAGES - 1));
	}

	EXPECT_GE(slack, lost_kib(before, slack));
}

TEST_HARNESS_MAIN

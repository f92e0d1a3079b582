// SPDX-License-Identifier: GPL-2.0
/*
 * What a Rust driver's mmap callbacks do to the program that maps: see
 * rust/device.rs, where the offset in the file chooses.
 */
#include "../samples/vmremap_sample.h"
#include "common.h"

#define PAGES 1024UL

enum {
	DROPPED,
	TWICE,
	SECOND_TRY = 6,
	LATE_FAILURE = 8,
};

FIXTURE(callback)
{
	int fd;
	/* PAGES and one PMD more, so that a PMD's place can be chosen. */
	char *reserved;
	char *aligned;
};

FIXTURE_SETUP(callback)
{
	size_t size = PAGES * PAGE_SIZE + PMD_SIZE;

	self->fd = open("/dev/vmremap-rust-test", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	self->reserved = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
			      -1, 0);
	ASSERT_NE(MAP_FAILED, self->reserved);
	self->aligned = (char *)(((unsigned long)self->reserved + PMD_SIZE - 1) &
				 -PMD_SIZE);
}

FIXTURE_TEARDOWN(callback)
{
	munmap(self->reserved, PAGES * PAGE_SIZE + PMD_SIZE);
	close(self->fd);
}

static char *map(int fd, char *where, int what)
{
	return mmap(where, PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_FIXED, fd, what * PAGE_SIZE);
}

/* The first page that does not begin with the area's 1. */
static size_t first_foreign(const char *p, size_t from)
{
	while (from < PAGES && p[from * PAGE_SIZE] == 1)
		from++;
	return from;
}

/* AreaOutlives, PagesOutlive: the mapping has references of its own. */
TEST_F(callback, drops_the_last_reference)
{
	char *p = map(self->fd, self->aligned, DROPPED);

	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(PAGES, first_foreign(p, 0));
	p[PAGE_SIZE] = 2;
	EXPECT_EQ(1, first_foreign(p, 0));
}

/* VmaInit, AllOrNothing: the second is refused and takes the first back, and a third is refused. */
TEST_F(callback, maps_twice)
{
	EXPECT_EQ(EBUSY, errno_of(map(self->fd, self->aligned, TWICE)));
}

/* AllOrNothing: a refusal leaves the VMA as it was. */
TEST_F(callback, tries_again_after_refusals)
{
	char *p = map(self->fd, self->aligned, SECOND_TRY);

	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(PAGES, first_foreign(p, 0));
}

FIXTURE(prepare)
{
	int fd;
};

FIXTURE_SETUP(prepare)
{
	self->fd = open("/dev/vmremap-rust-test-prepare", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(prepare)
{
	close(self->fd);
}

/* AreaOutlives, PagesOutlive: the mapping has references of its own. */
TEST_F(prepare, drops_the_last_reference)
{
	char *p = map_pages(self->fd, DROPPED, PAGES);

	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(PAGES, first_foreign(p, 0));
	p[PAGE_SIZE] = 2;
	EXPECT_EQ(1, first_foreign(p, 0));
}

/* VmaInit, AllOrNothing: the second is refused and takes the first back, and a third is refused. */
TEST_F(prepare, maps_twice)
{
	EXPECT_EQ(EBUSY, errno_of(map_pages(self->fd, TWICE, PAGES)));
}

/* AllOrNothing: a refusal leaves the description as it was. */
TEST_F(prepare, tries_again_after_refusals)
{
	char *p = map_pages(self->fd, SECOND_TRY, PAGES);

	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(PAGES, first_foreign(p, 0));
}

/* AllOrNothing: of what fails after it has mapped, nothing is left. */
TEST_F(prepare, fails_late)
{
	int before = core_references();

	ASSERT_LT(0, before);
	for (int tries = 0; tries < 10; tries++)
		EXPECT_EQ(ENXIO, errno_of(map_pages(self->fd, LATE_FAILURE, PAGES)));
	EXPECT_EQ(before, core_references());
}

/* The sample driver, by either hook. */
FIXTURE(sample)
{
	int fd;
};

FIXTURE_VARIANT(sample)
{
	const char *path;
};

FIXTURE_VARIANT_ADD(sample, mmap)
{
	.path = "/dev/vmremap-sample-rust",
};

FIXTURE_VARIANT_ADD(sample, mmap_prepare)
{
	.path = "/dev/vmremap-sample-rust-prepare",
};

FIXTURE_SETUP(sample)
{
	self->fd = open(variant->path, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(sample)
{
	close(self->fd);
}

/* RightPage: a program that asks for nothing has 64 MiB by 32 entries. */
TEST_F(sample, placed_for_huge_pages)
{
	size_t size = 64 << 20;
	char *map = map_pages(self->fd, VMREMAP_SAMPLE_DATA / PAGE_SIZE, size / PAGE_SIZE);

	ASSERT_NE(MAP_FAILED, map);
	for (size_t n = 0; n < size; n += PAGE_SIZE)
		EXPECT_EQ(0, touch(map + n, true));
	EXPECT_EQ(size / 1024, smaps_kib(map, "FilePmdMapped"));
	EXPECT_EQ(0, munmap(map, size));
}

/* NoSharedRef: other memory of the program to an area and back, in pieces of any size. */
TEST_F(callback, copies_other_memory)
{
	static const unsigned int lengths[] = { 1, 511, 512, 513, 4096, 100001 };

	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		unsigned int len = lengths[i];
		unsigned char *bytes = malloc(2 * len + 1);

		ASSERT_NE(NULL, bytes);
		memset(bytes, 0x7f, 2 * len + 1);
		for (size_t j = 0; j < len; j++)
			bytes[j] = j * 31 + i;
		EXPECT_EQ(0, ioctl(self->fd, len, bytes));
		EXPECT_EQ(0, memcmp(bytes, bytes + len, len));
		EXPECT_EQ(0x7f, bytes[2 * len]);
		free(bytes);
	}
	/* The second half is not there. */
	EXPECT_EQ(EFAULT, errno_of(ioctl(self->fd, PAGE_SIZE, self->reserved)));
}

/* The driver of the crate's first page: a page for each opener. */
TEST(scratch)
{
	int fd = open("/dev/scratch", O_RDWR | O_CLOEXEC);
	int other = open("/dev/scratch", O_RDWR | O_CLOEXEC);
	char *map;

	ASSERT_LE(0, fd);
	ASSERT_LE(0, other);
	map = map_pages(fd, 0, 1);
	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(EINVAL, errno_of(map_pages(fd, 1, 1)));

	memset(map, 1, 96);
	EXPECT_EQ(4000, ioctl(fd, 0));
	EXPECT_EQ(4096, ioctl(other, 0));
}

TEST_HARNESS_MAIN

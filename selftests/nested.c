// SPDX-License-Identifier: GPL-2.0
/*
 * A mapping that replaces another one, made by each of the hooks: nothing of the old mapping may
 * show through, and no reference may leak.
 */
#include "plan.h"

#define PAGES		8UL
#define VALUE		0x1000UL
#define LARGE		(4UL << 20)

/* The mapping that is replaced. */
enum old {
	NOTHING,
	RESERVATION,	/* PROT_NONE, as a dynamic linker reserves addresses */
	MEMFD,		/* writable memory of another file */
	SAME_AREA,	/* the same area, writable */
	OTHER_AREA,	/* another area, writable, mapped by .mmap_prepare */
	LARGER,		/* a memfd, of which a part remains on both sides */
};

FIXTURE(replace) {
	int fd;
	int other;
	int memfd;
};

FIXTURE_VARIANT(replace) {
	const char *device;
	enum old old;
};

FIXTURE_VARIANT_ADD(replace, mmap_over_nothing) { TEST_MMAP, NOTHING };
FIXTURE_VARIANT_ADD(replace, mmap_over_reservation) { TEST_MMAP, RESERVATION };
FIXTURE_VARIANT_ADD(replace, mmap_over_memfd) { TEST_MMAP, MEMFD };
FIXTURE_VARIANT_ADD(replace, mmap_over_same_area) { TEST_MMAP, SAME_AREA };
FIXTURE_VARIANT_ADD(replace, mmap_over_other_area) { TEST_MMAP, OTHER_AREA };
FIXTURE_VARIANT_ADD(replace, mmap_over_larger) { TEST_MMAP, LARGER };
FIXTURE_VARIANT_ADD(replace, prepare_over_nothing) { TEST_PREPARE, NOTHING };
FIXTURE_VARIANT_ADD(replace, prepare_over_reservation) { TEST_PREPARE, RESERVATION };
FIXTURE_VARIANT_ADD(replace, prepare_over_memfd) { TEST_PREPARE, MEMFD };
FIXTURE_VARIANT_ADD(replace, prepare_over_same_area) { TEST_PREPARE, SAME_AREA };
FIXTURE_VARIANT_ADD(replace, prepare_over_other_area) { TEST_PREPARE, OTHER_AREA };
FIXTURE_VARIANT_ADD(replace, prepare_over_larger) { TEST_PREPARE, LARGER };
FIXTURE_VARIANT_ADD(replace, nested_over_nothing) { TEST_NESTED, NOTHING };
FIXTURE_VARIANT_ADD(replace, nested_over_reservation) { TEST_NESTED, RESERVATION };
FIXTURE_VARIANT_ADD(replace, nested_over_memfd) { TEST_NESTED, MEMFD };
FIXTURE_VARIANT_ADD(replace, nested_over_same_area) { TEST_NESTED, SAME_AREA };
FIXTURE_VARIANT_ADD(replace, nested_over_other_area) { TEST_NESTED, OTHER_AREA };
FIXTURE_VARIANT_ADD(replace, nested_over_larger) { TEST_NESTED, LARGER };

FIXTURE_SETUP(replace)
{
	self->fd = open_or_skip(_metadata, variant->device);
	self->other = open(variant->device, O_RDWR | O_CLOEXEC);
	ASSERT_GE(self->other, 0);
	self->memfd = memfd_create("old", MFD_CLOEXEC);
	ASSERT_GE(self->memfd, 0);
}

FIXTURE_TEARDOWN(replace)
{
	close(self->memfd);
	close(self->other);
	close(self->fd);
}

/* Map the area of slot 0 at @addr. */
static void *map_at(int fd, void *addr, size_t size, int prot)
{
	struct vmremap_test_plan plan = {
		.count = 1,
		.calls = { { .function = VMREMAP_TEST_AREA_MMAP } },
	};

	if (ioctl(fd, VMREMAP_TEST_SET_PLAN, &plan))
		return MAP_FAILED;
	return mmap(addr, size, prot, MAP_SHARED | (addr ? MAP_FIXED : 0), fd, 0);
}

/* Make the old mapping, and access it. Returns the address for the area. */
static void *map_old(struct __test_metadata *_metadata, enum old old, int fd,
		     int other, int memfd, size_t size)
{
	size_t more = old == LARGER ? size : 0;
	char *addr = NULL;

	switch (old) {
	case NOTHING:
	case RESERVATION:
		addr = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		break;
	case MEMFD:
	case LARGER:
		ASSERT_EQ(0, ftruncate(memfd, 3 * size));
		addr = mmap(NULL, size + 2 * more, PROT_READ | PROT_WRITE, MAP_SHARED,
			    memfd, 0);
		break;
	case SAME_AREA:
		addr = map_at(fd, NULL, size, PROT_READ | PROT_WRITE);
		break;
	case OTHER_AREA:
		ASSERT_EQ(0, memory_alloc(other, 0, VMREMAP_TEST_AREA, size, 0));
		addr = map_at(other, NULL, size, PROT_READ | PROT_WRITE);
		break;
	}
	ASSERT_NE(MAP_FAILED, addr);
	if (old >= MEMFD) {
		for (size_t at = 0; at < size + 2 * more; at += PAGE_SIZE)
			addr[at + 8] = 'o';
	}
	ASSERT_EQ(0, old == NOTHING ? munmap(addr, size) : 0);
	return addr + more;
}

/* Only slot 0 holds references on the pages of its area. */
static void check_let_go(struct __test_metadata *_metadata, int fd, size_t pages)
{
	size_t refs = memory_references(fd, 0);

	EXPECT_EQ(pages, refs);
	ASSERT_EQ(0, memory_free(fd, 0));
}

/*
 * RightPage, PolicyHeld, AllOrNothing: the mapping shows only the area, is not writable if it was
 * mapped read-only, and leaks no reference. What remains on both sides is unchanged.
 */
TEST_F(replace, shows_the_area_alone)
{
	static const struct {
		size_t pages;
		__u32 flags;
	} areas[] = {
		{ PAGES, 0 },
		{ PAGES, VMREMAP_RDONLY },
		{ PAGES, VMREMAP_POPULATE },
		{ PAGES, VMREMAP_RDONLY | VMREMAP_POPULATE },
		{ LARGE / PAGE_SIZE, 0 },
		{ LARGE / PAGE_SIZE, VMREMAP_RDONLY | VMREMAP_POPULATE },
	};
	char *addr, *map;

	for (size_t i = 0; i < sizeof(areas) / sizeof(*areas); i++) {
		const size_t pages = areas[i].pages, size = pages * PAGE_SIZE;
		size_t wrong = 0;

		if (variant->old == SAME_AREA && areas[i].flags & VMREMAP_RDONLY)
			continue;
		ASSERT_EQ(0, memory_alloc(self->fd, 0, VMREMAP_TEST_AREA, size,
					  areas[i].flags));
		ASSERT_EQ(0, memory_poke(self->fd, 0, pages, VALUE));
		addr = map_old(_metadata, variant->old, self->fd, self->other,
			       self->memfd, size);

		map = map_at(self->fd, addr, size, PROT_READ);
		ASSERT_EQ(addr, map);
		EXPECT_EQ(SIGSEGV, touch(map, true));
		for (size_t page = 0; page < pages; page++)
			wrong += *page_word(map, page) != VALUE + page;
		EXPECT_EQ(0, wrong);
		EXPECT_EQ(SIGSEGV, touch(map + size - 1, true));
		EXPECT_EQ(0, memory_peek(self->fd, 0, pages, VALUE));
		if (variant->old == LARGER) {
			EXPECT_EQ('o', addr[8 - size]);
			EXPECT_EQ('o', addr[8 + size]);
			EXPECT_EQ(0, munmap(addr - size, 3 * size));
		} else {
			EXPECT_EQ(0, munmap(addr, size));
		}
		check_let_go(_metadata, self->fd, pages);
		if (variant->old == OTHER_AREA)
			check_let_go(_metadata, self->other, pages);
	}
}

/* AreaOutlives, PagesOutlive: mapping and freeing one area after the other leaks no memory. */
TEST_F(replace, loses_no_memory)
{
	const size_t beside = variant->old == LARGER ? LARGE : 0;
	const long slack = 8192;
	long before = 0;

	/* Enough rounds that losing one PMD in each exceeds the slack. */
	for (int round = 0; round < 12; round++) {
		char *addr, *map;

		/* Measure after the first round, which fills the caches. */
		if (round == 1)
			before = free_kib();
		ASSERT_EQ(0, memory_alloc(self->fd, 0, VMREMAP_TEST_AREA, LARGE, 0));
		addr = map_old(_metadata, variant->old, self->fd, self->other,
			       self->memfd, LARGE);
		map = map_at(self->fd, addr, LARGE, PROT_READ | PROT_WRITE);
		ASSERT_EQ(addr, map);
		map[0] = 1;
		map[LARGE - 1] = 1;
		ASSERT_EQ(0, munmap(addr - beside, LARGE + 2 * beside));
		ASSERT_EQ(0, memory_free(self->fd, 0));
		ASSERT_EQ(0, variant->old == OTHER_AREA ? memory_free(self->other, 0) : 0);
		ASSERT_EQ(0, ftruncate(self->memfd, 0));
	}
	EXPECT_LE(lost_kib(before, slack), slack);
}

TEST_HARNESS_MAIN

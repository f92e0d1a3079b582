// SPDX-License-Identifier: GPL-2.0
/*
 * What a driver gets to know about its mappings, and what it can keep: vm_ops that count VMAs,
 * .fsync, its file, and addresses in place of areas. remap_vmalloc_range() is a variant, too, so
 * that a driver sees what it has always seen.
 */
#include "plan.h"

#define PAGES		8UL
#define BYTES		(PAGES * PAGE_SIZE)

#define VMALLOC_USER	VMREMAP_TEST_VMALLOC_USER
#define AREA		VMREMAP_TEST_AREA
#define BY_ADDRESS	VMREMAP_TEST_BY_ADDRESS
#define AREA_MMAP	VMREMAP_TEST_AREA_MMAP
#define RANGE		VMREMAP_TEST_RANGE
#define RANGE_PARTIAL	VMREMAP_TEST_RANGE_PARTIAL
#define STOCK_RANGE	VMREMAP_TEST_STOCK_RANGE

FIXTURE(driver) {
	int fd;
};

FIXTURE_VARIANT(driver) {
	const char *device;
	__u32 kind;
	__u32 function;
};

FIXTURE_VARIANT_ADD(driver, stock) { TEST_MMAP, VMALLOC_USER, STOCK_RANGE };
FIXTURE_VARIANT_ADD(driver, vmalloc) { TEST_MMAP, VMALLOC_USER, RANGE };
FIXTURE_VARIANT_ADD(driver, area) { TEST_MMAP, AREA, AREA_MMAP };
FIXTURE_VARIANT_ADD(driver, range) { TEST_MMAP, AREA, RANGE };
FIXTURE_VARIANT_ADD(driver, address) { TEST_MMAP, BY_ADDRESS, RANGE };
FIXTURE_VARIANT_ADD(driver, part) { TEST_MMAP, AREA, RANGE_PARTIAL };
FIXTURE_VARIANT_ADD(driver, prepare) { TEST_PREPARE, AREA, AREA_MMAP };
FIXTURE_VARIANT_ADD(driver, nested) { TEST_NESTED, AREA, AREA_MMAP };
FIXTURE_VARIANT_ADD(driver, sync) { TEST_SYNC, AREA, RANGE };
FIXTURE_VARIANT_ADD(driver, sync_part) { TEST_SYNC, AREA, RANGE_PARTIAL };
FIXTURE_VARIANT_ADD(driver, sync_stock) { TEST_SYNC, VMALLOC_USER, STOCK_RANGE };

FIXTURE_SETUP(driver)
{
	self->fd = open_or_skip(_metadata, variant->device);
	ASSERT_EQ(0, memory_alloc(self->fd, 0, variant->kind, BYTES, 0));
}

FIXTURE_TEARDOWN(driver)
{
	close(self->fd);
}

/* A part does not cover the VMA's last page. */
static void *map(int fd, __u32 function, __u32 flags)
{
	struct vmremap_test_call call = {
		.function = function, .flags = flags, .size = BYTES - PAGE_SIZE,
	};

	return map_call(fd, &call, PAGES, RW, MAP_SHARED);
}

static struct vmremap_test_counts counts(int fd)
{
	struct vmremap_test_counts counts = {};

	ioctl(fd, VMREMAP_TEST_COUNTS, &counts);
	return counts;
}

#define EXPECT_COUNTS(o, c) \
	do { \
		struct vmremap_test_counts now = counts(self->fd); \
		EXPECT_EQ(o, now.opened); \
		EXPECT_EQ(c, now.closed); \
	} while (0)

TEST_F(driver, counts_vmas)
{
	char *map1 = map(self->fd, variant->function, VMREMAP_TEST_COUNT);
	char *place = mmap(NULL, PAGE_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, map1);
	ASSERT_NE(MAP_FAILED, place);
	EXPECT_COUNTS(1, 0);
	EXPECT_EQ(0, touch(map1, true));

	/* A hole makes two of one, and the rest is unmapped later. */
	ASSERT_EQ(0, munmap(map1 + 2 * PAGE_SIZE, PAGE_SIZE));
	EXPECT_COUNTS(3, 1);
	ASSERT_EQ(0, munmap(map1 + 3 * PAGE_SIZE, BYTES - 3 * PAGE_SIZE));
	EXPECT_COUNTS(3, 2);

	/* The first page gets a VMA of its own. */
	ASSERT_EQ(0, mprotect(map1, PAGE_SIZE, PROT_READ));
	EXPECT_COUNTS(4, 2);

	ASSERT_EQ(place, mremap(map1, PAGE_SIZE, PAGE_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, place));
	EXPECT_COUNTS(5, 3);
	ASSERT_EQ(0, munmap(place, PAGE_SIZE));
	ASSERT_EQ(0, munmap(map1 + PAGE_SIZE, PAGE_SIZE));
	EXPECT_COUNTS(5, 5);
}

TEST_F(driver, counts_children)
{
	char *map1 = map(self->fd, variant->function, VMREMAP_TEST_COUNT);

	ASSERT_NE(MAP_FAILED, map1);
	EXPECT_EQ(0, in_child(touch(map1, true)));
	EXPECT_COUNTS(2, 1);
	ASSERT_EQ(0, munmap(map1, BYTES));
	EXPECT_COUNTS(2, 2);
}

/*
 * If the callback fails, the kernel calls no .close, and nothing stays behind. An .mmap callback
 * fails after its last call; after .mmap_prepare, the kernel would leak the file then, so there the
 * last call fails, and takes back what the first has set up.
 */
TEST_F(driver, failed_callback)
{
	bool prepares = !strcmp(variant->device, TEST_PREPARE) ||
			!strcmp(variant->device, TEST_NESTED);
	struct vmremap_test_plan plan = {
		.count = 2,
		.calls = {
			{
				.function = variant->function, .flags = VMREMAP_TEST_COUNT,
				.size = BYTES,
			},
			{ .function = variant->function, .slot = prepares ? 0 : 1 },
		},
	};
	int refs = memory_references(self->fd, 0);

	EXPECT_EQ(prepares ? EBUSY : ENXIO, errno_of(map_plan(self->fd, &plan, PAGES, RW,
							      MAP_SHARED)));
	EXPECT_COUNTS(1, 0);
	EXPECT_EQ(refs, memory_references(self->fd, 0));
	if (variant->kind == AREA)
		EXPECT_EQ(0, ioctl(self->fd, VMREMAP_TEST_IS_MAPPED, 0));
}

/* The counted mapping has the driver's file, without its descriptor. */
TEST_F(driver, keeps_its_file)
{
	char *map1 = map(self->fd, variant->function, VMREMAP_TEST_COUNT);

	ASSERT_NE(MAP_FAILED, map1);
	close(self->fd);
	self->fd = -1;
	EXPECT_EQ(0, touch(map1, true));
	/* These call .open and .close, which write to what .release frees. */
	EXPECT_EQ(0, munmap(map1 + 2 * PAGE_SIZE, PAGE_SIZE));
	EXPECT_EQ(0, munmap(map1, BYTES));
}

/* vm_ops with another callback say that the VMA belongs to somebody else. */
TEST_F(driver, other_vm_ops)
{
	struct vmremap_test_call call = {
		.function = variant->function, .flags = VMREMAP_TEST_ACCESS, .size = PAGE_SIZE,
	};
	bool stock = variant->kind == VMALLOC_USER;
	void *map1 = map_call(self->fd, &call, PAGES, RW, MAP_SHARED);

	EXPECT_EQ(stock ? 0 : EBUSY, errno_of(map1));
}

/* msync(2) calls .fsync with offsets in the driver's file, and returns what that returns. */
TEST_F(driver, msync)
{
	bool has_fsync = !strcmp(variant->device, TEST_SYNC);
	bool area = variant->kind != VMALLOC_USER;
	struct vmremap_test_counts now;
	struct vmremap_test_plan plan = {
		.count = 1,
		.calls = { { .function = variant->function, .size = BYTES - PAGE_SIZE } },
	};
	char *map1;

	ASSERT_EQ(0, ioctl(self->fd, VMREMAP_TEST_SET_PLAN, &plan));
	map1 = mmap(NULL, BYTES, RW, MAP_SHARED, self->fd, 3 * PAGE_SIZE);
	ASSERT_NE(MAP_FAILED, map1);

	EXPECT_EQ(0, msync(map1, PAGE_SIZE, MS_ASYNC));
	EXPECT_EQ(has_fsync || area ? 0 : -1, msync(map1 + PAGE_SIZE, 2 * PAGE_SIZE, MS_SYNC));
	now = counts(self->fd);
	EXPECT_EQ(has_fsync, now.synced);
	if (has_fsync) {
		EXPECT_EQ(4 * PAGE_SIZE, now.start);
		EXPECT_EQ(6 * PAGE_SIZE - 1, now.end);
	}
	EXPECT_EQ(0, munmap(map1, BYTES));

	if (has_fsync) {
		ASSERT_EQ(0, ioctl(self->fd, VMREMAP_TEST_SET_PLAN, &plan));
		map1 = mmap(NULL, BYTES, RW, MAP_SHARED, self->fd, 0);
		ASSERT_NE(MAP_FAILED, map1);
		EXPECT_EQ(EIO, errno_of(msync(map1, PAGE_SIZE, MS_SYNC)));
	}
}

TEST_F(driver, is_mapped)
{
	char *map1, *map2;

	if (variant->kind != AREA) {
		EXPECT_EQ(-1, ioctl(self->fd, VMREMAP_TEST_IS_MAPPED, 0));
		return;
	}
	EXPECT_EQ(0, ioctl(self->fd, VMREMAP_TEST_IS_MAPPED, 0));
	map1 = map(self->fd, variant->function, 0);
	ASSERT_NE(MAP_FAILED, map1);
	EXPECT_EQ(1, ioctl(self->fd, VMREMAP_TEST_IS_MAPPED, 0));
	map2 = map(self->fd, variant->function, VMREMAP_TEST_COUNT);
	ASSERT_NE(MAP_FAILED, map2);
	ASSERT_EQ(0, munmap(map1, BYTES));
	EXPECT_EQ(1, ioctl(self->fd, VMREMAP_TEST_IS_MAPPED, 0));
	/* The last VMA is gone, but a part of it was unmapped before. */
	ASSERT_EQ(0, munmap(map2 + PAGE_SIZE, BYTES - PAGE_SIZE));
	EXPECT_EQ(1, ioctl(self->fd, VMREMAP_TEST_IS_MAPPED, 0));
	ASSERT_EQ(0, munmap(map2, PAGE_SIZE));
	EXPECT_EQ(0, ioctl(self->fd, VMREMAP_TEST_IS_MAPPED, 0));
}

static bool maps_has(const char *name)
{
	char line[512];

	for_each_line(line, "/proc/self/maps")
		if (strstr(line, name))
			return true;
	return false;
}

TEST_F(driver, name)
{
	void *map1;

	if (variant->kind != AREA) {
		EXPECT_EQ(-1, ioctl(self->fd, VMREMAP_TEST_NAME, 0));
		return;
	}
	ASSERT_EQ(0, ioctl(self->fd, VMREMAP_TEST_NAME, 0));
	map1 = map(self->fd, variant->function, 0);
	ASSERT_NE(MAP_FAILED, map1);
	/* A VMA of parts may have several areas, and shows no name. */
	EXPECT_EQ(variant->function != RANGE_PARTIAL, maps_has("anon_inode:test\n"));
	EXPECT_EQ(0, touch(map1, true));
	ASSERT_EQ(0, munmap(map1, BYTES));

	/* The next owner of the memory does not inherit the name. */
	ASSERT_EQ(0, memory_free(self->fd, 0));
	ASSERT_EQ(0, memory_alloc(self->fd, 0, variant->kind, BYTES, 0));
	map1 = map(self->fd, variant->function, 0);
	ASSERT_NE(MAP_FAILED, map1);
	EXPECT_FALSE(maps_has("anon_inode:test\n"));
}

TEST_HARNESS_MAIN

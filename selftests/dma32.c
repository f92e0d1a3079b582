// SPDX-License-Identifier: GPL-2.0
/*
 * VMREMAP_DMA32 on a machine with memory above 4 GiB: all pages of such an area are below, also
 * after memory from above was cached.
 */
#include "plan.h"

#define BELOW_4G	0x100000000ULL
#define AREAS		16

/* The highest physical address of the mapping at @map. */
static __u64 highest(struct __test_metadata *_metadata, const char *map, size_t size)
{
	int pagemap = open("/proc/self/pagemap", O_RDONLY);
	__u64 entry, most = 0;

	ASSERT_LE(0, pagemap);
	for (size_t at = 0; at < size; at += PAGE_SIZE) {
		off_t where = ((unsigned long)map + at) / PAGE_SIZE * sizeof(entry);

		ASSERT_EQ(0, touch((void *)(map + at), false));
		ASSERT_EQ(sizeof(entry), pread(pagemap, &entry, sizeof(entry), where));
		entry = (entry & ((1ULL << 55) - 1)) * PAGE_SIZE;
		ASSERT_NE(0, entry);
		if (entry > most)
			most = entry;
	}
	close(pagemap);
	return most;
}

FIXTURE(dma32) {
	int fd;
};

FIXTURE_VARIANT(dma32) {
	size_t size;
	__u32 kind;
};

FIXTURE_VARIANT_ADD(dma32, page) { PAGE_SIZE, VMREMAP_TEST_AREA };
FIXTURE_VARIANT_ADD(dma32, cached) { 16 * PAGE_SIZE, VMREMAP_TEST_AREA };
FIXTURE_VARIANT_ADD(dma32, by_address) { 16 * PAGE_SIZE, VMREMAP_TEST_BY_ADDRESS };
FIXTURE_VARIANT_ADD(dma32, large) { 3 * PMD_SIZE + PAGE_SIZE, VMREMAP_TEST_AREA };

FIXTURE_SETUP(dma32)
{
	self->fd = open(TEST_MMAP, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(dma32)
{
	close(self->fd);
}

static __u64 highest_of_area(struct __test_metadata *_metadata, int fd, __u32 slot, size_t size)
{
	struct vmremap_test_call call = { .function = VMREMAP_TEST_RANGE, .slot = slot };
	void *map = map_call(fd, &call, size / PAGE_SIZE, RW, MAP_SHARED);
	__u64 most;

	ASSERT_NE(MAP_FAILED, map);
	most = highest(_metadata, map, size);
	ASSERT_EQ(0, munmap(map, size));
	return most;
}

TEST_F(dma32, is_below)
{
	__u64 most = 0;
	__u32 slot;

	/* Without the flag, memory comes from above, which is freed and may be cached. */
	for (slot = 0; slot < AREAS; slot++) {
		__u64 here;

		ASSERT_EQ(0, memory_alloc(self->fd, slot, variant->kind, variant->size, 0));
		here = highest_of_area(_metadata, self->fd, slot, variant->size);
		if (here > most)
			most = here;
	}
	ASSERT_LE(BELOW_4G, most);
	for (slot = 0; slot < AREAS; slot++)
		ASSERT_EQ(0, memory_free(self->fd, slot));

	for (slot = 0; slot < AREAS; slot++) {
		ASSERT_EQ(0, memory_alloc(self->fd, slot, variant->kind, variant->size,
					  VMREMAP_DMA32));
		ASSERT_GT(BELOW_4G, highest_of_area(_metadata, self->fd, slot, variant->size));
	}
}

/* Large folios, as without the flag. */
TEST(has_large_folios)
{
	struct vmremap_test_call call = { .function = VMREMAP_TEST_RANGE };
	int fd = open(TEST_MMAP, O_RDWR | O_CLOEXEC);
	char *map;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, memory_alloc(fd, 0, VMREMAP_TEST_AREA, 4 * PMD_SIZE, VMREMAP_DMA32));
	map = map_call(fd, &call, 4 * PMD_SIZE / PAGE_SIZE, RW, MAP_SHARED);
	ASSERT_NE(MAP_FAILED, map);
	for (size_t at = 0; at < 4 * PMD_SIZE; at += PAGE_SIZE)
		ASSERT_EQ(0, touch(map + at, false));
	if (!access(THP, F_OK))
		EXPECT_EQ(4 * PMD_SIZE / 1024, smaps_kib(map, "FilePmdMapped"));
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0
/*
 * How many times cheaper it is to map, touch and unmap an area than memory that
 * remap_vmalloc_range() maps, in instructions.
 */

#include "plan.h"

#include "cost.h"

#define MEMORY 0

/* On s390, clearing the entries takes most of the instructions, and both memories need it. */
#ifdef __s390__
#define BY_PAGE 4
#else
#define BY_PAGE 8
#endif

FIXTURE(ratio) {
	int fd;
};

FIXTURE_VARIANT(ratio) {
	size_t mib;
	/*
	 * For pages of 4 KiB; by_page if the kernel has no huge pages; counting if it counts the
	 * mappings of each page, also if a PMD maps the page, as Linux 6.1 does.
	 */
	unsigned long least;
	unsigned long by_page;
	unsigned long counting;
	__u32 flags;
};

FIXTURE_VARIANT_ADD(ratio, of_1_mib) { 1, .least = 2, .by_page = 2, .counting = 1 };
/* With vm_ops that count VMAs, as of videobuf2 and ALSA. */
FIXTURE_VARIANT_ADD(ratio, counted) { 1, 5, 2, 1, VMREMAP_TEST_COUNT };
FIXTURE_VARIANT_ADD(ratio, of_64_mib) { 64, .least = 100, .by_page = BY_PAGE, .counting = 30 };

FIXTURE_SETUP(ratio)
{
	self->fd = open(TEST_MMAP, O_RDWR | O_CLOEXEC);
	ASSERT_GE(self->fd, 0);
}

FIXTURE_TEARDOWN(ratio)
{
	close(self->fd);
}

/* For large memory, the ratio shows whether PMDs are used. */
TEST_F(ratio, cheaper_than_the_kernel_s_own)
{
	struct vmremap_test_plan area = { .count = 1, .calls = { {
		.function = VMREMAP_TEST_AREA_MMAP, .slot = MEMORY, .flags = variant->flags,
	} } }, stock = { .count = 1, .calls = { {
		.function = VMREMAP_TEST_STOCK_RANGE, .slot = MEMORY, .flags = variant->flags,
	} } };
	unsigned long least = is_series("Linux 6.1") ? variant->counting :
			      access(THP, F_OK) ? variant->by_page : variant->least;
	size_t size = variant->mib << 20;
	struct cost ours, theirs;

	ASSERT_EQ(0, memory_alloc(self->fd, MEMORY, VMREMAP_TEST_VMALLOC_USER, size, 0));
	ASSERT_EQ(0, ioctl(self->fd, VMREMAP_TEST_SET_PLAN, &stock));
	ASSERT_TRUE(cost_of("remap_vmalloc_range", self->fd, 0, size, &theirs));
	ASSERT_EQ(0, memory_free(self->fd, MEMORY));

	ASSERT_EQ(0, memory_alloc(self->fd, MEMORY, VMREMAP_TEST_AREA, size, 0));
	ASSERT_EQ(0, ioctl(self->fd, VMREMAP_TEST_SET_PLAN, &area));
	ASSERT_TRUE(cost_of("vmremap", self->fd, 0, size, &ours));
	printf("# ratio: %s%zu MiB %.1f\n", variant->flags ? "with vm_ops, " : "", variant->mib,
	       (double)theirs.all / ours.all);
	EXPECT_LE(least * 4096 / PAGE_SIZE * ours.all, theirs.all);
}

/* A ring that is mapped twice, one behind the other, and as many pages of remap_vmalloc_range(). */
TEST(mirrored_ring)
{
	const size_t size = PMD_SIZE > 16 << 20 ? PMD_SIZE : 16 << 20;
	struct vmremap_test_plan ring = { .count = 2, .calls = { {
		.function = VMREMAP_TEST_RANGE_PARTIAL, .slot = MEMORY, .size = size,
	}, {
		.function = VMREMAP_TEST_RANGE_PARTIAL, .slot = MEMORY, .size = size,
		.uaddr = size,
	} } }, stock = { .count = 1, .calls = { {
		.function = VMREMAP_TEST_STOCK_RANGE, .slot = MEMORY,
	} } };
	int fd = open(TEST_MMAP, O_RDWR | O_CLOEXEC);
	struct cost ours, theirs;

	ASSERT_GE(fd, 0);
	if (access(THP, F_OK) || !kernel_symbol("vmf_insert_folio_pmd"))
		SKIP(return, "this kernel maps no pieces by PMD");
	ASSERT_EQ(0, memory_alloc(fd, MEMORY, VMREMAP_TEST_VMALLOC_USER, 2 * size, 0));
	ASSERT_EQ(0, ioctl(fd, VMREMAP_TEST_SET_PLAN, &stock));
	ASSERT_TRUE(cost_of("remap_vmalloc_range", fd, 0, 2 * size, &theirs));
	ASSERT_EQ(0, memory_free(fd, MEMORY));

	ASSERT_EQ(0, memory_alloc(fd, MEMORY, VMREMAP_TEST_AREA, size, 0));
	ASSERT_EQ(0, ioctl(fd, VMREMAP_TEST_SET_PLAN, &ring));
	ASSERT_TRUE(cost_of("vmremap_range_partial", fd, 0, 2 * size, &ours));
	printf("# figure: a mirrored ring of %zu MiB: %.1f times cheaper\n", size >> 20,
	       (double)theirs.all / ours.all);
	EXPECT_LE(20 * ours.all, theirs.all);
	close(fd);
}

TEST_HARNESS_MAIN

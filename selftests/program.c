// SPDX-License-Identifier: GPL-2.0
/* What programs of another kind see, and what people see of areas. */
#include <linux/futex.h>
#include <sys/personality.h>

#include "plan.h"

#define RET	0xc3

FIXTURE(program) {
	int fd;
};

FIXTURE_VARIANT(program) {
	const char *device;
};

FIXTURE_VARIANT_ADD(program, mmap) { .device = TEST_MMAP };
FIXTURE_VARIANT_ADD(program, mmap_prepare) { .device = TEST_PREPARE };
FIXTURE_VARIANT_ADD(program, nested) { .device = TEST_NESTED };

FIXTURE_SETUP(program)
{
	self->fd = open(variant->device, O_RDWR | O_CLOEXEC);
	if (self->fd < 0 && errno == ENOENT)
		SKIP(return, "%s", why_no_device());
	ASSERT_GE(self->fd, 0);
}

FIXTURE_TEARDOWN(program)
{
	close(self->fd);
}

static void jump(void *addr)
{
	((void (*)(void))addr)();
}

/* Returns the signal that it raised, or 0. */
static int execute(void *addr)
{
	return signal_of(jump, addr);
}

/*
 * PolicyHeld: what is executable only because it is readable is mapped, and is
 * not executable: neither what mmap maps at once, nor what a touch does.
 */
TEST_F(program, that_reads_what_it_executes)
{
	static const __u64 sizes[] = { 1, 600 };
	struct vmremap_test_call call = { .function = VMREMAP_TEST_AREA_MMAP };

	ASSERT_NE(-1, personality(READ_IMPLIES_EXEC));
	for (int i = 0; i < 2; i++) {
		__u64 pages = sizes[i];
		char *map;

		ASSERT_EQ(0, memory_alloc(self->fd, 0, VMREMAP_TEST_AREA,
					  pages * PAGE_SIZE, 0));
		ASSERT_EQ(0, memory_poke(self->fd, 0, pages, RET));
		map = map_area(self->fd, 0, 0, pages);
		ASSERT_NE(MAP_FAILED, map);
		EXPECT_FALSE(vm_flag(map, "ex"));
		EXPECT_FALSE(vm_flag(map, "me"));
		EXPECT_EQ(SIGSEGV, execute(map));
		EXPECT_EQ(RET, (unsigned char)map[0]);
		EXPECT_EQ(SIGSEGV, execute(map));
		ASSERT_EQ(0, mprotect(map, pages * PAGE_SIZE, PROT_READ));
		EXPECT_EQ(SIGSEGV, execute(map));
		ASSERT_EQ(0, munmap(map, pages * PAGE_SIZE));

		/* What was asked for is refused. */
		EXPECT_EQ(MAP_FAILED, map_call(self->fd, &call, pages, PROT_EXEC,
					       MAP_SHARED));
		EXPECT_EQ(EACCES, errno);
		ASSERT_EQ(0, memory_free(self->fd, 0));
	}
}

static void executes_nothing(struct __test_metadata *_metadata, __u32 function)
{
	struct vmremap_test_plan plan = {
		.count = 1,
		.calls = { { .function = function, .size = PAGE_SIZE } },
	};
	int fd = open(TEST_MMAP, O_RDWR | O_CLOEXEC);
	char *map;

	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, memory_alloc(fd, 0, VMREMAP_TEST_AREA, 4 * PAGE_SIZE, 0));
	ASSERT_EQ(0, memory_poke(fd, 0, 4, RET));
	map = map_plan(fd, &plan, 4, PROT_READ, MAP_PRIVATE);
	ASSERT_NE(MAP_FAILED, map);
	EXPECT_FALSE(vm_flag(map, "ex"));
	EXPECT_EQ(SIGSEGV, execute(map));
	close(fd);
}

/* PolicyHeld: likewise where a drop-in maps a whole VMA, or a part of one. */
TEST(drop_in_of_a_program_that_reads_what_it_executes)
{
	ASSERT_NE(-1, personality(READ_IMPLIES_EXEC));
	executes_nothing(_metadata, VMREMAP_TEST_RANGE);
	executes_nothing(_metadata, VMREMAP_TEST_RANGE_PARTIAL);
}

static long wake_shared(void *word)
{
	return syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* RightPage: processes can wait for each other in an area, but not in the kernel's own mapping. */
TEST_F(program, futex_that_processes_share)
{
	struct vmremap_test_call call = { .function = VMREMAP_TEST_STOCK_RANGE, .slot = 1 };
	char *map;

	ASSERT_EQ(0, memory_alloc(self->fd, 0, VMREMAP_TEST_AREA, PAGE_SIZE, 0));
	map = map_area(self->fd, 0, 0, 1);
	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(0, wake_shared(map));

	if (strcmp(variant->device, TEST_MMAP))
		return;
	ASSERT_EQ(0, memory_alloc(self->fd, 1, VMREMAP_TEST_VMALLOC_USER, PAGE_SIZE, 0));
	map = map_call(self->fd, &call, 1, PROT_READ | PROT_WRITE, MAP_SHARED);
	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(-1, wake_shared(map));
	EXPECT_EQ(EFAULT, errno);
}

/* Wait until /proc/meminfo, which each CPU adds to in its own time, says so. */
static bool cached_is(long least, long most)
{
	for (int tries = 0; tries < 100; tries++) {
		long kib = memory_kib("Cached");

		if (kib >= least && kib <= most)
			return true;
		usleep(20000);
	}
	return false;
}

/* People find an area's memory in a total, and no longer when it is freed. */
TEST_F(program, memory_is_in_a_total)
{
	const long kib = 65536, slack = 4096;
	long before = memory_kib("Cached");

	ASSERT_GT(before, 0);
	ASSERT_EQ(0, memory_alloc(self->fd, 0, VMREMAP_TEST_AREA, kib * 1024, 0));
	EXPECT_TRUE(cached_is(before + kib - slack, before + kib + slack));
	ASSERT_EQ(0, memory_free(self->fd, 0));
	EXPECT_TRUE(cached_is(before - slack, before + slack));
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0
/*
 * What outlives what: mappings and pins, the file, the driver's module.
 *
 * The module of /dev/a-b-c is a_b_c, from a_b_c.ko in the folder that the
 * environment variable VMREMAP_MODULES names, by default /modules.
 */

#define _GNU_SOURCE
#include <sys/wait.h>

#include "pin.h"
#include "plan.h"
#include "sample.h"

#define PAGES 16
#define SIZE (PAGES * PAGE_SIZE)

static void module_name(char *name, size_t size)
{
	snprintf(name, size, "%s", strrchr(sample_path(), '/') + 1);
	for (; *name; name++)
		if (*name == '-')
			*name = '_';
}

static int module_load_again(const char *name)
{
	const char *folder = getenv("VMREMAP_MODULES") ? : "/modules";
	char path[256];

	snprintf(path, sizeof(path), "%s/%s.ko", folder, name);
	return module_load(path, "");
}

/* The last unmap of a file is given back after munmap(2) has returned. */
static int module_unload_soon(const char *name)
{
	int ret = -1;

	for (int tries = 0; ret && tries < 50; tries++) {
		ret = module_unload(name);
		if (ret)
			usleep(20000);
	}
	return ret;
}

FIXTURE(driver) {
	char module[64];
	int fd;
	char *map;
};

FIXTURE_SETUP(driver)
{
	module_name(self->module, sizeof(self->module));
	self->fd = sample_open();
	if (self->fd < 0 && errno == ENOENT)
		SKIP(return, "there is no %s", sample_path());
	ASSERT_LE(0, self->fd);
	self->map = map_pages(self->fd, DATA_PAGE, PAGES);
	ASSERT_NE(MAP_FAILED, self->map);
	for (size_t i = 0; i < SIZE; i++)
		self->map[i] = i % 253;
}

FIXTURE_TEARDOWN(driver)
{
	munmap(self->map, SIZE);
	close(self->fd);
}

static bool all_right(const char *bytes)
{
	size_t wrong = 0;

	for (size_t i = 0; i < SIZE; i++)
		wrong += bytes[i] != (char)(i % 253);
	return !wrong;
}

TEST_F(driver, stays_while_open)
{
	ASSERT_EQ(0, munmap(self->map, SIZE));
	EXPECT_EQ(-1, module_unload(self->module));
	EXPECT_EQ(EWOULDBLOCK, errno);
}

TEST_F(driver, stays_while_mapped)
{
	ASSERT_EQ(0, close(self->fd));
	EXPECT_EQ(-1, module_unload(self->module));
	EXPECT_EQ(EWOULDBLOCK, errno);
	EXPECT_TRUE(all_right(self->map));
	ASSERT_EQ(0, madvise(self->map, SIZE, MADV_DONTNEED));
	EXPECT_TRUE(all_right(self->map));

	/* One page of the mapping is enough. */
	ASSERT_EQ(0, munmap(self->map + PAGE_SIZE, SIZE - PAGE_SIZE));
	EXPECT_EQ(-1, module_unload(self->module));
	EXPECT_EQ(EWOULDBLOCK, errno);

	ASSERT_EQ(0, munmap(self->map, PAGE_SIZE));
	ASSERT_EQ(0, module_unload_soon(self->module));
	EXPECT_EQ(-1, access(sample_path(), F_OK));
	ASSERT_EQ(0, module_load_again(self->module));
}

TEST_F(driver, core_stays_while_in_use)
{
	EXPECT_EQ(-1, module_unload("vmremap"));
	EXPECT_EQ(EWOULDBLOCK, errno);
	EXPECT_TRUE(all_right(self->map));
}

TEST_F(driver, goes_after_a_kill)
{
	int status;
	pid_t pid;

	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		all_right(self->map);
		raise(SIGKILL);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	ASSERT_EQ(0, munmap(self->map, SIZE));
	ASSERT_EQ(0, close(self->fd));
	ASSERT_EQ(0, module_unload_soon(self->module));
	ASSERT_EQ(0, module_load_again(self->module));
}

/* Failed mmap(2) calls leave no reference behind on the module. */
TEST_F(driver, goes_after_failures)
{
	for (int n = 0; n < 100; n++)
		EXPECT_EQ(MAP_FAILED, map_pages(self->fd, CONTROL_PAGE, 1));
	ASSERT_EQ(0, munmap(self->map, SIZE));
	ASSERT_EQ(0, close(self->fd));
	ASSERT_EQ(0, module_unload_soon(self->module));
	ASSERT_EQ(0, module_load_again(self->module));
}

/* A page that is pinned outlives mapping, file, area and module. */
TEST_F(driver, goes_before_a_pin)
{
	int fd = pipe_pages(self->map, PAGES);
	char *got = malloc(SIZE);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, munmap(self->map, SIZE));
	ASSERT_EQ(0, close(self->fd));
	ASSERT_EQ(0, module_unload_soon(self->module));
	ASSERT_EQ(SIZE, read(fd, got, SIZE));
	EXPECT_TRUE(all_right(got));
	close(fd);
	ASSERT_EQ(0, module_load_again(self->module));
}

TEST_F(driver, goes_before_a_registered_buffer)
{
	int fd = memfd_create("copy", MFD_CLOEXEC);
	char *got = malloc(SIZE);
	struct ring ring;

	ASSERT_LE(0, fd);
	if (ring_open(&ring))
		SKIP(return, "no io_uring: %m");
	ASSERT_EQ(0, ring_register(&ring, self->map, SIZE));
	ASSERT_EQ(0, munmap(self->map, SIZE));
	ASSERT_EQ(0, close(self->fd));
	ASSERT_EQ(0, module_unload_soon(self->module));

	EXPECT_EQ((int)SIZE, ring_rw(&ring, true, fd, self->map, SIZE));
	ASSERT_EQ(SIZE, pread(fd, got, SIZE, 0));
	EXPECT_TRUE(all_right(got));
	EXPECT_EQ(0, ring_unregister(&ring));
	close(fd);
	ASSERT_EQ(0, module_load_again(self->module));
}

/*
 * Memory that is pinned, and then unmapped, put and unpinned in every order:
 * its bytes stay right until the unpin, and its memory comes back after that.
 */
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
	self->fd = open(variant->device, O_RDWR | O_CLOEXEC);
	if (self->fd < 0 && errno == ENOENT)
		SKIP(return, "vmremap_test.ko is not loaded");
	ASSERT_LE(0, self->fd);
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

/* Pages of all of the area, in what the pinned buffer writes to a file. */
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

TEST_F(order, of_release)
{
	const long slack = 4 * 1024;
	bool pinned = true, mapped = true;
	long before;
	char *map;

	/* For what the first one fills and leaves filled. */
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

// SPDX-License-Identifier: GPL-2.0
/* What outlives what: mapping, file, pins, the driver's module. */

#define _GNU_SOURCE
#include <sys/wait.h>

#include "pin.h"
#include "sample.h"

#define PAGES 16
#define SIZE (PAGES * PAGE_SIZE)

FIXTURE(driver) {
	size_t bytes;
	int fd;
	char *map;
};

FIXTURE_SETUP(driver)
{
	self->fd = sample_open();
	if (self->fd < 0 && errno == ENOENT)
		SKIP(return, "there is no %s", sample_path());
	ASSERT_LE(0, self->fd);
	self->bytes = sample_bytes(self->fd);
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
	EXPECT_EQ(-1, sample_unload(sample_path()));
	EXPECT_EQ(EWOULDBLOCK, errno);
}

/* AreaOutlives: a mapping does without the driver that made it. */
TEST_F(driver, mapping_outlives_it)
{
	ASSERT_EQ(0, close(self->fd));
	ASSERT_EQ(0, sample_unload_soon(sample_path()));
	EXPECT_EQ(-1, access(sample_path(), F_OK));
	EXPECT_TRUE(all_right(self->map));
	ASSERT_EQ(0, madvise(self->map, SIZE, MADV_DONTNEED));
	EXPECT_TRUE(all_right(self->map));

	/* One page of the mapping is enough to keep the core. */
	ASSERT_EQ(0, munmap(self->map + PAGE_SIZE, SIZE - PAGE_SIZE));
	EXPECT_EQ(-1, module_unload("vmremap"));
	EXPECT_EQ(EWOULDBLOCK, errno);

	ASSERT_EQ(0, munmap(self->map, PAGE_SIZE));
	ASSERT_EQ(0, sample_load(sample_path(), self->bytes)) TH_LOG("%m");
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
	ASSERT_EQ(0, sample_unload_soon(sample_path()));
	ASSERT_EQ(0, sample_load(sample_path(), self->bytes)) TH_LOG("%m");
}

/*
 * AllOrNothing: failed mmap(2) calls leave no reference behind on the module.
 */
TEST_F(driver, goes_after_failures)
{
	for (int n = 0; n < 100; n++)
		EXPECT_EQ(MAP_FAILED, map_pages(self->fd, CONTROL_PAGE, 1));
	ASSERT_EQ(0, munmap(self->map, SIZE));
	ASSERT_EQ(0, close(self->fd));
	ASSERT_EQ(0, sample_unload_soon(sample_path()));
	ASSERT_EQ(0, sample_load(sample_path(), self->bytes)) TH_LOG("%m");
}

/*
 * PagesOutlive: a page that is pinned outlives mapping, file, area and module.
 */
TEST_F(driver, goes_before_a_pin)
{
	int fd = pipe_pages(self->map, PAGES);
	char *got = malloc(SIZE);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, munmap(self->map, SIZE));
	ASSERT_EQ(0, close(self->fd));
	ASSERT_EQ(0, sample_unload_soon(sample_path()));
	ASSERT_EQ(SIZE, read(fd, got, SIZE));
	EXPECT_TRUE(all_right(got));
	close(fd);
	ASSERT_EQ(0, sample_load(sample_path(), self->bytes)) TH_LOG("%m");
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
	ASSERT_EQ(0, sample_unload_soon(sample_path()));

	EXPECT_EQ((int)SIZE, ring_rw(&ring, true, fd, self->map, SIZE));
	ASSERT_EQ(SIZE, pread(fd, got, SIZE, 0));
	EXPECT_TRUE(all_right(got));
	EXPECT_EQ(0, ring_unregister(&ring));
	close(fd);
	ASSERT_EQ(0, sample_load(sample_path(), self->bytes)) TH_LOG("%m");
}

TEST_HARNESS_MAIN

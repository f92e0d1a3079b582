// SPDX-License-Identifier: GPL-2.0
/* Lifetimes of mapping, file, pins and the driver's module, ended in every order. */

#include "pin.h"
#include "sample.h"

#define PAGES 16
#define SIZE (PAGES * PAGE_SIZE)

/* Open the driver, and map and fill the first pages of its data. */
static int map_driver(char **map, size_t *bytes)
{
	int fd = sample_open();

	*bytes = sample_bytes(fd);
	*map = map_pages(fd, DATA_PAGE, PAGES);
	if (*map == MAP_FAILED)
		return -1;
	for (size_t i = 0; i < SIZE; i++)
		(*map)[i] = i % 253;
	return fd;
}

FIXTURE(driver) {
	size_t bytes;
	int fd;
	char *map;
};

FIXTURE_SETUP(driver)
{
	self->fd = map_driver(&self->map, &self->bytes);
	ASSERT_LE(0, self->fd) TH_LOG("%s: %m", sample_path());
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
	EXPECT_EQ(EWOULDBLOCK, errno_of(sample_unload(sample_path())));
}

/* AreaOutlives: a mapping works after its driver is unloaded. */
TEST_F(driver, mapping_outlives_it)
{
	ASSERT_EQ(0, close(self->fd));
	ASSERT_TRUE(eventually(!sample_unload(sample_path())));
	EXPECT_EQ(-1, access(sample_path(), F_OK));
	EXPECT_TRUE(all_right(self->map));
	ASSERT_EQ(0, madvise(self->map, SIZE, MADV_DONTNEED));
	EXPECT_TRUE(all_right(self->map));

	/* One mapped page is enough to keep vmremap.ko. */
	ASSERT_EQ(0, munmap(self->map + PAGE_SIZE, SIZE - PAGE_SIZE));
	EXPECT_EQ(EWOULDBLOCK, errno_of(module_unload("vmremap")));

	ASSERT_EQ(0, munmap(self->map, PAGE_SIZE));
	ASSERT_EQ(0, sample_load(sample_path(), self->bytes)) TH_LOG("%m");
}

TEST_F(driver, core_stays_while_in_use)
{
	EXPECT_EQ(EWOULDBLOCK, errno_of(module_unload("vmremap")));
	EXPECT_TRUE(all_right(self->map));
}

TEST_F(driver, goes_after_a_kill)
{
	EXPECT_EQ(-SIGKILL, in_child(all_right(self->map) && raise(SIGKILL)));
	ASSERT_EQ(0, munmap(self->map, SIZE));
	ASSERT_EQ(0, close(self->fd));
	ASSERT_TRUE(eventually(!sample_unload(sample_path())));
	ASSERT_EQ(0, sample_load(sample_path(), self->bytes)) TH_LOG("%m");
}

/*
 * AllOrNothing: failed mmap(2) calls leak no reference on the module.
 */
TEST_F(driver, goes_after_failures)
{
	for (int n = 0; n < 100; n++)
		EXPECT_EQ(MAP_FAILED, map_pages(self->fd, CONTROL_PAGE, 1));
	ASSERT_EQ(0, munmap(self->map, SIZE));
	ASSERT_EQ(0, close(self->fd));
	ASSERT_TRUE(eventually(!sample_unload(sample_path())));
	ASSERT_EQ(0, sample_load(sample_path(), self->bytes)) TH_LOG("%m");
}

/* Unbind the driver from its device, or bind it again. Fails for a driver without a bus. */
static bool plug(const char *what)
{
	const char *name = strrchr(sample_path(), '/') + 1;
	char path[128];

	snprintf(path, sizeof(path), "/sys/bus/platform/drivers/%s/%s", name, what);
	return write_text(path, name);
}

/*
 * NoUserAccess, NotRevoked: the device is unbound while it is mapped, and the module is unloaded
 * after the program has unmapped it. The Rust sample revokes on an ioctl() instead, because its
 * open() has no access to the driver's data.
 */
TEST_F(driver, unplugged)
{
	bool has_bus = plug("unbind");
	int again;

	if (!has_bus)
		ASSERT_EQ(0, ioctl(self->fd, VMREMAP_SAMPLE_REVOKE)) TH_LOG("%m");
	for (size_t n = 0; n < PAGES; n++)
		EXPECT_EQ(SIGBUS, touch(self->map + n * PAGE_SIZE, n & 1));
	EXPECT_EQ(ENODEV, errno_of(map_pages(self->fd, DATA_PAGE, PAGES)));
	if (has_bus) {
		struct vmremap_sample_sum sum;

		EXPECT_EQ(-1, access(sample_path(), F_OK));
		EXPECT_EQ(MAP_FAILED, sample_control(self->fd));
		EXPECT_EQ(ENODEV, errno_of(ioctl(self->fd, VMREMAP_SAMPLE_SUM, &sum)));
		/* After the next bind it is another device, and open files stay as they are. */
		ASSERT_TRUE(plug("bind"));
		again = sample_open();
		EXPECT_EQ(self->bytes, sample_bytes(again));
		EXPECT_EQ(SIGBUS, touch(self->map, false));
		close(again);
	}
	EXPECT_EQ(-1, sample_unload(sample_path()));
	ASSERT_EQ(0, munmap(self->map, SIZE));
	ASSERT_EQ(0, close(self->fd));
	ASSERT_TRUE(eventually(!sample_unload(sample_path())));
	ASSERT_EQ(0, sample_load(sample_path(), self->bytes)) TH_LOG("%m");
}

/*
 * What is released, in this order; the pin is last. The open file holds the driver's reference
 * on the areas, and the driver cannot be unloaded before it is closed.
 */
enum { UNMAP = 'm', CLOSE = 'c', UNLOAD = 'u' };

FIXTURE(pinned) {
	size_t bytes;
	int fd;
	char *map;
	char *got;
};

FIXTURE_VARIANT(pinned) {
	const char *steps;
};

FIXTURE_VARIANT_ADD(pinned, unmap_close_unload) { "mcu" };
FIXTURE_VARIANT_ADD(pinned, close_unmap_unload) { "cmu" };
FIXTURE_VARIANT_ADD(pinned, close_unload_unmap) { "cum" };

FIXTURE_SETUP(pinned)
{
	self->fd = map_driver(&self->map, &self->bytes);
	ASSERT_LE(0, self->fd) TH_LOG("%s: %m", sample_path());
	self->got = malloc(SIZE);
}

FIXTURE_TEARDOWN(pinned)
{
	EXPECT_TRUE(all_right(self->got));
	free(self->got);
	EXPECT_EQ(0, sample_load(sample_path(), self->bytes)) TH_LOG("%m");
}

static void let_go(struct __test_metadata *_metadata, char *map, int fd,
		   const char *steps)
{
	for (; *steps; steps++) {
		switch (*steps) {
		case UNMAP:
			ASSERT_EQ(0, munmap(map, SIZE));
			break;
		case CLOSE:
			ASSERT_EQ(0, close(fd));
			break;
		case UNLOAD:
			ASSERT_TRUE(eventually(!sample_unload(sample_path())));
			break;
		}
	}
}

/* PagesOutlive: a pinned page outlives mapping, file, area and module. */
TEST_F(pinned, by_a_pipe)
{
	int fd = pipe_pages(self->map, PAGES);

	ASSERT_LE(0, fd);
	let_go(_metadata, self->map, self->fd, variant->steps);
	ASSERT_EQ(SIZE, read(fd, self->got, SIZE));
	close(fd);
}

TEST_F(pinned, by_a_registered_buffer)
{
	int fd = memfd_create("copy", MFD_CLOEXEC);
	struct ring ring;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ring_open(&ring)) TH_LOG("io_uring: %m");
	if (ring_refuses_files()) {
		memcpy(self->got, self->map, SIZE);
		let_go(_metadata, self->map, self->fd, variant->steps);
		SKIP(return, NO_FILES);
	}
	ASSERT_EQ(0, ring_register(&ring, self->map, SIZE));
	let_go(_metadata, self->map, self->fd, variant->steps);

	EXPECT_EQ((int)SIZE, ring_rw(&ring, true, fd, self->map, SIZE));
	ASSERT_EQ(SIZE, pread(fd, self->got, SIZE, 0));
	EXPECT_EQ(0, ring_unregister(&ring));
	close(fd);
}

TEST_HARNESS_MAIN

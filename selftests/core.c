// SPDX-License-Identifier: GPL-2.0
/*
 * vmremap.ko: its reference count, and repeated unloading and loading. At the end, no module that
 * uses it is loaded.
 */
#include <dirent.h>

#include "plan.h"

/* More areas than are cached. */
#define AREAS	20

/* Allocate AREAS areas of @size at once, and free them. */
static bool come_and_go(size_t size)
{
	int fds[2] = { open(TEST_MMAP, O_RDWR | O_CLOEXEC), open(TEST_MMAP, O_RDWR | O_CLOEXEC) };
	bool right = true;

	for (int n = 0; n < AREAS; n++)
		right &= !memory_alloc(fds[n % 2], n / 2, VMREMAP_TEST_AREA, size, 0);
	for (int n = 0; n < AREAS; n++)
		right &= !memory_free(fds[n % 2], n / 2);
	return !close(fds[0]) && !close(fds[1]) && right;
}

/* AreaOutlives: an area holds a reference on the module, and a cached area does not. */
TEST(area_keeps_it)
{
	long before = core_references();
	char *map;
	int fd;

	for (int n = 0; n < 10; n++) {
		ASSERT_TRUE(come_and_go(PAGE_SIZE));
		ASSERT_TRUE(come_and_go(2 * PMD_SIZE));
	}
	ASSERT_TRUE(eventually(core_references() == before))
		TH_LOG("%ld, and before %ld", core_references(), before);

	for (int n = 0; n < 2; n++) {
		size_t pages = n ? 4 * PMD_SIZE / PAGE_SIZE : 1;

		fd = open(TEST_MMAP, O_RDWR | O_CLOEXEC);
		ASSERT_LE(0, fd);
		ASSERT_EQ(0, memory_alloc(fd, 0, VMREMAP_TEST_AREA, pages * PAGE_SIZE, 0));
		EXPECT_EQ(before + 1, core_references());
		map = map_area(fd, 0, 0, pages);
		ASSERT_NE(MAP_FAILED, map);
		ASSERT_EQ(0, close(fd));
		EXPECT_TRUE(eventually(core_references() == before + 1));
		ASSERT_EQ(0, munmap(map, pages * PAGE_SIZE));
		EXPECT_TRUE(eventually(core_references() == before));
	}
}

/* Unload the modules that use vmremap.ko. Returns false if one stays. */
static bool unload_drivers(void)
{
	DIR *holders = opendir("/sys/module/vmremap/holders");
	struct dirent *holder;
	bool right = true;

	while (holders && (holder = readdir(holders)))
		if (holder->d_name[0] != '.')
			right &= !module_unload(holder->d_name);
	return holders && !closedir(holders) && right;
}

/* Number of open files in the system. */
static long open_files(void)
{
	return read_number("/proc/sys/fs/file-nr");
}

static int load_core(void)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/vmremap.ko", getenv("VMREMAP_MODULES") ? : "/modules");
	return module_load(path, "");
}

/* Unload with cached areas. Files that were opened to probe the kernel must be closed, too. */
TEST(goes_and_comes)
{
	const long rounds = 30;
	long before = 0;

	ASSERT_TRUE(come_and_go(PAGE_SIZE));
	ASSERT_TRUE(unload_drivers()) TH_LOG("%m");
	EXPECT_TRUE(eventually(core_references() == 0)) TH_LOG("%ld references", core_references());
	for (long n = 0; n <= rounds; n++) {
		ASSERT_EQ(0, module_unload("vmremap")) TH_LOG("%m");
		ASSERT_EQ(0, load_core()) TH_LOG("%m");
		if (!n)
			before = open_files();
	}
	EXPECT_GT(rounds, open_files() - before);
}

TEST_HARNESS_MAIN

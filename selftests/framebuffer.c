// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's virtual frame buffer driver, built with vmremap_range() in place of
 * remap_vmalloc_range(): /dev/fb0 works as before.
 */

#include <linux/fb.h>

#include "common.h"

FIXTURE(framebuffer) {
	int fd;
	size_t size;
	char *map;
};

FIXTURE_SETUP(framebuffer)
{
	struct fb_fix_screeninfo fix;

	self->fd = open("/dev/fb0", O_RDWR | O_CLOEXEC);
	if (self->fd < 0 && errno == ENOENT)
		SKIP(return, "there is no /dev/fb0");
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, ioctl(self->fd, FBIOGET_FSCREENINFO, &fix));
	EXPECT_STREQ("Virtual FB", fix.id);
	self->size = fix.smem_len;
	self->map = map_pages(self->fd, 0, self->size / PAGE_SIZE);
	ASSERT_NE(MAP_FAILED, self->map);
}

FIXTURE_TEARDOWN(framebuffer)
{
	munmap(self->map, self->size);
	close(self->fd);
}

TEST_F(framebuffer, read_sees_the_mapping)
{
	char *got = malloc(self->size);

	for (size_t i = 0; i < self->size; i++)
		self->map[i] = i % 253;
	ASSERT_EQ((ssize_t)self->size, pread(self->fd, got, self->size, 0));
	EXPECT_EQ(0, memcmp(got, self->map, self->size));
	free(got);
}

TEST_F(framebuffer, mapping_sees_writes)
{
	char line[640];

	for (size_t i = 0; i < sizeof(line); i++)
		line[i] = i % 97;
	for (size_t at = 0; at + sizeof(line) <= self->size; at += 12345) {
		ASSERT_EQ((ssize_t)sizeof(line),
			  pwrite(self->fd, line, sizeof(line), at));
		EXPECT_EQ(0, memcmp(self->map + at, line, sizeof(line)));
	}
}

TEST_F(framebuffer, each_offset)
{
	for (size_t n = 0; n < self->size / PAGE_SIZE; n++)
		*page_word(self->map, n) = n;
	for (size_t n = 0; n < self->size / PAGE_SIZE; n++) {
		char *map = map_pages(self->fd, n, 1);

		ASSERT_NE(MAP_FAILED, map);
		EXPECT_EQ(n, *page_word(map, 0));
		EXPECT_EQ(0, munmap(map, PAGE_SIZE));
	}
}

/* The errno shows that vmremap_range() was called: the stock function has another. */
TEST_F(framebuffer, refuses_with_vmremaps_errno)
{
	EXPECT_EQ(EINVAL, errno_of(map_pages(self->fd, 0, self->size / PAGE_SIZE + 1)));
	EXPECT_EQ(EOVERFLOW, errno_of(map_pages(self->fd, (1UL << 51) - 1, 1)));
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0
/* I/O into and out of a mapping of a sample device, which pins its pages. */

#include "pin.h"
#include "sample.h"

#define BLOCK_DEVICE "/dev/ram0"

FIXTURE(io) {
	int fd;
	size_t pages;
	size_t size;
	char *map;
	char *copy;
};

/* The mapped part of the data area: without @first pages at its start and @less at its end. */
FIXTURE_VARIANT(io) {
	size_t first;
	size_t less;
};

FIXTURE_VARIANT_ADD(io, whole) { .first = 0 };
FIXTURE_VARIANT_ADD(io, middle) { .first = 1, .less = 1 };

FIXTURE_SETUP(io)
{
	size_t area_pages;

	self->fd = sample_open();
	if (self->fd < 0 && errno == ENOENT)
		SKIP(return, "there is no %s", sample_path());
	ASSERT_LE(0, self->fd);
	area_pages = (sample_bytes(self->fd) + PAGE_SIZE - 1) / PAGE_SIZE;
	if (area_pages < 4)
		SKIP(return, "the data area has only %zu pages", area_pages);
	self->pages = area_pages - variant->first - variant->less;
	self->size = self->pages * PAGE_SIZE;
	self->map = map_pages(self->fd, DATA_PAGE + variant->first, self->pages);
	ASSERT_NE(MAP_FAILED, self->map);
	self->copy = aligned_alloc(PAGE_SIZE, self->size);
	ASSERT_NE(NULL, self->copy);
	for (size_t i = 0; i < self->size; i++)
		self->copy[i] = (i * 7 + i / PAGE_SIZE) % 251;
	memcpy(self->map, self->copy, self->size);
	/* Zap the mapping, so that the kernel's accesses take the faults. */
	ASSERT_EQ(0, madvise(self->map, self->size, MADV_DONTNEED));
}

FIXTURE_TEARDOWN(io)
{
	munmap(self->map, self->size);
	free(self->copy);
	close(self->fd);
}

static int block_device(size_t size, char *fill)
{
	int fd = open(BLOCK_DEVICE, O_RDWR | O_DIRECT | O_CLOEXEC);

	if (fd >= 0 && fill && pwrite(fd, fill, size, 0) != (ssize_t)size)
		return -1;
	return fd;
}

TEST_F(io, read_and_write)
{
	int fds[2];

	ASSERT_EQ(0, pipe(fds));
	for (size_t n = 0; n < self->pages; n += self->pages / 3) {
		char *page = self->map + n * PAGE_SIZE;

		ASSERT_EQ(PAGE_SIZE, write(fds[1], page, PAGE_SIZE));
		memset(page, 0, PAGE_SIZE);
		ASSERT_EQ(0, madvise(page, PAGE_SIZE, MADV_DONTNEED));
		ASSERT_EQ(PAGE_SIZE, read(fds[0], page, PAGE_SIZE));
	}
	EXPECT_EQ(0, memcmp(self->map, self->copy, self->size));
}

TEST_F(io, process_vm_readv)
{
	struct iovec remote = { .iov_base = self->map, .iov_len = self->size };
	char *got = malloc(self->size);
	struct iovec local = { .iov_base = got, .iov_len = self->size };
	ssize_t size = self->size;

	ASSERT_EQ(0, in_child(process_vm_readv(getppid(), &local, 1, &remote, 1, 0) != size ||
			      memcmp(got, self->copy, size) || !memset(got, 0x5a, size) ||
			      process_vm_writev(getppid(), &local, 1, &remote, 1, 0) != size));
	free(got);
	memset(self->copy, 0x5a, self->size);
	EXPECT_EQ(0, memcmp(self->map, self->copy, self->size));
}

TEST_F(io, proc_mem)
{
	int fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	char *got = malloc(self->size);

	ASSERT_LE(0, fd);
	ASSERT_EQ((ssize_t)self->size,
		  pread(fd, got, self->size, (off_t)self->map));
	EXPECT_EQ(0, memcmp(got, self->copy, self->size));
	memset(got, 0x3c, self->size);
	ASSERT_EQ((ssize_t)self->size,
		  pwrite(fd, got, self->size, (off_t)self->map));
	EXPECT_EQ(0, memcmp(self->map, got, self->size));
	free(got);
	close(fd);
}

TEST_F(io, direct_write)
{
	int fd = block_device(0, NULL);
	char *got = aligned_alloc(PAGE_SIZE, self->size);

	if (fd < 0)
		SKIP(return, "cannot open " BLOCK_DEVICE ": load brd");
	ASSERT_EQ((ssize_t)self->size, pwrite(fd, self->map, self->size, 0));
	ASSERT_EQ((ssize_t)self->size, pread(fd, got, self->size, 0));
	EXPECT_EQ(0, memcmp(got, self->copy, self->size));
	free(got);
	close(fd);
}

TEST_F(io, direct_read)
{
	int fd;

	memset(self->copy, 0x77, self->size);
	fd = block_device(self->size, self->copy);
	if (fd < 0)
		SKIP(return, "cannot open " BLOCK_DEVICE ": load brd");
	ASSERT_EQ((ssize_t)self->size, pread(fd, self->map, self->size, 0));
	EXPECT_EQ(0, memcmp(self->map, self->copy, self->size));
	close(fd);
}

/* Sector by sector, at addresses that are not page aligned, across pages. */
TEST_F(io, direct_small)
{
	int fd = block_device(self->size, self->copy);

	if (fd < 0)
		SKIP(return, "cannot open " BLOCK_DEVICE ": load brd");
	memset(self->map, 0, self->size);
	for (size_t at = 512; at < self->size - 4096; at += 7 * 512 + PAGE_SIZE) {
		ASSERT_EQ(4096, pread(fd, self->map + at, 4096, at));
		EXPECT_EQ(0, memcmp(self->map + at, self->copy + at, 4096));
	}
	close(fd);
}

TEST_F(io, uring_fixed_buffer)
{
	size_t size = self->size < 1 << 20 ? self->size : 1 << 20;
	struct ring ring;
	int fd;

	if (ring_open(&ring))
		SKIP(return, "no io_uring: %m");
	if (ring_refuses_files())
		SKIP(return, NO_FILES);
	memset(self->copy, 0x44, size);
	fd = block_device(size, self->copy);
	if (fd < 0)
		SKIP(return, "cannot open " BLOCK_DEVICE ": load brd");

	ASSERT_EQ(0, ring_register(&ring, self->map, size));
	EXPECT_EQ((int)size, ring_rw(&ring, false, fd, self->map, size));
	EXPECT_EQ(0, memcmp(self->map, self->copy, size));

	memset(self->map, 0x55, size);
	EXPECT_EQ((int)size, ring_rw(&ring, true, fd, self->map, size));
	EXPECT_EQ((int)size, pread(fd, self->copy, size, 0));
	EXPECT_EQ(0, memcmp(self->map, self->copy, size));
	EXPECT_EQ(0, ring_unregister(&ring));
	close(fd);
}

/* The pipe holds the pages themselves, so it shows a write after the splice. */
TEST_F(io, vmsplice)
{
	size_t pages = self->pages < 16 ? self->pages : 16;
	char *got = malloc(pages * PAGE_SIZE);
	int fd = pipe_pages(self->map, pages);

	ASSERT_LE(0, fd);
	self->map[5] = 99;
	self->copy[5] = 99;
	ASSERT_EQ((ssize_t)(pages * PAGE_SIZE), read(fd, got, pages * PAGE_SIZE));
	EXPECT_EQ(0, memcmp(got, self->copy, pages * PAGE_SIZE));
	free(got);
	close(fd);
}

TEST_HARNESS_MAIN

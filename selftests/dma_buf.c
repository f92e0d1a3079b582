// SPDX-License-Identifier: GPL-2.0
/*
 * An area as a dma-buf: descriptors in other processes, importing drivers, revoke and freeze, and
 * that nothing is left in the end.
 */
#include <drm/drm.h>
#include <linux/dma-buf.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "areas.h"
#include "cgroup.h"
#include "export.h"
#include "vivid.h"

/* Two PMDs, a page, and a part of a page. */
#define SIZE (2 * PMD_SIZE + PAGE_SIZE + 100)
#define PAGES (2 * PMD_SIZE / PAGE_SIZE + 2)
#define BYTES (PAGES * PAGE_SIZE)

/* Directions, as in enum dma_data_direction. */
enum { BIDIRECTIONAL, TO_DEVICE, FROM_DEVICE };

/* The driver that imports. Unless VMREMAP_EXPORTER names another one, it also exports. */
static int device(void)
{
	return open("/dev/vmremap-test-dma-buf", O_RDWR | O_CLOEXEC);
}

/* A file of the driver to which a dma-buf is attached. */
static int import(int dmabuf)
{
	int fd = device();

	if (fd >= 0 && ioctl(fd, VMREMAP_TEST_DMA_BUF_ATTACH, dmabuf)) {
		close(fd);
		return -1;
	}
	return fd;
}

static int word(int fd, bool of_device, bool write, size_t page, __u64 *value)
{
	struct vmremap_test_dma_buf_access access = {
		.offset = page * PAGE_SIZE, .value = *value, .write = write, .device = of_device,
	};
	int ret = ioctl(fd, VMREMAP_TEST_DMA_BUF_ACCESS, &access);

	*value = access.value;
	return ret;
}

static bool has_word(int fd, bool of_device, size_t page, __u64 value)
{
	__u64 found = ~value;

	return !word(fd, of_device, false, page, &found) && found == value;
}

static bool put_word(int fd, bool of_device, size_t page, __u64 value)
{
	return !word(fd, of_device, true, page, &value);
}

static int sync_dma_buf(int dmabuf, __u64 flags)
{
	struct dma_buf_sync sync = { .flags = flags };

	return ioctl(dmabuf, DMA_BUF_IOCTL_SYNC, &sync);
}

/* Map a dma-buf where PMDs can map it, which only the program can choose. */
static void *map_aligned(int dmabuf, size_t bytes)
{
	char *hole = mmap(NULL, bytes + PMD_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (hole == MAP_FAILED)
		return hole;
	munmap(hole, bytes + PMD_SIZE);
	hole += -(uintptr_t)hole % PMD_SIZE;
	return mmap(hole, bytes, RW, MAP_SHARED | MAP_FIXED_NOREPLACE, dmabuf, 0);
}

static bool send_fd(int socket, int fd)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {};
	struct iovec iov = { .iov_base = "", .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&message);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(int));
	return sendmsg(socket, &message, 0) == 1;
}

static int receive_fd(int socket)
{
	char control[CMSG_SPACE(sizeof(int))], byte;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg;
	int fd;

	if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != 1)
		return -1;
	cmsg = CMSG_FIRSTHDR(&message);
	if (!cmsg)
		return -1;
	memcpy(&fd, CMSG_DATA(cmsg), sizeof(int));
	return fd;
}

/* The number of dma-bufs of this kernel. */
static long dma_bufs(void)
{
	long nr = -1;
	char line[256];

	/* The last of the lines that match, because others count the devices of a dma-buf. */
	for_each_line(line, "/sys/kernel/debug/dma_buf/bufinfo")
		sscanf(line, "Total %ld objects", &nr);
	return nr;
}

/* What must be as before at the end of a test. */
struct counts {
	long areas;
	long dma_bufs;
	long pages; /* -1 if this kernel does not tell */
};

static struct counts count(void)
{
	return (struct counts){ areas(), dma_bufs(), area_pages() };
}

static bool nothing_left(const struct counts *before)
{
	struct counts now = count();

	return now.areas == before->areas && now.dma_bufs == before->dma_bufs &&
	       now.pages == before->pages;
}

/* No file of the driver is open any more: unload it. */
static bool unload(void)
{
	return eventually(!module_unload(exporter()));
}

static bool load(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/modules/%s.ko", exporter());
	return !module_load(path, "");
}

#define NO_LOCKING "in this kernel, importing drivers map without the reservation lock"

static bool kernel_is_refused(void)
{
	int driver = device_with_area(PAGE_SIZE, 0), fd = export(driver, O_RDWR);
	bool refused = fd < 0 && errno == EOPNOTSUPP;

	close(fd);
	close(driver);
	return refused;
}

FIXTURE(dma_buf)
{
	struct counts before;
	int driver; /* file with an area */
	int importing; /* file of the driver that imports, without an import */
	int fd; /* the area as a dma-buf */
	char *map;
};

FIXTURE_SETUP(dma_buf)
{
	if (kernel_is_refused())
		SKIP(return, NO_LOCKING);
	self->before = count();
	ASSERT_LE(0, self->before.dma_bufs);
	self->driver = device_with_area(SIZE, VMREMAP_REVOCABLE);
	ASSERT_LE(0, self->driver) TH_LOG("%s: %m", exporter());
	self->importing = device();
	ASSERT_LE(0, self->importing);
	self->fd = export(self->driver, O_RDWR);
	ASSERT_LE(0, self->fd) TH_LOG("%m");
	self->map = map_aligned(self->fd, BYTES);
	ASSERT_NE(MAP_FAILED, self->map) TH_LOG("%m");
}

FIXTURE_TEARDOWN(dma_buf)
{
	munmap(self->map, BYTES);
	close(self->fd);
	close(self->importing);
	close(self->driver);
	EXPECT_TRUE(eventually(nothing_left(&self->before)));
}

/* RightPage, AreaOutlives: PMDs map the area, also once the driver and the dma-buf are closed. */
TEST_F(dma_buf, maps_by_pmd)
{
	EXPECT_EQ(BYTES, lseek(self->fd, 0, SEEK_END));
	for (size_t page = 0; page < PAGES; page++)
		*page_word(self->map, page) = page + 1;
	if (access(THP, F_OK))
		printf("# " NO_THP "\n");
	else
		EXPECT_EQ(2 * PMD_SIZE / 1024, smaps_kib(self->map, "FilePmdMapped"));
	close(self->driver);
	close(self->fd);
	self->driver = -1;
	self->fd = -1;
	for (size_t page = 0; page < PAGES; page++)
		ASSERT_EQ(page + 1, *page_word(self->map, page));
}

/* RangeInArea, VmaUntouched: neither mmap(2) nor mremap(2) gets past the end. */
TEST_F(dma_buf, ends_where_the_area_ends)
{
	EXPECT_EQ(EINVAL, errno_of(map_pages(self->fd, 0, PAGES + 1)));
	EXPECT_EQ(EINVAL, errno_of(map_pages(self->fd, PAGES, 1)));
	EXPECT_EQ(EINVAL, errno_of(map_pages(self->fd, PAGES - 1, 2)));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 2 * PAGE_SIZE, RW, MAP_SHARED, self->fd,
				   (off_t)(INT64_MAX & -PAGE_SIZE)));
	EXPECT_EQ(EFAULT, errno_of(mremap(self->map, BYTES, BYTES + PAGE_SIZE, MREMAP_MAYMOVE)));
	*page_word(self->map, PAGES - 1) = 7;
	*page_word(self->map, 0) = 8;
	{
		void *last = map_pages(self->fd, PAGES - 1, 1);

		ASSERT_NE(MAP_FAILED, last);
		EXPECT_EQ(7, *page_word(last, 0));
		munmap(last, PAGE_SIZE);
	}
}

/* PolicyHeld: no mapping of a dma-buf is executable, or private and writable. */
TEST_F(dma_buf, keeps_the_policy)
{
	EXPECT_EQ(EACCES, errno_of(mmap(NULL, PAGE_SIZE, RW, MAP_PRIVATE, self->fd, 0)));
	/* From Linux 7 on, nothing in the file system of dma-bufs can be executed. */
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE_SIZE, PROT_READ | PROT_EXEC, MAP_SHARED,
				   self->fd, 0));
	EXPECT_TRUE(errno == EPERM || errno == EACCES) TH_LOG("%m");
	EXPECT_EQ(EACCES, errno_of(mprotect(self->map, PAGE_SIZE, PROT_READ | PROT_EXEC)));
}

/* AreaValid: what the function refuses. */
TEST_F(dma_buf, refuses_arguments)
{
	int empty = exporting_device();

	EXPECT_EQ(EINVAL, errno_of(export(self->driver, O_WRONLY)));
	EXPECT_EQ(EINVAL, errno_of(export(self->driver, O_RDWR | O_WRONLY)));
	EXPECT_EQ(EINVAL, errno_of(export(self->driver, O_RDWR | O_NONBLOCK)));
	ASSERT_LE(0, empty);
	EXPECT_EQ(EFAULT, errno_of(export(empty, O_RDWR)));
	close(empty);
}

/* PolicyHeld: programs and devices only read through a read-only descriptor. */
TEST_F(dma_buf, is_read_only)
{
	int fd = export(self->driver, O_RDONLY), importer;
	char *map, path[64];

	ASSERT_LE(0, fd);
	*page_word(self->map, 1) = 5;
	EXPECT_EQ(EACCES, errno_of(mmap(NULL, PAGE_SIZE, RW, MAP_SHARED, fd, 0)));
	EXPECT_EQ(EACCES, errno_of(mmap(NULL, PAGE_SIZE, RW, MAP_PRIVATE, fd, 0)));
	map = mmap(NULL, BYTES, PROT_READ, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(5, *page_word(map, 1));
	EXPECT_EQ(EACCES, errno_of(mprotect(map, BYTES, RW)));
	munmap(map, BYTES);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	EXPECT_EQ(-1, open(path, O_RDWR));

	importer = import(fd);
	ASSERT_LE(0, importer);
	EXPECT_EQ(EACCES, errno_of(ioctl(importer, VMREMAP_TEST_DMA_BUF_MAP, BIDIRECTIONAL)));
	EXPECT_EQ(EACCES, errno_of(ioctl(importer, VMREMAP_TEST_DMA_BUF_MAP, FROM_DEVICE)));
	EXPECT_EQ(EINVAL, errno_of(ioctl(importer, VMREMAP_TEST_DMA_BUF_VMAP)));
	EXPECT_LT(0, ioctl(importer, VMREMAP_TEST_DMA_BUF_MAP, TO_DEVICE));
	EXPECT_TRUE(has_word(importer, true, 1, 5));
	/* The importer's own descriptor is writable. */
	EXPECT_EQ(EACCES, errno_of(map_pages(importer, 0, PAGES)));
	map = mmap(NULL, BYTES, PROT_READ, MAP_SHARED, importer, 0);
	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(5, *page_word(map, 1));
	EXPECT_EQ(EACCES, errno_of(mprotect(map, BYTES, RW)));
	munmap(map, BYTES);
	close(importer);
	close(fd);
}

/* DriverOutlives: the importer's vm_ops are forgotten, because its module may be unloaded. */
TEST_F(dma_buf, forgets_the_vm_ops_of_an_importer)
{
	int importer = import(self->fd);
	char *map;

	ASSERT_LE(0, importer);
	map = map_pages(importer, 0, PAGES);
	ASSERT_NE(MAP_FAILED, map);
	*page_word(map, 2) = 7;
	EXPECT_EQ(7, *page_word(self->map, 2));
	/* A split calls .open, and each munmap(2) of a whole VMA calls .close. */
	munmap(map + PAGE_SIZE, PAGE_SIZE);
	munmap(map, BYTES);
	EXPECT_EQ(0, ioctl(self->importing, VMREMAP_TEST_DMA_BUF_CALLED));
	close(importer);
}

/* PolicyHeld: VMREMAP_RDONLY is for programs, and the descriptor says what devices may do. */
TEST_F(dma_buf, writes_through_a_device_if_the_driver_says_so)
{
	int driver = device_with_area(SIZE, VMREMAP_RDONLY), fd, importer;
	char *map;

	ASSERT_LE(0, driver);
	fd = export(driver, O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(EACCES, errno_of(map_pages(fd, 0, PAGES)));
	importer = import(fd);
	ASSERT_LE(0, importer);
	EXPECT_EQ(EACCES, errno_of(map_pages(importer, 0, PAGES)));
	map = mmap(NULL, BYTES, PROT_READ, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(EACCES, errno_of(mprotect(map, BYTES, RW)));
	EXPECT_EQ(0, ioctl(importer, VMREMAP_TEST_DMA_BUF_VMAP));
	EXPECT_TRUE(put_word(importer, false, 3, 33));
	EXPECT_EQ(33, *page_word(map, 3));
	munmap(map, BYTES);
	close(importer);
	close(fd);

	fd = export(driver, O_RDONLY);
	ASSERT_LE(0, fd);
	importer = import(fd);
	ASSERT_LE(0, importer);
	EXPECT_EQ(EACCES, errno_of(ioctl(importer, VMREMAP_TEST_DMA_BUF_MAP, BIDIRECTIONAL)));
	close(importer);
	close(fd);
	close(driver);
}

/* The longest entry of a scatterlist: with swiotlb=force, each must fit into a bounce buffer. */
static size_t longest(size_t of_device)
{
	const size_t bounce = 256 * 1024;
	char text[4096];

	if (read_text("/proc/cmdline", text, sizeof(text)) && strstr(text, "swiotlb=force"))
		return of_device < bounce ? of_device : bounce;
	return of_device;
}

/* DeviceTurn, RightPage: entries are as long as the device accepts, and in order. */
TEST_F(dma_buf, has_long_segments)
{
	const struct {
		size_t limit;
		size_t boundary; /* 0 is none */
		size_t length;
	} devices[] = {
		{ PMD_SIZE, 0, PMD_SIZE },
		{ PMD_SIZE, PMD_SIZE - 1, PMD_SIZE },
		{ 64 * 1024, 0, 64 * 1024 },
		{ 2 * PAGE_SIZE + 1, 0, 2 * PAGE_SIZE },
		{ PAGE_SIZE, 0, PAGE_SIZE },
		{ PMD_SIZE, 4 * PAGE_SIZE - 1, 4 * PAGE_SIZE },
		{ 3 * PAGE_SIZE, 4 * PAGE_SIZE - 1, 2 * PAGE_SIZE },
		{ PMD_SIZE, PAGE_SIZE - 1, PAGE_SIZE },
	};

	for (size_t page = 0; page < PAGES; page++)
		*page_word(self->map, page) = page + 9;
	for (size_t i = 0; i < sizeof(devices) / sizeof(*devices); i++) {
		int importer = import(self->fd);
		size_t length = longest(devices[i].length);

		ASSERT_LE(0, importer);
		/* A device that accepts less than a page can map no dma-buf. */
		ASSERT_EQ(0, ioctl(importer, VMREMAP_TEST_DMA_BUF_SEGMENT, PAGE_SIZE - 1));
		EXPECT_EQ(EINVAL, errno_of(ioctl(importer, VMREMAP_TEST_DMA_BUF_MAP, TO_DEVICE)));
		ASSERT_EQ(0, ioctl(importer, VMREMAP_TEST_DMA_BUF_SEGMENT, devices[i].limit));
		ASSERT_EQ(0, ioctl(importer, VMREMAP_TEST_DMA_BUF_BOUNDARY, PAGE_SIZE / 2 - 1));
		EXPECT_EQ(EINVAL, errno_of(ioctl(importer, VMREMAP_TEST_DMA_BUF_MAP, TO_DEVICE)));
		ASSERT_EQ(0, ioctl(importer, VMREMAP_TEST_DMA_BUF_BOUNDARY, devices[i].boundary));
		EXPECT_EQ(2 * PMD_SIZE / length + (length < 2 * PAGE_SIZE ? 2 : 1),
			  ioctl(importer, VMREMAP_TEST_DMA_BUF_MAP, TO_DEVICE));
		for (size_t page = 0; page < PAGES; page++)
			ASSERT_TRUE(has_word(importer, true, page, page + 9));
		close(importer);
	}
	ioctl(self->importing, VMREMAP_TEST_DMA_BUF_SEGMENT, PMD_SIZE);
	ioctl(self->importing, VMREMAP_TEST_DMA_BUF_BOUNDARY, 0);
}

/* DeviceTurn: with bounce buffers, each side sees what the other wrote only after a sync. */
TEST_F(dma_buf, syncs_each_mapping)
{
	int importers[3] = { import(self->fd), import(self->fd), import(self->fd) };
	int directions[3] = { BIDIRECTIONAL, TO_DEVICE, FROM_DEVICE };

	for (int i = 0; i < 3; i++) {
		ASSERT_LE(0, importers[i]);
		ASSERT_LT(0, ioctl(importers[i], VMREMAP_TEST_DMA_BUF_MAP, directions[i]));
	}
	/* From the program to the devices. */
	ASSERT_EQ(0, sync_dma_buf(self->fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_WRITE));
	for (size_t page = 0; page < PAGES; page++)
		*page_word(self->map, page) = page * 3 + 1;
	ASSERT_EQ(0, sync_dma_buf(self->fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_WRITE));
	for (size_t page = 0; page < PAGES; page++) {
		ASSERT_TRUE(has_word(importers[0], true, page, page * 3 + 1));
		ASSERT_TRUE(has_word(importers[1], true, page, page * 3 + 1));
	}
	/* From a device to the program, also if that says that it only writes. */
	for (size_t page = 0; page < PAGES; page++)
		ASSERT_TRUE(put_word(importers[0], true, page, page * 5 + 2));
	ioctl(importers[2], VMREMAP_TEST_DMA_BUF_UNMAP);
	ASSERT_EQ(0, sync_dma_buf(self->fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_WRITE));
	*page_word(self->map, 0) = 4;
	ASSERT_EQ(0, sync_dma_buf(self->fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_WRITE));
	EXPECT_TRUE(has_word(importers[0], true, 0, 4));
	for (size_t page = 1; page < PAGES; page++) {
		ASSERT_EQ(page * 5 + 2, *page_word(self->map, page));
		ASSERT_TRUE(has_word(importers[0], true, page, page * 5 + 2));
	}
	/* Unmapping syncs, too. */
	ASSERT_TRUE(put_word(importers[0], true, 1, 6));
	ioctl(importers[0], VMREMAP_TEST_DMA_BUF_UNMAP);
	EXPECT_EQ(6, *page_word(self->map, 1));
	for (int i = 0; i < 3; i++)
		close(importers[i]);
}

/* NoUserAccess: freeze fails while a device or a driver has the area mapped. */
TEST_F(dma_buf, is_not_frozen_while_it_is_mapped)
{
	int importer = import(self->fd);

	ASSERT_LE(0, importer);
	/* An attachment alone does not matter. */
	EXPECT_EQ(0, ioctl(self->driver, VMREMAP_TEST_FREEZE));
	EXPECT_EQ(0, ioctl(self->driver, VMREMAP_TEST_THAW));
	ASSERT_LT(0, ioctl(importer, VMREMAP_TEST_DMA_BUF_MAP, TO_DEVICE));
	EXPECT_EQ(EBUSY, errno_of(ioctl(self->driver, VMREMAP_TEST_FREEZE)));
	ASSERT_EQ(0, ioctl(importer, VMREMAP_TEST_DMA_BUF_UNMAP));
	EXPECT_EQ(0, ioctl(self->driver, VMREMAP_TEST_FREEZE));
	EXPECT_EQ(0, ioctl(self->driver, VMREMAP_TEST_THAW));
	ASSERT_EQ(0, ioctl(importer, VMREMAP_TEST_DMA_BUF_VMAP));
	EXPECT_EQ(EBUSY, errno_of(ioctl(self->driver, VMREMAP_TEST_FREEZE)));
	ASSERT_EQ(0, ioctl(importer, VMREMAP_TEST_DMA_BUF_VUNMAP));
	EXPECT_EQ(0, ioctl(self->driver, VMREMAP_TEST_FREEZE));
	EXPECT_EQ(0, ioctl(self->driver, VMREMAP_TEST_THAW));
	close(importer);
}

/* A process that maps a frozen area, by one of two ioctls. Exits with the errno. */
static pid_t map_frozen(int importer, unsigned int cmd)
{
	return start_child(errno_of(ioctl(importer, cmd, BIDIRECTIONAL)));
}

/* In which of these the compiler has put the wait. */
static bool waits_for_thaw(pid_t pid)
{
	return sleeps_in(pid, "wait_for_thaw") || sleeps_in(pid, "map_dma_buf") ||
	       sleeps_in(pid, "vmap_area") || sleeps_in(pid, "pin") || sleeps_in(pid, "attach");
}

/* NoUserAccess: mapping a frozen area waits until it is thawed or revoked, or the task killed. */
TEST_F(dma_buf, waits_for_thaw)
{
	const struct {
		unsigned int cmd;
		unsigned int end;
	} ways[] = {
		{ VMREMAP_TEST_DMA_BUF_MAP, VMREMAP_TEST_THAW },
		{ VMREMAP_TEST_DMA_BUF_VMAP, VMREMAP_TEST_THAW },
		{ VMREMAP_TEST_DMA_BUF_MAP, 0 },
		{ VMREMAP_TEST_DMA_BUF_VMAP, 0 },
		{ VMREMAP_TEST_DMA_BUF_MAP, VMREMAP_TEST_REVOKE },
	};

	/* In a kernel that accounts memory, __vmalloc() fails for a task that was killed. */
	ASSERT_TRUE(cgroup_enter());
	*page_word(self->map, 1) = 1;
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		bool thawed = ways[i].end == VMREMAP_TEST_THAW;
		int importer = import(self->fd), err;
		pid_t pid;

		ASSERT_LE(0, importer);
		ASSERT_EQ(0, ioctl(self->driver, VMREMAP_TEST_FREEZE)) TH_LOG("%m");
		pid = map_frozen(importer, ways[i].cmd);
		ASSERT_LT(0, pid);
		EXPECT_TRUE(eventually(waits_for_thaw(pid)));
		err = ways[i].end ? ioctl(self->driver, ways[i].end) : kill(pid, SIGKILL);
		EXPECT_EQ(0, err);
		EXPECT_EQ(!ways[i].end ? -SIGKILL : thawed ? 0 : ENODEV, wait_for(pid));
		if (!ways[i].end)
			ASSERT_EQ(0, ioctl(self->driver, VMREMAP_TEST_THAW));
		if (thawed)
			EXPECT_EQ(-1, ioctl(self->driver, VMREMAP_TEST_FREEZE));
		/* What a killed task has mapped is not the area. */
		if (ways[i].cmd == VMREMAP_TEST_DMA_BUF_VMAP)
			EXPECT_TRUE(has_word(importer, false, 1, thawed));
		close(importer);
	}
	cgroup_leave();
}

/* PagesOutlive: the kernel gives what a killed task has mapped to all until they unmap it. */
TEST_F(dma_buf, shares_the_page_of_a_killed_task)
{
	int first = import(self->fd), second = import(self->fd);
	pid_t pid;

	ASSERT_LE(0, first);
	ASSERT_LE(0, second);
	*page_word(self->map, 1) = 11;
	ASSERT_EQ(0, ioctl(self->driver, VMREMAP_TEST_FREEZE)) TH_LOG("%m");
	pid = map_frozen(first, VMREMAP_TEST_DMA_BUF_VMAP);
	ASSERT_LT(0, pid);
	EXPECT_TRUE(eventually(waits_for_thaw(pid)));
	EXPECT_EQ(0, kill(pid, SIGKILL));
	EXPECT_EQ(-SIGKILL, wait_for(pid));
	ASSERT_EQ(0, ioctl(self->driver, VMREMAP_TEST_THAW));

	ASSERT_EQ(0, ioctl(second, VMREMAP_TEST_DMA_BUF_VMAP));
	EXPECT_TRUE(has_word(second, false, 1, 0));
	EXPECT_TRUE(put_word(second, false, 1, 99));
	EXPECT_TRUE(has_word(first, false, 1, 99));
	EXPECT_EQ(11, *page_word(self->map, 1));
	close(first);
	ASSERT_EQ(0, ioctl(second, VMREMAP_TEST_DMA_BUF_VUNMAP));
	ASSERT_EQ(0, ioctl(second, VMREMAP_TEST_DMA_BUF_VMAP));
	EXPECT_TRUE(has_word(second, false, 1, 11));
	close(second);
}

/* NoUserAccess: attaching to a frozen area waits without the lock that poll(2) takes. */
TEST_F(dma_buf, waits_for_thaw_before_it_attaches)
{
	struct pollfd poller = { .fd = self->fd, .events = POLLIN };

	for (int killed = 0; killed < 2; killed++) {
		pid_t pid;

		ASSERT_EQ(0, ioctl(self->driver, VMREMAP_TEST_FREEZE)) TH_LOG("%m");
		pid = start_child(errno_of(import(self->fd)));
		ASSERT_LE(0, pid);
		EXPECT_TRUE(eventually(waits_for_thaw(pid)));
		EXPECT_EQ(1, poll(&poller, 1, 0));
		EXPECT_EQ(0, killed ? kill(pid, SIGKILL) :
				      ioctl(self->driver, VMREMAP_TEST_THAW));
		EXPECT_EQ(killed ? -SIGKILL : 0, wait_for(pid));
		EXPECT_EQ(0, killed ? ioctl(self->driver, VMREMAP_TEST_THAW) : 0);
	}
}

static int map_at_exit(int driver, int fd)
{
	int importer = import(fd);

	return errno_of(ioctl(importer, VMREMAP_TEST_DMA_BUF_MAP_ON_RELEASE)) ?:
	       errno_of(ioctl(driver, VMREMAP_TEST_FREEZE));
}

/* A task that exits cannot be killed: its driver is refused, and does not wait. */
TEST_F(dma_buf, is_mapped_by_a_task_that_exits)
{
	EXPECT_EQ(0, in_child(map_at_exit(self->driver, self->fd)));
	EXPECT_EQ(0, ioctl(self->driver, VMREMAP_TEST_THAW));
	EXPECT_EQ(0, ioctl(self->driver, VMREMAP_TEST_FREEZE));
	EXPECT_EQ(0, ioctl(self->driver, VMREMAP_TEST_THAW));
}

/* Nor can a kernel thread be killed. */
TEST_F(dma_buf, is_mapped_by_a_kernel_thread)
{
	int importer = device();

	ASSERT_LE(0, importer);
	ASSERT_EQ(0, ioctl(importer, VMREMAP_TEST_DMA_BUF_ATTACH, self->fd));
	ASSERT_EQ(0, ioctl(self->driver, VMREMAP_TEST_FREEZE));
	EXPECT_EQ(EINTR, errno_of(ioctl(importer, VMREMAP_TEST_DMA_BUF_MAP_IN_KTHREAD)));
	ASSERT_EQ(0, ioctl(self->driver, VMREMAP_TEST_THAW));
	EXPECT_LT(0, ioctl(importer, VMREMAP_TEST_DMA_BUF_MAP_IN_KTHREAD));
	close(importer);
}

/* NotRevoked, NoUserAccess: revoke tells importers, and ends each later map. */
TEST_F(dma_buf, is_revoked)
{
	int importer = import(self->fd), dynamic = device(), late = device();

	ASSERT_LE(0, importer);
	ASSERT_LE(0, dynamic);
	ASSERT_LE(0, late);
	*page_word(self->map, 2) = 22;
	ASSERT_EQ(0, ioctl(dynamic, VMREMAP_TEST_DMA_BUF_ATTACH_DYNAMIC, self->fd));
	ASSERT_LT(0, ioctl(importer, VMREMAP_TEST_DMA_BUF_MAP, BIDIRECTIONAL));
	ASSERT_LT(0, ioctl(dynamic, VMREMAP_TEST_DMA_BUF_MAP, BIDIRECTIONAL));
	ASSERT_EQ(0, ioctl(dynamic, VMREMAP_TEST_DMA_BUF_INVALIDATED));

	ASSERT_EQ(0, ioctl(self->driver, VMREMAP_TEST_REVOKE));
	EXPECT_EQ(SIGBUS, touch(self->map, false));
	EXPECT_EQ(1, ioctl(dynamic, VMREMAP_TEST_DMA_BUF_INVALIDATED));
	EXPECT_FALSE(has_word(dynamic, true, 2, 22));
	/* An importer that cannot be told keeps the memory, as a page that is pinned. */
	EXPECT_EQ(0, ioctl(importer, VMREMAP_TEST_DMA_BUF_INVALIDATED));
	EXPECT_TRUE(has_word(importer, true, 2, 22));
	ASSERT_EQ(0, ioctl(importer, VMREMAP_TEST_DMA_BUF_UNMAP));

	EXPECT_EQ(ENODEV, errno_of(ioctl(importer, VMREMAP_TEST_DMA_BUF_MAP, TO_DEVICE)));
	EXPECT_EQ(ENODEV, errno_of(map_pages(self->fd, 0, 1)));
	EXPECT_EQ(ENODEV, errno_of(export(self->driver, O_RDWR)));
	EXPECT_EQ(ENODEV, errno_of(ioctl(late, VMREMAP_TEST_DMA_BUF_IMPORT, self->fd)));
	/* dma_buf_vmap() must not fail, so the kernel gets other memory. */
	ASSERT_EQ(0, ioctl(importer, VMREMAP_TEST_DMA_BUF_VMAP));
	EXPECT_TRUE(has_word(importer, false, 2, 0));
	EXPECT_TRUE(put_word(importer, false, PAGES - 1, 1));
	close(importer);
	close(dynamic);
	close(late);
}

/* NotRevoked: revoke tells no dma-buf that was closed. KASAN sees it if it does. */
TEST_F(dma_buf, is_revoked_after_it_was_closed)
{
	close(export(self->driver, O_RDWR));
	/* That of the fixture is left. */
	ASSERT_TRUE(eventually(dma_bufs() == self->before.dma_bufs + 1));
	EXPECT_EQ(0, ioctl(self->driver, VMREMAP_TEST_REVOKE));
}

/* PagesOutlive: a kernel mapping from before the revoke stays, like a pin, until all unmap it. */
TEST_F(dma_buf, is_revoked_while_the_kernel_has_it)
{
	int importer = import(self->fd), late = import(self->fd);

	ASSERT_LE(0, importer);
	ASSERT_LE(0, late);
	*page_word(self->map, 2) = 22;
	ASSERT_EQ(0, ioctl(importer, VMREMAP_TEST_DMA_BUF_VMAP));
	ASSERT_EQ(0, ioctl(self->driver, VMREMAP_TEST_REVOKE));
	EXPECT_TRUE(has_word(importer, false, 2, 22));
	ASSERT_EQ(0, ioctl(late, VMREMAP_TEST_DMA_BUF_VMAP));
	EXPECT_TRUE(has_word(late, false, 2, 22));
	close(importer);
	EXPECT_TRUE(has_word(late, false, 2, 22));
	ASSERT_EQ(0, ioctl(late, VMREMAP_TEST_DMA_BUF_VUNMAP));
	ASSERT_EQ(0, ioctl(late, VMREMAP_TEST_DMA_BUF_VMAP));
	EXPECT_TRUE(has_word(late, false, 2, 0));
	close(late);
}

/* AreaOutlives: descriptors, mappings and imports end in every order. */
TEST_F(dma_buf, closes_in_every_order)
{
	enum { DRIVER_FILE, FD, DUP, MAP, IMPORT, KINDS };
	const size_t pages = 128 * 1024 / PAGE_SIZE, bytes = pages * PAGE_SIZE;
	int orders = 0;

	for (int code = 0; code < KINDS * KINDS * KINDS * KINDS * KINDS; code++) {
		int order[KINDS], used = 0, rest = code, fds[KINDS];
		char *map;

		for (int i = 0; i < KINDS; i++, rest /= KINDS) {
			order[i] = rest % KINDS;
			used |= 1 << order[i];
		}
		if (used != (1 << KINDS) - 1)
			continue;
		orders++;
		fds[DRIVER_FILE] = device_with_area(bytes, orders % 2 ? VMREMAP_REVOCABLE : 0);
		ASSERT_LE(0, fds[DRIVER_FILE]);
		fds[FD] = export(fds[DRIVER_FILE], O_RDWR);
		fds[DUP] = dup(fds[FD]);
		map = map_pages(fds[DUP], 0, pages);
		ASSERT_NE(MAP_FAILED, map);
		*page_word(map, pages - 1) = code;
		fds[IMPORT] = import(fds[DUP]);
		ASSERT_LE(0, fds[IMPORT]);
		ASSERT_LT(0, ioctl(fds[IMPORT], VMREMAP_TEST_DMA_BUF_MAP, TO_DEVICE));
		for (int i = 0; i < KINDS; i++) {
			if (used & 1 << MAP)
				ASSERT_EQ(code, *page_word(map, pages - 1));
			if (used & 1 << IMPORT)
				ASSERT_TRUE(has_word(fds[IMPORT], true, pages - 1, code));
			if (order[i] == MAP)
				munmap(map, bytes);
			else
				close(fds[order[i]]);
			used &= ~(1 << order[i]);
		}
	}
	EXPECT_EQ(120, orders);
}

/* A thread that imports a dma-buf again and again. */
struct importer {
	pthread_t thread;
	int driver;
	int fd;
	int rounds;
	int imported;
	int wrong; /* neither imported nor refused */
};

static void *import_again(void *argument)
{
	struct importer *importer = argument;

	for (int i = 0; i < importer->rounds; i++) {
		int ret = ioctl(importer->driver, VMREMAP_TEST_DMA_BUF_IMPORT, importer->fd);

		importer->imported += !ret;
		importer->wrong += ret && errno != ENODEV;
	}
	return NULL;
}

/* NotRevoked, AreaOutlives, AnyThread: the area is revoked while four threads attach and detach. */
TEST_F(dma_buf, is_revoked_while_it_is_imported)
{
	const int areas = 200, threads = 4, rounds = 15;
	int imported = 0, wrong = 0;

	for (int i = 0; i < areas; i++) {
		int driver = device_with_area(128 * 1024, VMREMAP_REVOCABLE);
		struct importer importers[threads];
		int fd = export(driver, O_RDWR);

		ASSERT_LE(0, fd);
		for (int n = 0; n < threads; n++) {
			importers[n] = (struct importer){
				.driver = self->importing, .fd = fd, .rounds = rounds,
			};
			ASSERT_EQ(0, pthread_create(&importers[n].thread, NULL, import_again,
						    &importers[n]));
		}
		usleep(i * 7919 % 3000);
		ASSERT_EQ(0, ioctl(driver, VMREMAP_TEST_REVOKE));
		EXPECT_EQ(ENODEV, errno_of(ioctl(self->importing, VMREMAP_TEST_DMA_BUF_IMPORT,
						 fd)));
		close(driver);
		for (int n = 0; n < threads; n++) {
			pthread_join(importers[n].thread, NULL);
			imported += importers[n].imported;
			wrong += importers[n].wrong;
		}
		close(fd);
	}
	EXPECT_EQ(0, wrong);
	EXPECT_LT(0, imported);
	EXPECT_GT(areas * threads * rounds, imported);
	printf("# figure: %d of %d imports before the revoke\n", imported,
	       areas * threads * rounds);
}

/* The other process of a test checks what it receives. Returns the step that failed. */
static int other_process(int socket)
{
	int fd = receive_fd(socket);
	char *map, done;

	if (fd < 0)
		return 1;
	/* The driver is unloaded when this arrives. */
	if (read(socket, &done, 1) != 1)
		return 2;
	map = map_aligned(fd, BYTES);
	if (map == MAP_FAILED)
		return 3;
	for (size_t page = 0; page < PAGES; page++)
		if (*page_word(map, page) != page + 1)
			return 4;
	if (!access(THP, F_OK) && smaps_kib(map, "FilePmdMapped") != 2 * PMD_SIZE / 1024)
		return 5;
	*page_word(map, 0) = 0x77;
	close(fd);
	if (*page_word(map, 0) != 0x77)
		return 6;
	return 0;
}

/* Unload the driver that has exported, and expect that the process which got the rest succeeds. */
static void expect_without_driver(struct __test_metadata *_metadata, const int *sockets, pid_t pid)
{
	EXPECT_TRUE(unload()) TH_LOG("%m");
	EXPECT_EQ(1, write(sockets[0], "", 1));
	EXPECT_EQ(0, wait_for(pid)) TH_LOG("the step is the exit status");
	EXPECT_TRUE(load());
	close(sockets[0]);
	close(sockets[1]);
}

/* AreaOutlives: another process gets the descriptor, and the driver is unloaded. */
TEST_F(dma_buf, outlives_the_driver_in_another_process)
{
	int sockets[2], driver, fd;
	char *map;
	pid_t pid;

	close(self->driver);
	close(self->importing);
	self->driver = -1;
	self->importing = -1;
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	pid = start_child(other_process(sockets[1]));
	ASSERT_LE(0, pid);
	driver = device_with_area(SIZE, 0);
	ASSERT_LE(0, driver);
	fd = export(driver, O_RDWR);
	ASSERT_LE(0, fd);
	map = map_pages(fd, 0, PAGES);
	ASSERT_NE(MAP_FAILED, map);
	for (size_t page = 0; page < PAGES; page++)
		*page_word(map, page) = page + 1;
	munmap(map, BYTES);
	ASSERT_TRUE(send_fd(sockets[0], fd));
	close(fd);
	close(driver);
	expect_without_driver(_metadata, sockets, pid);
}

/* AreaOutlives, RightPage: a GPU's driver imports the dma-buf, and exports it again. */
TEST_F(dma_buf, is_imported_by_prime)
{
	struct drm_prime_handle prime = { .fd = self->fd };
	struct drm_gem_close gem = {};
	struct stat here, there;
	int card = open("/dev/dri/card0", O_RDWR | O_CLOEXEC);
	char *map;

	if (card < 0)
		SKIP(return, "vgem is not loaded: %m");
	*page_word(self->map, 1) = 11;
	ASSERT_EQ(0, ioctl(card, DRM_IOCTL_PRIME_FD_TO_HANDLE, &prime)) TH_LOG("%m");
	close(self->driver);
	ASSERT_EQ(0, fstat(self->fd, &here));
	close(self->fd);
	self->driver = -1;
	self->fd = -1;
	munmap(self->map, BYTES);
	gem.handle = prime.handle;
	prime.flags = DRM_CLOEXEC | DRM_RDWR;
	ASSERT_EQ(0, ioctl(card, DRM_IOCTL_PRIME_HANDLE_TO_FD, &prime)) TH_LOG("%m");
	ASSERT_EQ(0, fstat(prime.fd, &there));
	EXPECT_EQ(here.st_ino, there.st_ino);
	map = map_pages(prime.fd, 0, PAGES);
	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(11, *page_word(map, 1));
	munmap(map, BYTES);
	close(prime.fd);
	ASSERT_EQ(0, ioctl(card, DRM_IOCTL_GEM_CLOSE, &gem));
	close(card);
}

FIXTURE(video)
{
	struct counts before;
};

FIXTURE_VARIANT(video)
{
	int instance;
};

/* vb2-vmalloc calls dma_buf_vmap(), vb2-dma-contig maps for the device. */
FIXTURE_VARIANT_ADD(video, vmap)
{
	.instance = 0,
};

FIXTURE_VARIANT_ADD(video, dma)
{
	.instance = 1,
};

FIXTURE_SETUP(video)
{
	if (kernel_is_refused())
		SKIP(return, NO_LOCKING);
	self->before = count();
}

FIXTURE_TEARDOWN(video)
{
	EXPECT_TRUE(eventually(nothing_left(&self->before)));
}

/* The other process shows frames that it writes into the areas. Returns the step that failed. */
static int show_frames(int socket, int instance, int frames)
{
	struct vivid vivid = {};
	char done;
	int step;

	for (int i = 0; i < VIVID_BUFFERS; i++) {
		vivid.fd[i] = receive_fd(socket);
		if (vivid.fd[i] < 0)
			return 1;
	}
	/* The driver is unloaded when this arrives. */
	if (read(socket, &done, 1) != 1)
		return 2;
	for (int i = 0; i < VIVID_BUFFERS; i++) {
		vivid.frame[i] = map_aligned(vivid.fd[i], PMD_SIZE);
		if (vivid.frame[i] == MAP_FAILED)
			return 3;
	}
	for (int tries = 0; tries < 10; tries++) {
		step = vivid_open(&vivid, instance) ?: vivid_start(&vivid);
		if (step)
			fprintf(stderr, "# step %d: %m\n", step);
		if (step != VIVID_NOISE)
			break;
		vivid_close(&vivid);
	}
	for (int frame = 1; !step && frame <= frames; frame++)
		step = vivid_show(&vivid, frame);
	vivid_close(&vivid);
	return step;
}

/* AreaOutlives, RightPage: a video output shows the bytes of an area whose driver is gone. */
TEST_F_TIMEOUT(video, shows_what_a_program_writes, 1200)
{
	int frames = getenv("FRAMES") ? atoi(getenv("FRAMES")) : 1000;
	int sockets[2], driver, fd;
	pid_t pid;

	if (!vivid_exists(variant->instance))
		SKIP(return, "vivid is not loaded");
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	pid = start_child(show_frames(sockets[1], variant->instance, frames));
	ASSERT_LE(0, pid);
	for (int i = 0; i < VIVID_BUFFERS; i++) {
		/* vivid's device reaches 4 GiB. Bounce buffers would not be contiguous. */
		driver = device_with_area(PMD_SIZE, VMREMAP_REVOCABLE | VMREMAP_DMA32);
		ASSERT_LE(0, driver);
		fd = export(driver, O_RDWR);
		ASSERT_LE(0, fd);
		ASSERT_TRUE(send_fd(sockets[0], fd));
		close(fd);
		close(driver);
	}
	expect_without_driver(_metadata, sockets, pid);
	printf("# figure: %d frames were shown bit for bit\n", frames);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0
/*
 * A PCI device copies to and from memory that this program has mapped, and is unplugged meanwhile.
 * VMREMAP_DEVICE names the driver's device file. ROUNDS is how often the device is unplugged, by
 * default 20 times.
 */
#include <glob.h>
#include <limits.h>
#include <linux/udmabuf.h>
#include <poll.h>

#include "edu/vmremap_edu.h"
#include "export.h"

#define PAGES (VMREMAP_EDU_BYTES / PAGE_SIZE)

static const char *device(void)
{
	return getenv("VMREMAP_DEVICE") ?: "/dev/vmremap-edu-c";
}

/* Unplug the driver's PCI device. Return: false if it has none. */
static bool unplug(void)
{
	char path[64 + NAME_MAX];
	bool done = false;
	glob_t found;

	snprintf(path, sizeof(path), "/sys/bus/pci/drivers/%s/*:*/remove",
		 strrchr(device(), '/') + 1);
	for (char *c = path; *c; c++)
		if (*c == '-')
			*c = '_';
	if (!glob(path, 0, NULL, &found))
		done = write_text(found.gl_pathv[0], "1");
	globfree(&found);
	return done;
}

/* Plug the PCI device in again. Return: the open device file, or -1. */
static int plug_in(void)
{
	return write_text("/sys/bus/pci/rescan", "1") ? open(device(), O_RDWR | O_CLOEXEC) : -1;
}

static int start(int fd, size_t offset, size_t bytes, bool from_device)
{
	struct vmremap_edu_copy copy = {
		.offset = offset,
		.bytes = bytes,
		.from_device = from_device,
	};

	return ioctl(fd, VMREMAP_EDU_START, &copy);
}

/* The events that poll(2) returns within @timeout ms. */
static int polled(int fd, int timeout)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };

	return poll(&pollfd, 1, timeout) < 0 ? -1 : pollfd.revents;
}

/* Memory of areas in KiB, and other file memory, which does not change. */
static long areas_kib(void)
{
	read_number("/proc/sys/vm/stat_refresh");
	return memory_kib("Cached");
}

/* Copy, and wait for the interrupt. */
static int copy(int fd, size_t offset, size_t bytes, bool from_device)
{
	int err = start(fd, offset, bytes, from_device);

	if (err)
		return err;
	if (!(polled(fd, 1000 * A_MINUTE) & POLLIN))
		return -1;
	return ioctl(fd, VMREMAP_EDU_WAIT);
}

static void fill(char *bytes, size_t size, unsigned int seed)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = (i * 31 + seed) % 251;
}

static size_t wrong(const char *bytes, size_t size, unsigned int seed)
{
	size_t count = 0;

	for (size_t i = 0; i < size; i++)
		count += bytes[i] != (char)((i * 31 + seed) % 251);
	return count;
}

FIXTURE(edu)
{
	int fd;
	char *map;
};

FIXTURE_SETUP(edu)
{
	self->fd = open(device(), O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->fd) TH_LOG("%s: %m", device());
	self->map = map_pages(self->fd, 0, PAGES);
	ASSERT_NE(MAP_FAILED, self->map);
}

FIXTURE_TEARDOWN(edu)
{
	munmap(self->map, VMREMAP_EDU_BYTES);
	close(self->fd);
}

/* DeviceTurn, RightPage: the device reads each page and writes it to the next one. */
TEST_F(edu, copies_out_and_in)
{
	const size_t most = VMREMAP_EDU_COPY_MAX;

	for (size_t at = 0; at < VMREMAP_EDU_BYTES; at += most) {
		size_t to = (at + most) % VMREMAP_EDU_BYTES;

		fill(self->map + at, most, at / most);
		memset(self->map + to, 0, most);
		ASSERT_EQ(0, copy(self->fd, at, most, false));
		EXPECT_EQ(0, wrong(self->map + at, most, at / most));
		ASSERT_EQ(0, copy(self->fd, to, most, true));
		EXPECT_EQ(0, wrong(self->map + to, most, at / most));
	}
}

/* DeviceTurn: the device copies exactly the bytes that were asked for. */
TEST_F(edu, copies_so_many_bytes)
{
	fill(self->map, 100, 1);
	ASSERT_EQ(0, copy(self->fd, 0, 100, false));
	memset(self->map + PAGE_SIZE, 0x7f, PAGE_SIZE);
	ASSERT_EQ(0, copy(self->fd, PAGE_SIZE + 8, 100, true));
	EXPECT_EQ(0, wrong(self->map + PAGE_SIZE + 8, 100, 1));
	for (size_t i = 0; i < PAGE_SIZE; i++)
		if (i < 8 || i >= 108)
			ASSERT_EQ(0x7f, self->map[PAGE_SIZE + i]);
}

/* Start a copy, and wait for its end. Is another one refused meanwhile, and is nothing reported? */
static bool is_busy_while_it_copies(int fd)
{
	bool busy = !start(fd, 0, 1, false) && start(fd, 0, 1, false) && errno == EBUSY &&
		    !polled(fd, 0);

	return !ioctl(fd, VMREMAP_EDU_WAIT) && busy;
}

/* DeviceTurn: the copied bytes are visible once poll(2) reports the end. */
TEST_F(edu, wakes_who_waits)
{
	/* A copy takes 100 ms. Try again if this program was too slow to see it running. */
	EXPECT_TRUE(eventually(is_busy_while_it_copies(self->fd)));
	EXPECT_EQ(POLLIN, polled(self->fd, 0));
	EXPECT_EQ(0, start(self->fd, 0, 1, false));
	EXPECT_EQ(POLLIN, polled(self->fd, 1000 * A_MINUTE));
}

TEST_F(edu, refuses_what_it_cannot_copy)
{
	const size_t most = VMREMAP_EDU_COPY_MAX;
	const struct {
		size_t offset;
		size_t bytes;
	} refused[] = {
		{ 0, 0 },
		{ 0, most + 1 },
		{ 1, most },
		{ most - 1, 2 },
		{ VMREMAP_EDU_BYTES, 1 },
		{ VMREMAP_EDU_BYTES - 1, 2 },
		{ UINT32_MAX, 1 },
		{ UINT32_MAX - 1, 2 },
		{ 0, UINT32_MAX },
	};

	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		EXPECT_EQ(EINVAL, errno_of(start(self->fd, refused[i].offset, refused[i].bytes,
						 i % 2)));
	}
	EXPECT_EQ(EFAULT, errno_of(ioctl(self->fd, VMREMAP_EDU_START, NULL)));
	EXPECT_EQ(ENOTTY, errno_of(ioctl(self->fd, 0)));
	EXPECT_EQ(EINVAL, errno_of(map_pages(self->fd, 1, PAGES)));
}

static int import(int fd, int dma_buf, size_t offset, size_t bytes, bool from_device)
{
	struct vmremap_edu_import import = {
		.fd = dma_buf,
		.copy = { .offset = offset, .bytes = bytes, .from_device = from_device },
	};

	return ioctl(fd, VMREMAP_EDU_IMPORT, &import);
}

/* DeviceTurn, RightPage: the device copies from one dma-buf to another one. */
TEST_F(edu, copies_dma_bufs)
{
	/* More than a segment of the device. */
	const size_t pages = VMREMAP_EDU_BYTES / PAGE_SIZE + 2, most = VMREMAP_EDU_COPY_MAX;
	int drivers[2], fds[2];
	char *maps[2];

	for (int i = 0; i < 2; i++) {
		drivers[i] = device_with_area(pages * PAGE_SIZE - 1, VMREMAP_REVOCABLE);
		if (drivers[i] < 0)
			SKIP(return, "no driver exports dma-bufs: %m");
		fds[i] = export(drivers[i], O_RDWR);
		ASSERT_LE(0, fds[i]);
		maps[i] = map_pages(fds[i], 0, pages);
		ASSERT_NE(MAP_FAILED, maps[i]);
	}
	for (size_t page = 0; page < pages; page++) {
		size_t from = page * PAGE_SIZE, to = (pages - 1 - page) * PAGE_SIZE;

		fill(maps[0] + from, most, page);
		ASSERT_EQ(0, import(self->fd, fds[0], from, most, false)) TH_LOG("%m");
		ASSERT_EQ(0, import(self->fd, fds[1], to, most, true)) TH_LOG("%m");
		EXPECT_EQ(0, wrong(maps[1] + to, most, page));
	}
	/* The rest of the page keeps its bytes. */
	ASSERT_EQ(0, import(self->fd, fds[1], 8, 100, true));
	EXPECT_EQ(0, wrong(maps[1] + 8, 100, pages - 1));
	EXPECT_EQ(0, wrong(maps[1], 8, pages - 1));
	for (int i = 0; i < 2; i++) {
		munmap(maps[i], pages * PAGE_SIZE);
		close(fds[i]);
		close(drivers[i]);
	}
}

/* DeviceTurn: a dma-buf need not be an area. */
TEST_F(edu, copies_a_udmabuf)
{
	struct udmabuf_create create = { .size = 2 * PAGE_SIZE };
	int device = open("/dev/udmabuf", O_RDWR | O_CLOEXEC), fd;
	char *map;

	if (device < 0)
		SKIP(return, "no udmabuf: %m");
	create.memfd = memfd_create("edu", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	ASSERT_LE(0, create.memfd);
	ASSERT_EQ(0, ftruncate(create.memfd, create.size));
	ASSERT_EQ(0, fcntl(create.memfd, F_ADD_SEALS, F_SEAL_SHRINK));
	fd = ioctl(device, UDMABUF_CREATE, &create);
	ASSERT_LE(0, fd) TH_LOG("%m");
	map = map_pages(create.memfd, 0, 2);
	ASSERT_NE(MAP_FAILED, map);
	fill(map, PAGE_SIZE, 3);
	ASSERT_EQ(0, import(self->fd, fd, 0, VMREMAP_EDU_COPY_MAX, false)) TH_LOG("%m");
	ASSERT_EQ(0, import(self->fd, fd, PAGE_SIZE, VMREMAP_EDU_COPY_MAX, true));
	EXPECT_EQ(0, wrong(map + PAGE_SIZE, VMREMAP_EDU_COPY_MAX, 3));
	munmap(map, create.size);
	close(fd);
	close(create.memfd);
	close(device);
}

/* PolicyHeld, NotRevoked: what the device does not copy. */
TEST_F(edu, refuses_dma_bufs)
{
	const size_t most = VMREMAP_EDU_COPY_MAX;
	int driver = device_with_area(PAGE_SIZE, VMREMAP_REVOCABLE), fd, pipes[2];

	if (driver < 0)
		SKIP(return, "no driver exports dma-bufs: %m");
	EXPECT_EQ(EBADF, errno_of(import(self->fd, -1, 0, most, false)));
	ASSERT_EQ(0, pipe(pipes));
	EXPECT_EQ(EINVAL, errno_of(import(self->fd, pipes[0], 0, most, false)));
	fd = export(driver, O_RDONLY);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, import(self->fd, fd, 0, most, false));
	EXPECT_EQ(EACCES, errno_of(import(self->fd, fd, 0, most, true)));
	EXPECT_EQ(EINVAL, errno_of(import(self->fd, fd, PAGE_SIZE, 1, false)));
	EXPECT_EQ(EINVAL, errno_of(import(self->fd, fd, 1, most, false)));
	EXPECT_EQ(EINVAL, errno_of(import(self->fd, fd, 0, 0, false)));
	EXPECT_EQ(EFAULT, errno_of(ioctl(self->fd, VMREMAP_EDU_IMPORT, NULL)));
	ASSERT_EQ(0, ioctl(driver, VMREMAP_TEST_REVOKE));
	EXPECT_EQ(ENODEV, errno_of(import(self->fd, fd, 0, most, false)));
	close(fd);
	close(driver);
	close(pipes[0]);
	close(pipes[1]);
}

/* NoUserAccess, NotRevoked, DeviceTurn: the device is unplugged during a copy, and replaced. */
TEST_F(edu, unplugged_while_it_copies)
{
	int driver;

	ASSERT_EQ(0, start(self->fd, 0, VMREMAP_EDU_COPY_MAX, true));
	ASSERT_TRUE(unplug());

	EXPECT_EQ(SIGBUS, touch(self->map, false));
	EXPECT_EQ(SIGBUS, touch(self->map + VMREMAP_EDU_BYTES - 1, true));
	EXPECT_EQ(ENODEV, errno_of(map_pages(self->fd, 0, 1)));
	EXPECT_EQ(ENODEV, errno_of(start(self->fd, 0, 1, false)));
	EXPECT_EQ(ENODEV, errno_of(ioctl(self->fd, VMREMAP_EDU_WAIT)));
	EXPECT_TRUE(polled(self->fd, 0) & POLLHUP);
	EXPECT_EQ(-1, open(device(), O_RDWR));
	driver = device_with_area(PAGE_SIZE, 0);
	if (driver >= 0) {
		int dma_buf = export(driver, O_RDWR);

		EXPECT_EQ(ENODEV, errno_of(import(self->fd, dma_buf, 0, 1, false)));
		close(dma_buf);
		close(driver);
	}

	close(self->fd);
	self->fd = plug_in();
	ASSERT_LE(0, self->fd);
	/* The old mapping stays revoked. */
	EXPECT_EQ(SIGBUS, touch(self->map, false));
	munmap(self->map, VMREMAP_EDU_BYTES);
	self->map = map_pages(self->fd, 0, PAGES);
	ASSERT_NE(MAP_FAILED, self->map);
	fill(self->map, 100, 9);
	ASSERT_EQ(0, copy(self->fd, 0, 100, false));
	ASSERT_EQ(0, copy(self->fd, PAGE_SIZE, 100, true));
	EXPECT_EQ(0, wrong(self->map + PAGE_SIZE, 100, 9));
}

/* Copy from and to a dma-buf until that fails. Exits with the errno. */
static pid_t import_again(int fd, int dma_buf)
{
	return start_child(({
		for (int i = 0; !import(fd, dma_buf, 0, VMREMAP_EDU_COPY_MAX, i % 2); i++)
			;
		errno;
	}));
}

/* DeviceTurn, DeviceBound: the device is unplugged while a dma-buf is mapped for it. */
TEST_F_TIMEOUT(edu, unplugged_while_it_imports, 7200)
{
	int driver = device_with_area(PAGE_SIZE, 0), dma_buf;
	pid_t pid;

	if (driver < 0)
		SKIP(return, "no driver exports dma-bufs: %m");
	dma_buf = export(driver, O_RDWR);
	ASSERT_LE(0, dma_buf);
	for (int round = 0; round < 10; round++) {
		pid = import_again(self->fd, dma_buf);
		ASSERT_LT(0, pid);
		/* A copy takes 100 ms. */
		usleep(round * 7919 % 130000);
		ASSERT_TRUE(unplug());
		ASSERT_EQ(ENODEV, wait_for(pid));
		close(self->fd);
		self->fd = plug_in();
		ASSERT_LE(0, self->fd);
		EXPECT_EQ(0, import(self->fd, dma_buf, 0, VMREMAP_EDU_COPY_MAX, false));
	}
	close(dma_buf);
	close(driver);
}

/* DeviceTurn, PagesOutlive, AreaOutlives: unplugged at any point of a copy, file open or not. */
TEST_F_TIMEOUT(edu, unplugged_again_and_again, 7200)
{
	long rounds = getenv("ROUNDS") ? atol(getenv("ROUNDS")) : 20;
	long kib = rounds * VMREMAP_EDU_BYTES / 1024;
	long before = areas_kib();

	for (long round = 0; round < rounds; round++) {
		size_t at = round % PAGES * PAGE_SIZE;

		ASSERT_EQ(0, start(self->fd, at, VMREMAP_EDU_COPY_MAX, true));
		if (round % 3 == 1)
			close(self->fd);
		/* A copy takes 100 ms: most are still running then, some have ended. */
		usleep(round * 7919 % 130000);
		ASSERT_TRUE(unplug());
		ASSERT_EQ(SIGBUS, touch(self->map + at, round % 2));
		munmap(self->map, VMREMAP_EDU_BYTES);
		if (round % 3 != 1)
			close(self->fd);
		self->fd = plug_in();
		ASSERT_LE(0, self->fd) TH_LOG("round %ld: %m", round);
		self->map = map_pages(self->fd, 0, PAGES);
		ASSERT_NE(MAP_FAILED, self->map);
		memset(self->map, round, VMREMAP_EDU_BYTES);
	}
	/* A tenth of the memory of all rounds, to tolerate other memory. */
	EXPECT_GE(kib / 10, areas_kib() - before);
	printf("# figure: %ld times unplugged: %s\n", rounds, device());
}

TEST_HARNESS_MAIN

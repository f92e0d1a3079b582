// SPDX-License-Identifier: GPL-2.0
/*
 * The ring samples: what a program reads from the ring, when poll(2) wakes it, and what it cannot
 * break. Each test runs on the driver in C, and on the one in Rust if the kernel supports it.
 */
#include <sys/epoll.h>

#include "common.h"
#include "ring/reader.h"

#define SLOTS VMREMAP_RING_SLOTS
#define C_DEVICE "/dev/vmremap-ring-c"
#define RUST_DEVICE "/dev/vmremap-ring-rust"

static __u32 load(const __u32 *field)
{
	return __atomic_load_n(field, __ATOMIC_ACQUIRE);
}

static void store(__u32 *field, __u32 value)
{
	__atomic_store_n(field, value, __ATOMIC_RELEASE);
}

/* The periods in which the driver has stored a sample, and those in which it could not. */
static __u32 periods(const struct vmremap_ring *ring)
{
	return load(&ring->tail) + load(&ring->lost);
}

/* Read a sample, and wait for it if necessary. Returns false if it is wrong or none comes. */
static bool read_one(int fd, struct vmremap_ring *ring, struct vmremap_ring_sample *sample)
{
	while (!ring_read(ring, sample))
		if (!ring_wait(fd, 1000 * A_MINUTE))
			return false;
	return sample->number && sample->value == vmremap_ring_value(sample->number);
}

struct path {
	char name[256];
};

static struct path path_of(const char *module)
{
	const char *folder = getenv("VMREMAP_MODULES") ? : "/modules";
	struct path path;

	snprintf(path.name, sizeof(path.name), "%s/%s.ko", folder, module);
	return path;
}

static bool is_built(const char *module)
{
	return !access(path_of(module).name, R_OK);
}

FIXTURE(ring)
{
	int fd;
	struct vmremap_ring *ring;
};

FIXTURE_VARIANT(ring)
{
	const char *device;
	const char *module;
	bool optional;
};

FIXTURE_VARIANT_ADD(ring, c)
{
	.device = C_DEVICE,
	.module = "vmremap_ring_c",
};

FIXTURE_VARIANT_ADD(ring, rust)
{
	.device = RUST_DEVICE,
	.module = "vmremap_ring_rust",
	.optional = true,
};

FIXTURE_SETUP(ring)
{
	if (variant->optional && !is_built(variant->module))
		SKIP(return, "the kernel has no Rust");
	self->fd = open(variant->device, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->fd) TH_LOG("%s: %m", variant->device);
	self->ring = ring_map(self->fd);
	ASSERT_NE(MAP_FAILED, self->ring);
}

FIXTURE_TEARDOWN(ring)
{
	munmap(self->ring, sizeof(*self->ring));
	close(self->fd);
}

/* The numbers ascend, and the driver has counted each that is missing. */
TEST_F(ring, in_order)
{
	struct vmremap_ring_sample sample;
	__u32 last = 0;

	for (__u32 count = 1; count <= 3 * SLOTS; count++) {
		__u32 lost = load(&self->ring->lost);

		ASSERT_TRUE(read_one(self->fd, self->ring, &sample));
		ASSERT_LT(last, sample.number);
		ASSERT_LE(sample.number - count, load(&self->ring->lost));
		/* What was lost before is lost before a sample that is stored later. */
		if (load(&self->ring->tail) == count)
			ASSERT_LE(lost, sample.number - count);
		last = sample.number;
	}
}

/* If poll(2) did not wake the program, this would take a minute for each sample. */
TEST_F(ring, poll_wakes)
{
	struct vmremap_ring_sample sample;

	for (int round = 0; round < 100; round++) {
		while (ring_read(self->ring, &sample))
			;
		ASSERT_TRUE(ring_wait(self->fd, 1000 * A_MINUTE));
		ASSERT_TRUE(ring_read(self->ring, &sample));
	}
}

/* Read all samples, and poll. Was the ring empty for poll(2), as no sample was stored meanwhile? */
static bool poll_empty(int fd, struct vmremap_ring *ring, bool *ready)
{
	struct vmremap_ring_sample sample;

	while (ring_read(ring, &sample))
		;
	*ready = ring_wait(fd, 0);
	return load(&ring->tail) == ring->head;
}

/* poll(2) reports nothing while there is nothing to read. */
TEST_F(ring, poll_waits)
{
	bool ready;

	for (int round = 0; round < 10; round++) {
		ASSERT_TRUE(eventually(poll_empty(self->fd, self->ring, &ready)));
		ASSERT_FALSE(ready);
	}
}

/* The oldest samples stay, and all others are counted until there is room again. */
TEST_F(ring, overrun)
{
	struct vmremap_ring_sample sample, first;
	__u32 lost, late;

	ASSERT_TRUE(read_one(self->fd, self->ring, &first));
	ASSERT_TRUE(eventually(load(&self->ring->tail) > SLOTS));
	lost = load(&self->ring->lost);
	ASSERT_TRUE(eventually(load(&self->ring->lost) >= lost + 20));
	EXPECT_EQ(SLOTS + 1, load(&self->ring->tail));
	EXPECT_TRUE(ring_wait(self->fd, 0));

	for (__u32 n = 0; n < SLOTS; n++)
		ASSERT_TRUE(read_one(self->fd, self->ring, &sample));
	late = sample.number - (SLOTS + 1);
	ASSERT_TRUE(read_one(self->fd, self->ring, &sample));
	EXPECT_LE(late + 20, sample.number - (SLOTS + 2));
	EXPECT_LE(sample.number - (SLOTS + 2), load(&self->ring->lost));
}

/* Whatever a program writes, the driver stores samples where they belong. */
TEST_F(ring, scribbled)
{
	static const __u32 heads[] = { 0x80000000, UINT32_MAX, SLOTS + 1, SLOTS, 1, 0x12345678 };
	int other = open(variant->device, O_RDWR | O_CLOEXEC);
	struct vmremap_ring *untouched = ring_map(other);
	struct vmremap_ring_sample sample;
	__u32 last = 0, tail, head = 0;

	ASSERT_NE(MAP_FAILED, untouched);
	for (int round = 0; round < 200; round++) {
		memset(self->ring, round, PAGE_SIZE);
		store(&self->ring->head, heads[round % (sizeof(heads) / sizeof(*heads))] + round);
		store(&self->ring->tail, round * 0x9e3779b1U);
		usleep(500);
		ring_wait(self->fd, 0);
		ASSERT_TRUE(read_one(other, untouched, &sample));
		ASSERT_LT(last, sample.number);
		last = sample.number;
	}

	/* The driver goes on where it was as soon as the head says that there is room. */
	memset(self->ring, 0, PAGE_SIZE);
	store(&self->ring->tail, INT32_MAX);
	ASSERT_TRUE(eventually((store(&self->ring->head, head++ % 16 * SLOTS / 2),
				load(&self->ring->tail) != INT32_MAX)));
	tail = load(&self->ring->tail);
	ASSERT_GT(16 * SLOTS / 2, tail);
	store(&self->ring->head, tail);
	for (int n = 0; n < 3 * SLOTS; n++)
		ASSERT_TRUE(read_one(self->fd, self->ring, &sample));

	munmap(untouched, sizeof(*untouched));
	close(other);
}

/* What cannot be mapped or called. */
TEST_F(ring, refuses)
{
	char byte;

	EXPECT_EQ(EINVAL, errno_of(map_pages(self->fd, 0, sizeof(*self->ring) / PAGE_SIZE + 2)));
	EXPECT_EQ(EACCES, errno_of(mmap(NULL, PAGE_SIZE, RW, MAP_PRIVATE, self->fd, 0)));
	EXPECT_EQ(EACCES, errno_of(mprotect(self->ring, PAGE_SIZE, PROT_READ | PROT_EXEC)));
	EXPECT_EQ(EINVAL, errno_of(read(self->fd, &byte, 1)));
	EXPECT_EQ(ENOTTY, errno_of(ioctl(self->fd, 0)));
}

/* A child has the file, but not the mapping. */
TEST_F(ring, child)
{
	struct vmremap_ring_sample sample;

	EXPECT_EQ(0, in_child(touch(self->ring, false) != SIGSEGV ||
			      ring_map(self->fd) == MAP_FAILED));
	/* The timer is the open file's, which the child has closed but not released. */
	for (int n = 0; n < 2 * SLOTS; n++)
		ASSERT_TRUE(read_one(self->fd, self->ring, &sample));
}

/* The driver can go while a ring is mapped, but not while one is open. */
TEST_F(ring, unloaded)
{
	struct epoll_event event = { .events = EPOLLIN };
	struct vmremap_ring_sample sample;
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	int other = open(variant->device, O_RDWR | O_CLOEXEC);
	struct vmremap_ring *running = ring_map(other);
	__u32 tail, begun;

	ASSERT_NE(MAP_FAILED, running);

	EXPECT_EQ(EWOULDBLOCK, errno_of(module_unload(variant->module)));
	ASSERT_TRUE(read_one(self->fd, self->ring, &sample));
	/* Nobody removes the file from epoll(7) before it is closed. */
	ASSERT_EQ(0, epoll_ctl(epoll, EPOLL_CTL_ADD, self->fd, &event));
	store(&self->ring->head, load(&self->ring->tail));
	ASSERT_EQ(0, close(self->fd));
	tail = load(&self->ring->tail);
	/* Meanwhile, the other file's timer goes on. */
	begun = periods(running);
	ASSERT_TRUE(eventually(periods(running) >= begun + 50));
	EXPECT_EQ(tail, load(&self->ring->tail));
	EXPECT_EQ(0, epoll_wait(epoll, &event, 1, 0));

	munmap(running, sizeof(*running));
	close(other);
	ASSERT_EQ(0, module_unload(variant->module)) TH_LOG("%m");
	EXPECT_EQ(tail, load(&self->ring->tail));
	for (__u32 n = 0; n < tail && n < SLOTS; n++)
		EXPECT_EQ(vmremap_ring_value(self->ring->samples[n].number),
			  self->ring->samples[n].value);
	memset(self->ring, 0x55, PAGE_SIZE);
	close(epoll);

	ASSERT_EQ(0, module_load(path_of(variant->module).name, "")) TH_LOG("%m");
	self->fd = open(variant->device, O_RDWR | O_CLOEXEC);
	EXPECT_LE(0, self->fd);
}

/* Files that close at any time: each cancels its timer before its memory goes. */
TEST_F(ring, opened_again_and_again)
{
	for (int round = 0; round < 100; round++) {
		struct vmremap_ring *ring;
		int fd = open(variant->device, O_RDWR | O_CLOEXEC);

		ASSERT_LE(0, fd);
		ring = ring_map(fd);
		ASSERT_NE(MAP_FAILED, ring);
		usleep(round * 7919 % 3000);
		if (round % 2)
			munmap(ring, sizeof(*ring));
		close(fd);
		if (!(round % 2))
			munmap(ring, sizeof(*ring));
	}
}

/* Both drivers store the same samples. */
TEST(same)
{
	struct vmremap_ring_sample samples[2];
	const char * const devices[] = { C_DEVICE, RUST_DEVICE };
	struct vmremap_ring *rings[2];
	int fds[2];

	if (!is_built("vmremap_ring_rust"))
		SKIP(return, "the kernel has no Rust");
	for (int n = 0; n < 2; n++) {
		fds[n] = open(devices[n], O_RDWR | O_CLOEXEC);
		rings[n] = ring_map(fds[n]);
		ASSERT_NE(MAP_FAILED, rings[n]);
		ASSERT_TRUE(read_one(fds[n], rings[n], &samples[n]));
	}
	/* Each may lose samples of its own, so compare those of the same number. */
	for (int common = 0; common < SLOTS;) {
		int behind = samples[0].number > samples[1].number;

		if (samples[0].number == samples[1].number) {
			ASSERT_EQ(samples[0].value, samples[1].value);
			common++;
		}
		ASSERT_TRUE(read_one(fds[behind], rings[behind], &samples[behind]));
	}
	for (int n = 0; n < 2; n++) {
		munmap(rings[n], sizeof(*rings[n]));
		close(fds[n]);
	}
}

TEST_HARNESS_MAIN

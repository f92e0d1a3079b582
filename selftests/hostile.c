// SPDX-License-Identifier: GPL-2.0
/*
 * What a program gets from a safe Rust driver that tries to break the crate: see hostile/hooks.rs,
 * where the offset in the file and the command of ioctl(2) choose.
 */
#include <poll.h>

#include "common.h"

#define PAGES 16UL

/* What an mmap hook does. */
enum {
	PLAIN,
	FREEZE_AFTER,
	FREEZE_BEFORE,
	REVOKE_AFTER,
	REPLACE_AFTER,
	FAIL_AFTER,
};

/* What ioctl() does: no number that the kernel takes for its own, as FIGETBSZ. */
enum {
	SET = 0x100,
	DROP,
	OVERLAP,
	SYNC,
	REGISTER,
	UNREGISTER,
};

FIXTURE(hook)
{
	int fd;
	int mem;
};

FIXTURE_VARIANT(hook)
{
	const char *device;
};

FIXTURE_VARIANT_ADD(hook, mmap)
{
	.device = "/dev/vmremap-hostile",
};

FIXTURE_VARIANT_ADD(hook, mmap_prepare)
{
	.device = "/dev/vmremap-hostile-prepare",
};

FIXTURE_SETUP(hook)
{
	self->fd = open(variant->device, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	self->mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->mem);
	ASSERT_EQ(0, ioctl(self->fd, SET, 1));
}

FIXTURE_TEARDOWN(hook)
{
	close(self->mem);
	close(self->fd);
}

static char *map(int fd, int what)
{
	return map_pages(fd, what, PAGES);
}

/* The first byte by a way that does not wait for an area to be thawed, or -1. */
static int look(int mem, char *p)
{
	unsigned char byte;

	return pread(mem, &byte, 1, (off_t)(unsigned long)p) == 1 ? byte : -1;
}

/* What the others are compared with. */
TEST_F(hook, leaves_alone)
{
	char *p = map(self->fd, PLAIN);

	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(1, look(self->mem, p));
	EXPECT_EQ(0, touch(p, true));
}

/* NoUserAccess: what is frozen while the kernel still makes the mapping has no page in it. */
TEST_F(hook, freezes_what_it_has_mapped)
{
	char *p = map(self->fd, FREEZE_AFTER);

	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(-1, look(self->mem, p));
	ASSERT_EQ(0, ioctl(self->fd, SET, 2));
	/* Now the mapping has the only reference. */
	ASSERT_EQ(0, ioctl(self->fd, DROP));
	EXPECT_NE(1, look(self->mem, p));
}

/* NoUserAccess: nor has what was frozen before. */
TEST_F(hook, maps_what_it_has_frozen)
{
	char *p = map(self->fd, FREEZE_BEFORE);

	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(-1, look(self->mem, p));
}

/* NotRevoked: nor has what is revoked then. */
TEST_F(hook, revokes_what_it_has_mapped)
{
	char *p = map(self->fd, REVOKE_AFTER);

	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(SIGBUS, touch(p, false));
	EXPECT_EQ(-1, look(self->mem, p));
	EXPECT_EQ(MAP_FAILED, map(self->fd, PLAIN));
	EXPECT_EQ(ENODEV, errno);
}

/* AreaOutlives: the mapping has a reference of its own. */
TEST_F(hook, drops_what_it_has_mapped)
{
	char *p = map(self->fd, REPLACE_AFTER);

	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(1, look(self->mem, p));
	EXPECT_EQ(0, touch(p, true));
	EXPECT_EQ(MAP_FAILED, map(self->fd, PLAIN));
	EXPECT_EQ(ENODEV, errno);
	EXPECT_EQ(1, look(self->mem, p));
}

/* AllOrNothing: after a failure there is no mapping, and the next one is like the first. */
TEST_F(hook, fails_after_it_has_mapped)
{
	char *p;
	int i;

	for (i = 0; i < 16; i++) {
		EXPECT_EQ(MAP_FAILED, map(self->fd, FAIL_AFTER));
		EXPECT_EQ(EPROTO, errno);
	}
	p = map(self->fd, PLAIN);
	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(1, look(self->mem, p));
}

/* RangeInArea: more than the area has is refused, however large. */
TEST_F(hook, maps_too_much)
{
	EXPECT_EQ(MAP_FAILED, map_pages(self->fd, PLAIN, PAGES + 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(MAP_FAILED, map_pages(self->fd, PLAIN, 1UL << 30));
	EXPECT_EQ(EINVAL, errno);
}

/* A copy between the area and a mapping of it ends, and stays in both. */
TEST_F(hook, copies_an_area_to_itself)
{
	size_t size = PAGES * PAGE_SIZE;
	char *p;

	/* So that nothing is mapped behind it. */
	p = mmap(NULL, size + PAGE_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, p);
	ASSERT_EQ(p, mmap(p, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, self->fd,
			  PLAIN * PAGE_SIZE));
	memset(p, 5, size);
	EXPECT_EQ(0, ioctl(self->fd, OVERLAP, p));
	EXPECT_EQ(5, p[8]);
	EXPECT_EQ(5, p[size - 1]);
	EXPECT_EQ(-1, ioctl(self->fd, OVERLAP, p + PAGE_SIZE));
	EXPECT_EQ(EFAULT, errno);
}

/* FileOpen, RegistrationEnds: a file outlives the registration that it is of. */
TEST_F(hook, deregisters_what_is_open)
{
	struct pollfd wait = { .events = POLLIN };
	int inner, i;

	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, ioctl(self->fd, REGISTER));
		EXPECT_EQ(-1, ioctl(self->fd, REGISTER));
		EXPECT_EQ(EEXIST, errno);
		inner = open("/dev/vmremap-hostile-inner", O_RDWR | O_CLOEXEC);
		ASSERT_LE(0, inner);
		wait.fd = inner;
		EXPECT_EQ(1, poll(&wait, 1, 0));
		ASSERT_EQ(0, ioctl(self->fd, UNREGISTER));
		EXPECT_GT(0, open("/dev/vmremap-hostile-inner", O_RDWR | O_CLOEXEC));
		EXPECT_EQ(1, poll(&wait, 1, 0));
		EXPECT_EQ(7, ioctl(inner, 7));
		close(inner);
	}
}

#define DRIVER "/sys/bus/pci/drivers/vmremap_hostile/"

/* Has the driver let go of its device, or take it. */
static bool tell_driver(const char *what)
{
	char path[128] = DRIVER, name[16] = "";
	static char device[16];
	FILE *file;
	int err;

	if (!device[0]) {
		file = popen("cd " DRIVER " && echo 0000:*", "r");
		if (!file || fscanf(file, "%15s", device) != 1)
			return false;
		pclose(file);
	}
	snprintf(name, sizeof(name), "%s", device);
	strcat(path, what);
	file = fopen(path, "w");
	if (!file)
		return false;
	fputs(name, file);
	err = fclose(file);
	return !err;
}

/* DeviceBound: a file has what it has opened, and the device is gone. */
TEST_F(hook, unbinds_what_is_open)
{
	char *p = map(self->fd, PLAIN);
	int i;

	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(0, ioctl(self->fd, SYNC));
	ASSERT_EQ(0, ioctl(self->fd, REGISTER));
	for (i = 0; i < 3; i++) {
		ASSERT_TRUE(tell_driver("unbind"));
		EXPECT_GT(0, open(variant->device, O_RDWR | O_CLOEXEC));
		EXPECT_EQ(-1, ioctl(self->fd, SYNC));
		EXPECT_EQ(ENXIO, errno);
		EXPECT_EQ(0, ioctl(self->fd, SET, 3));
		EXPECT_EQ(3, look(self->mem, p));
		ASSERT_TRUE(tell_driver("bind"));
		/* It is another device. */
		EXPECT_EQ(-1, ioctl(self->fd, SYNC));
	}
	EXPECT_EQ(0, ioctl(self->fd, UNREGISTER));
}

/* A fixture, because its tests run in the order in which they stand here, and the others before. */
FIXTURE(last)
{
	int fd;
};

FIXTURE_SETUP(last)
{
	self->fd = open("/dev/vmremap-hostile", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(last)
{
}

/* AreaOutlives: a mapping outlives the driver. */
TEST_F(last, unloads_what_is_mapped)
{
	char *p;

	ASSERT_EQ(0, ioctl(self->fd, SET, 1));
	p = map(self->fd, PLAIN);
	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(-1, syscall(SYS_delete_module, "vmremap_hostile", O_NONBLOCK));
	EXPECT_EQ(EWOULDBLOCK, errno);
	close(self->fd);
	ASSERT_EQ(0, syscall(SYS_delete_module, "vmremap_hostile", O_NONBLOCK));
	EXPECT_EQ(1, *p);
	EXPECT_EQ(0, touch(p + (PAGES - 1) * PAGE_SIZE, true));
}

TEST_HARNESS_MAIN

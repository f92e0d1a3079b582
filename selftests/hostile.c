// SPDX-License-Identifier: GPL-2.0
/*
 * What a program gets from a safe Rust driver that tries to break the crate: see hostile/hooks.rs,
 * where the offset in the file and the command of ioctl(2) choose.
 */
#include <poll.h>
#include <pthread.h>

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
	WEAK,
	WEAK_FROZEN,
	WEAK_AFTER_DROP,
	WEAK_REFUSED,
};

/* What ioctl() does: no number that the kernel takes for its own, as FIGETBSZ. */
enum {
	SET = 0x100,
	DROP,
	OVERLAP,
	SYNC,
	REGISTER,
	UNREGISTER,
	FREEZE,
	EXPORT_AT_END,
	EXPORT_RESULT,
	HOLD,
	RELEASE,
};

/* What read(2) and write(2) return, by the position in the file. */
enum {
	QUEUED,
	ONE_MORE,
	QUEUED_AS_COUNT,
	TRUE_COUNT,
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

/* AreaOutlives: an area goes with its last handle and its last mapping, however it was mapped. */
TEST_F(hook, leaves_nothing_behind)
{
	long before = core_references();
	int fd = open(variant->device, O_RDWR | O_CLOEXEC);
	char *plain, *weak;

	ASSERT_LE(0, fd);
	ASSERT_LT(0, before);
	EXPECT_LT(before, core_references());
	plain = map(fd, PLAIN);
	weak = map(fd, WEAK);
	ASSERT_NE(MAP_FAILED, plain);
	ASSERT_NE(MAP_FAILED, weak);
	EXPECT_EQ(0, touch(plain, true));
	EXPECT_EQ(0, touch(weak, true));
	munmap(plain, PAGES * PAGE_SIZE);
	munmap(weak, PAGES * PAGE_SIZE);
	close(fd);
	EXPECT_EQ(before, core_references());
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
	EXPECT_EQ(ENODEV, errno_of(map(self->fd, PLAIN)));
}

/* AreaOutlives: the mapping has a reference of its own. */
TEST_F(hook, drops_what_it_has_mapped)
{
	char *p = map(self->fd, REPLACE_AFTER);

	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(1, look(self->mem, p));
	EXPECT_EQ(0, touch(p, true));
	EXPECT_EQ(ENODEV, errno_of(map(self->fd, PLAIN)));
	EXPECT_EQ(1, look(self->mem, p));
}

/* AllOrNothing: after a failure there is no mapping, and the next one is like the first. */
TEST_F(hook, fails_after_it_has_mapped)
{
	char *p;
	int i;

	for (i = 0; i < 16; i++)
		EXPECT_EQ(EPROTO, errno_of(map(self->fd, FAIL_AFTER)));
	p = map(self->fd, PLAIN);
	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(1, look(self->mem, p));
}

/* What a WeakArea maps is a mapping like any other. */
TEST_F(hook, maps_by_a_weak_handle)
{
	char *p = map(self->fd, WEAK);

	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(1, look(self->mem, p));
	ASSERT_EQ(0, ioctl(self->fd, DROP));
	EXPECT_EQ(1, look(self->mem, p));
	EXPECT_EQ(0, touch(p, true));
	EXPECT_EQ(EFAULT, errno_of(map(self->fd, WEAK)));
	EXPECT_EQ(1, look(self->mem, p));
}

/* NoUserAccess: it maps frozen memory, which a program sees when it is thawed. */
TEST_F(hook, maps_by_a_weak_handle_what_is_frozen)
{
	char *p = map(self->fd, WEAK_FROZEN);

	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(2, p[0]);
	EXPECT_EQ(2, p[PAGES * PAGE_SIZE - 1]);
}

/* AreaOutlives: it maps nothing once the hook has dropped the area. */
TEST_F(hook, maps_by_a_weak_handle_what_it_has_dropped)
{
	EXPECT_EQ(EFAULT, errno_of(map(self->fd, WEAK_AFTER_DROP)));
	EXPECT_EQ(ENODEV, errno_of(map(self->fd, PLAIN)));
}

/* AllOrNothing: a hook that ignores this has mapped nothing, also not before. */
TEST_F(hook, ignores_what_a_weak_handle_refuses)
{
	char *p = map(self->fd, WEAK_REFUSED);

	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(SIGBUS, touch(p, false));
}

/* A driver that says that it has transferred what it cannot have. */
TEST(transfers_too_much)
{
	int fd = open("/dev/vmremap-hostile", O_RDWR | O_CLOEXEC);
	char byte = 0;

	ASSERT_LE(0, fd);
	for (off_t position = QUEUED; position < TRUE_COUNT; position++) {
		EXPECT_EQ(-1, pread(fd, &byte, 1, position));
		EXPECT_EQ(EIO, errno);
		EXPECT_EQ(-1, pwrite(fd, &byte, 1, position));
		EXPECT_EQ(EIO, errno);
	}
	EXPECT_EQ(1, pread(fd, &byte, 1, TRUE_COUNT));
	EXPECT_EQ(1, pwrite(fd, &byte, 1, TRUE_COUNT));
	close(fd);
}

struct mapper {
	int fd;
	bool stop;
	int error;
};

/* Maps, writes and unmaps until it is told to stop, or the area is gone. */
static void *keep_mapping(void *arg)
{
	struct mapper *mapper = arg;

	while (!__atomic_load_n(&mapper->stop, __ATOMIC_RELAXED)) {
		char *p = map(mapper->fd, WEAK);

		if (p == MAP_FAILED) {
			mapper->error = errno;
			break;
		}
		write_byte(p);
		write_byte(p + (PAGES - 1) * PAGE_SIZE);
		munmap(p, PAGES * PAGE_SIZE);
	}
	return NULL;
}

/*
 * SoleReference, NoUserAccess: programs that map all the time do not keep an area from being
 * frozen, and do not get at the frozen bytes. The driver takes its lock around the copy, and the
 * hook takes none: nobody waits for ever.
 */
TEST_F(hook, freezes_while_others_map)
{
	struct mapper mapper = { .fd = self->fd };
	size_t size = PAGES * PAGE_SIZE;
	pthread_t thread;
	char *buffer;
	int i;

	ASSERT_EQ(0, pthread_create(&thread, NULL, keep_mapping, &mapper));
	for (i = 0; i < 300; i++) {
		buffer = mmap(NULL, size, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		ASSERT_NE(MAP_FAILED, buffer);
		EXPECT_EQ(0, ioctl(self->fd, FREEZE, buffer));
		munmap(buffer, size);
	}
	__atomic_store_n(&mapper.stop, true, __ATOMIC_RELAXED);
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(0, mapper.error);
}

/* AreaOutlives, AnyThread: the last handle goes while others map; each mapping is whole or none. */
TEST_F(hook, drops_what_others_map)
{
	int i, j;

	for (i = 0; i < 100; i++) {
		struct mapper mappers[2] = {};
		pthread_t threads[2];
		int fd = open(variant->device, O_RDWR | O_CLOEXEC);

		ASSERT_LE(0, fd);
		for (j = 0; j < 2; j++) {
			mappers[j].fd = fd;
			ASSERT_EQ(0, pthread_create(&threads[j], NULL, keep_mapping, &mappers[j]));
		}
		usleep(i * 20);
		EXPECT_EQ(0, ioctl(fd, DROP));
		for (j = 0; j < 2; j++) {
			ASSERT_EQ(0, pthread_join(threads[j], NULL));
			EXPECT_EQ(EFAULT, mappers[j].error);
		}
		close(fd);
	}
}

/* RangeInArea: more than the area has is refused, however large. */
TEST_F(hook, maps_too_much)
{
	EXPECT_EQ(EINVAL, errno_of(map_pages(self->fd, PLAIN, PAGES + 1)));
	EXPECT_EQ(EINVAL, errno_of(map_pages(self->fd, PLAIN, 1UL << 30)));
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
	EXPECT_EQ(EFAULT, errno_of(ioctl(self->fd, OVERLAP, p + PAGE_SIZE)));
}

/* FileOpen, RegistrationEnds: a file outlives the registration that it is of. */
TEST_F(hook, deregisters_what_is_open)
{
	struct pollfd wait = { .events = POLLIN };
	int inner, i;

	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, ioctl(self->fd, REGISTER));
		EXPECT_EQ(EEXIST, errno_of(ioctl(self->fd, REGISTER)));
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

/* The name of the PCI device that is bound to the driver. */
static bool bound_device(char name[16])
{
	FILE *file = popen("cd " DRIVER " && echo 0000:*", "r");
	bool found = file && fscanf(file, "%15s", name) == 1;

	if (file)
		pclose(file);
	return found;
}

/* Has the driver let go of its device, or take it. */
static bool tell_driver(const char *what, const char *device)
{
	char path[128];

	snprintf(path, sizeof(path), DRIVER "%s", what);
	return write_text(path, device);
}

/* OwnDescriptors: a driver gives a descriptor to a program that is exiting and has none. */
TEST_F(hook, exports_to_a_program_that_exits)
{
	int fd = open(variant->device, O_RDWR | O_CLOEXEC);

	ASSERT_LE(0, fd);
	/* One that closes the file gets a descriptor. */
	ASSERT_EQ(0, ioctl(fd, EXPORT_AT_END));
	close(fd);
	EXPECT_EQ(0, ioctl(self->fd, EXPORT_RESULT));
	EXPECT_EQ(0, in_child(ioctl(open(variant->device, O_RDWR | O_CLOEXEC), EXPORT_AT_END)));
	EXPECT_EQ(EBADF, ioctl(self->fd, EXPORT_RESULT));
}

/* DeviceBound: a file has what it has opened, and the device is gone. */
TEST_F(hook, unbinds_what_is_open)
{
	char *p = map(self->fd, PLAIN), name[16];
	int i;

	ASSERT_NE(MAP_FAILED, p);
	ASSERT_TRUE(bound_device(name));
	EXPECT_EQ(0, ioctl(self->fd, SYNC));
	ASSERT_EQ(0, ioctl(self->fd, REGISTER));
	for (i = 0; i < 3; i++) {
		ASSERT_TRUE(tell_driver("unbind", name));
		EXPECT_GT(0, open(variant->device, O_RDWR | O_CLOEXEC));
		EXPECT_EQ(ENXIO, errno_of(ioctl(self->fd, SYNC)));
		EXPECT_EQ(0, ioctl(self->fd, SET, 3));
		EXPECT_EQ(3, look(self->mem, p));
		ASSERT_TRUE(tell_driver("bind", name));
		/* It is another device. */
		EXPECT_EQ(ENXIO, errno_of(ioctl(self->fd, SYNC)));
	}
	EXPECT_EQ(0, ioctl(self->fd, UNREGISTER));
}

/* DeviceBound: unbinding waits until no dma-buf is mapped for the device any more. */
TEST_F(hook, unbinds_while_it_imports)
{
	pid_t holder, unbinder;
	char name[16];

	ASSERT_TRUE(bound_device(name));
	holder = start_child(errno_of(ioctl(self->fd, HOLD)));
	EXPECT_TRUE(eventually(sleeps_in(holder, "vmremap_hostile")));
	unbinder = start_child(!tell_driver("unbind", name));
	EXPECT_TRUE(eventually(sleeps_in(unbinder, "vmremap")));
	/* It waits, but does not let another import begin. */
	EXPECT_EQ(ENXIO, errno_of(ioctl(self->fd, HOLD)));
	EXPECT_TRUE(sleeps_in(unbinder, "vmremap"));
	EXPECT_EQ(0, ioctl(self->fd, RELEASE));
	EXPECT_EQ(0, wait_for(holder));
	EXPECT_EQ(0, wait_for(unbinder));
	EXPECT_EQ(ENXIO, errno_of(ioctl(self->fd, HOLD)));
	ASSERT_TRUE(tell_driver("bind", name));
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
	EXPECT_EQ(EWOULDBLOCK, errno_of(syscall(SYS_delete_module, "vmremap_hostile", O_NONBLOCK)));
	close(self->fd);
	ASSERT_EQ(0, syscall(SYS_delete_module, "vmremap_hostile", O_NONBLOCK));
	EXPECT_EQ(1, *p);
	EXPECT_EQ(0, touch(p + (PAGES - 1) * PAGE_SIZE, true));
}

TEST_HARNESS_MAIN

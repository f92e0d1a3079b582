// SPDX-License-Identifier: GPL-2.0
/* userfaultfd(2): every mode of registration, and every way to resolve a fault. */
#include <linux/userfaultfd.h>

#include "calls.h"

/* A userfaultfd with these features; or -1, and the call is skipped. */
static int open_userfault(struct mapping *m, __u64 features)
{
	struct uffdio_api api = { .api = UFFD_API, .features = features };
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	if (fd >= 0 && !ioctl(fd, UFFDIO_API, &api))
		return fd;
	m->skip = "the kernel has no such userfaultfd";
	return -1;
}

static long enroll(const struct mapping *m, int fd, __u64 mode)
{
	struct uffdio_register reg = {
		.range = { (unsigned long)m->addr, m->size }, .mode = mode,
	};

	return ioctl(fd, UFFDIO_REGISTER, &reg);
}

static void register_all(struct mapping *m, __u64 mode, __u64 features)
{
	int fd = open_userfault(m, features);

	if (fd < 0)
		return;
	say_result(m, enroll(m, fd, mode));
	close(fd);
}

CALL(missing, "`UFFDIO_REGISTER_MODE_MISSING`")
{
	register_all(m, UFFDIO_REGISTER_MODE_MISSING, 0);
}

CALL(protect, "`UFFDIO_REGISTER_MODE_WP`")
{
	register_all(m, UFFDIO_REGISTER_MODE_WP, UFFD_FEATURE_PAGEFAULT_FLAG_WP);
}

CALL(minor, "`UFFDIO_REGISTER_MODE_MINOR`")
{
	register_all(m, UFFDIO_REGISTER_MODE_MINOR, UFFD_FEATURE_MINOR_SHMEM);
}

#ifndef UFFDIO_REGISTER_MODE_RWP
#define UFFDIO_REGISTER_MODE_RWP	((__u64)1 << 3)
#define UFFD_FEATURE_RWP		0x20000
#endif

CALL(protect_all, "`UFFDIO_REGISTER_MODE_RWP`")
{
	register_all(m, UFFDIO_REGISTER_MODE_RWP, UFFD_FEATURE_RWP);
}

/* Tracks written pages: the kernel resolves each fault by itself. */
CALL(protect_async, "`UFFDIO_REGISTER_MODE_WP` with `UFFD_FEATURE_WP_ASYNC`, `UFFDIO_WRITEPROTECT`")
{
	int fd = open_userfault(m, UFFD_FEATURE_WP_ASYNC | UFFD_FEATURE_WP_UNPOPULATED);
	struct uffdio_writeprotect protect = {
		.range = { (unsigned long)m->addr, m->size },
		.mode = UFFDIO_WRITEPROTECT_MODE_WP,
	};

	if (fd < 0)
		return;
	say_result(m, enroll(m, fd, UFFDIO_REGISTER_MODE_WP));
	say_result(m, ioctl(fd, UFFDIO_WRITEPROTECT, &protect));
	say_what_is_left(m);
	close(fd);
}

CALL(copy, "`UFFDIO_COPY` into it")
{
	int fd = open_userfault(m, 0);
	char *page = mmap(NULL, PAGE_SIZE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct uffdio_copy copy = {
		.dst = (unsigned long)m->addr, .src = (unsigned long)page, .len = PAGE_SIZE,
	};

	if (fd < 0)
		return;
	say_result(m, ioctl(fd, UFFDIO_COPY, &copy));
	munmap(page, PAGE_SIZE);
	close(fd);
}

CALL(zero, "`UFFDIO_ZEROPAGE` into it")
{
	int fd = open_userfault(m, 0);
	struct uffdio_zeropage zero = { .range = { (unsigned long)m->addr, PAGE_SIZE } };

	if (fd < 0)
		return;
	say_result(m, ioctl(fd, UFFDIO_ZEROPAGE, &zero));
	close(fd);
}

CALL(go_on, "`UFFDIO_CONTINUE` in it")
{
	int fd = open_userfault(m, 0);
	struct uffdio_continue go_on = { .range = { (unsigned long)m->addr, PAGE_SIZE } };

	if (fd < 0)
		return;
	say_result(m, ioctl(fd, UFFDIO_CONTINUE, &go_on));
	close(fd);
}

/* Move pages out of the mapping, into registered memory. */
CALL(move_out, "`UFFDIO_MOVE` out of it")
{
	int fd = open_userfault(m, UFFD_FEATURE_MOVE);
	char *to = mmap(NULL, PAGE_SIZE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct uffdio_register reg = {
		.range = { (unsigned long)to, PAGE_SIZE }, .mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	struct uffdio_move move = {
		.dst = (unsigned long)to, .src = (unsigned long)m->addr, .len = PAGE_SIZE,
	};

	if (fd < 0)
		return;
	say_result(m, ioctl(fd, UFFDIO_REGISTER, &reg));
	say_result(m, ioctl(fd, UFFDIO_MOVE, &move));
	close(fd);
	munmap(to, PAGE_SIZE);
}

CALL(poison, "`UFFDIO_POISON` of it")
{
	int fd = open_userfault(m, UFFD_FEATURE_POISON);
	struct uffdio_poison poison = { .range = { (unsigned long)m->addr, PAGE_SIZE } };

	if (fd < 0)
		return;
	say_result(m, ioctl(fd, UFFDIO_POISON, &poison));
	close(fd);
}

TEST_HARNESS_MAIN

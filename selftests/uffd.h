/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A userfaultfd that tracks writes. Linux 6.15 to 7.0 and the first releases of 7.1 let it
 * write-protect any mapping, also what is not mapped yet: a marker is there then.
 */
#ifndef VMREMAP_SELFTESTS_UFFD_H
#define VMREMAP_SELFTESTS_UFFD_H

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common.h"

/* Track writes to a mapping. Returns the userfaultfd; or -1, with the reason why it cannot. */
static inline int track_writes(const char *map, size_t size, const char **reason)
{
	struct uffdio_register reg = {
		.range = { (unsigned long)map, size }, .mode = UFFDIO_REGISTER_MODE_WP,
	};
	struct uffdio_api api = {
		.api = UFFD_API, .features = UFFD_FEATURE_WP_ASYNC | UFFD_FEATURE_WP_UNPOPULATED,
	};
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	*reason = "the kernel has no such userfaultfd";
	if (fd >= 0 && !ioctl(fd, UFFDIO_API, &api)) {
		if (!ioctl(fd, UFFDIO_REGISTER, &reg))
			return fd;
		if (errno == EINVAL)
			*reason = "this kernel refuses to write-protect such a mapping";
	}
	close(fd);
	return -1;
}

static inline int write_protect(int fd, const char *map, size_t size, __u64 mode)
{
	struct uffdio_writeprotect wp = {
		.range = { (unsigned long)map, size }, .mode = mode,
	};

	return ioctl(fd, UFFDIO_WRITEPROTECT, &wp);
}

#endif /* VMREMAP_SELFTESTS_UFFD_H */

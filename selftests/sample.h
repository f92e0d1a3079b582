/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For tests that use a sample device: /dev/vmremap-sample-c, or what the
 * environment variable VMREMAP_DEVICE names.
 */
#ifndef VMREMAP_SELFTESTS_SAMPLE_H
#define VMREMAP_SELFTESTS_SAMPLE_H

#include "common.h"
#include "../samples/vmremap_sample.h"

#define DATA_PAGE (VMREMAP_SAMPLE_DATA / PAGE_SIZE)
#define CONTROL_PAGE (VMREMAP_SAMPLE_CONTROL / PAGE_SIZE)

static inline const char *sample_path(void)
{
	const char *path = getenv("VMREMAP_DEVICE");

	return path ? path : "/dev/vmremap-sample-c";
}

static inline int sample_open(void)
{
	return open(sample_path(), O_RDWR | O_CLOEXEC);
}

static inline const struct vmremap_sample_control *sample_control(int fd)
{
	return mmap(NULL, sizeof(struct vmremap_sample_control), PROT_READ,
		    MAP_SHARED, fd, VMREMAP_SAMPLE_CONTROL);
}

static inline __u64 sample_bytes(int fd)
{
	const struct vmremap_sample_control *control = sample_control(fd);
	__u64 bytes = 0;

	if (control != MAP_FAILED) {
		bytes = control->bytes;
		munmap((void *)control, sizeof(*control));
	}
	return bytes;
}

#endif /* VMREMAP_SELFTESTS_SAMPLE_H */

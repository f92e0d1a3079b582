/* SPDX-License-Identifier: GPL-2.0 */
/* Of test drivers that export an area as a dma-buf. */
#ifndef EXPORT_H
#define EXPORT_H

#include "common.h"
#include "vmremap_test.h"

/* The module of the driver. */
static inline const char *exporter(void)
{
	return getenv("VMREMAP_EXPORTER") ?: "vmremap_test_dma_buf";
}

/* A file of the driver that exports. */
static inline int exporting_device(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/dev/%s", exporter());
	for (char *c = path; *c; c++)
		if (*c == '_')
			*c = '-';
	return open(path, O_RDWR | O_CLOEXEC);
}

/* Such a file, with an area. */
static inline int device_with_area(size_t size, unsigned int flags)
{
	struct vmremap_test_memory memory = { .size = size, .flags = flags };
	int fd = exporting_device();

	if (fd >= 0 && ioctl(fd, VMREMAP_TEST_ALLOC, &memory)) {
		close(fd);
		return -1;
	}
	return fd;
}

static inline int export(int fd, int flags)
{
	return ioctl(fd, VMREMAP_TEST_DMA_BUF_EXPORT, flags | O_CLOEXEC);
}

#endif /* EXPORT_H */

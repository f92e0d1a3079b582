/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Helpers of tests that use a sample device: /dev/vmremap-sample-c, or the one that the
 * environment variable VMREMAP_DEVICE names.
 *
 * The module of /dev/a-b-c is a_b_c, from a_b_c.ko in the folder that the
 * environment variable VMREMAP_MODULES names, by default /modules.
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

struct sample_module {
	char name[64];
};

static inline struct sample_module sample_module(const char *device)
{
	struct sample_module module;

	snprintf(module.name, sizeof(module.name), "%s", strrchr(device, '/') + 1);
	for (char *c = module.name; *c; c++)
		if (*c == '-')
			*c = '_';
	return module;
}

static inline int sample_load(const char *device, size_t bytes)
{
	const char *folder = getenv("VMREMAP_MODULES") ? : "/modules";
	char path[256], size[32];

	snprintf(path, sizeof(path), "%s/%s.ko", folder, sample_module(device).name);
	snprintf(size, sizeof(size), "size=%zu", bytes);
	return module_load(path, size);
}

/* munmap(2) may return before the last reference on a file is dropped: this succeeds eventually. */
static inline int sample_unload(const char *device)
{
	return module_unload(sample_module(device).name);
}

#endif /* VMREMAP_SELFTESTS_SAMPLE_H */

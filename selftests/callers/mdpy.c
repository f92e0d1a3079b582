// SPDX-License-Identifier: GPL-2.0
/*
 * mdpy GROUP DEVICE: map the frame buffer of a VFIO device of samples/vfio-mdev/mdpy.c, and check
 * that the mapping shows what read(2) and write(2) access. Prints what it costs to map it.
 */
#include <err.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "measure.h"

static int open_device(const char *group_name, const char *device)
{
	int container = open("/dev/vfio/vfio", O_RDWR), group = open(group_name, O_RDWR), fd;

	if (container < 0 || group < 0)
		err(1, "open");
	if (ioctl(group, VFIO_GROUP_SET_CONTAINER, &container) ||
	    ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1_IOMMU))
		err(1, "VFIO_SET_IOMMU");
	fd = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, device);
	if (fd < 0)
		err(1, "VFIO_GROUP_GET_DEVICE_FD");
	return fd;
}

int main(int argc, char **argv)
{
	struct vfio_region_info bar = {
		.argsz = sizeof(bar),
		.index = VFIO_PCI_BAR0_REGION_INDEX,
	};
	unsigned int *memory;
	__u64 least = ~0ULL;
	unsigned int word;
	size_t at;
	int fd;

	if (argc != 3)
		errx(1, "mdpy GROUP DEVICE");
	fd = open_device(argv[1], argv[2]);
	if (ioctl(fd, VFIO_DEVICE_GET_REGION_INFO, &bar))
		err(1, "VFIO_DEVICE_GET_REGION_INFO");

	/* read(2) and write(2) of this sample access the first bytes, whatever the offset. */
	memory = map(fd, bar.size, bar.offset);
	word = 0x12345678;
	if (pwrite(fd, &word, sizeof(word), bar.offset) != sizeof(word) || memory[0] != word)
		errx(1, "the mapping has not what was written");
	memory[0] = ~word;
	if (pread(fd, &word, sizeof(word), bar.offset) != sizeof(word) || word != ~0x12345678U)
		errx(1, "what is read is not what the mapping has");
	for (at = 0; at < bar.size; at += 4096)
		memory[at / 4] = at;
	munmap(memory, bar.size);
	memory = map(fd, bar.size, bar.offset);
	for (at = 0; at < bar.size; at += 4096)
		if (memory[at / 4] != at)
			errx(1, "offset %zu: another mapping has not what was written", at);
	munmap(memory, bar.size);

	for (int round = 0; round < ROUNDS; round++)
		measure(fd, bar.size, bar.offset, &least);
	return print_cost(bar.size, least);
}

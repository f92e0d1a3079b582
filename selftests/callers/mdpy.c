// SPDX-License-Identifier: GPL-2.0
/*
 * mdpy GROUP DEVICE: map the frame buffer of a VFIO device of samples/vfio-mdev/mdpy.c, and check
 * that the mapping shows what read(2) and write(2) access. Prints what it costs to map all of it,
 * to access each page and to unmap it, in nanoseconds.
 */
#include <err.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS	20

static unsigned long long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ULL + time.tv_nsec;
}

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

static unsigned int *map(int fd, const struct vfio_region_info *bar)
{
	void *memory = mmap(NULL, bar->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, bar->offset);

	if (memory == MAP_FAILED)
		err(1, "mmap");
	return memory;
}

int main(int argc, char **argv)
{
	struct vfio_region_info bar = {
		.argsz = sizeof(bar),
		.index = VFIO_PCI_BAR0_REGION_INDEX,
	};
	unsigned int *memory;
	unsigned long long start;
	unsigned int word;
	size_t at;
	int fd;

	if (argc != 3)
		errx(1, "mdpy GROUP DEVICE");
	fd = open_device(argv[1], argv[2]);
	if (ioctl(fd, VFIO_DEVICE_GET_REGION_INFO, &bar))
		err(1, "VFIO_DEVICE_GET_REGION_INFO");

	/* read(2) and write(2) of this sample access the first bytes, whatever the offset. */
	memory = map(fd, &bar);
	word = 0x12345678;
	if (pwrite(fd, &word, sizeof(word), bar.offset) != sizeof(word) || memory[0] != word)
		errx(1, "the mapping has not what was written");
	memory[0] = ~word;
	if (pread(fd, &word, sizeof(word), bar.offset) != sizeof(word) || word != ~0x12345678U)
		errx(1, "what is read is not what the mapping has");
	for (at = 0; at < bar.size; at += 4096)
		memory[at / 4] = at;
	munmap(memory, bar.size);
	memory = map(fd, &bar);
	for (at = 0; at < bar.size; at += 4096)
		if (memory[at / 4] != at)
			errx(1, "offset %zu: another mapping has not what was written", at);
	munmap(memory, bar.size);

	start = now();
	for (int round = 0; round < ROUNDS; round++) {
		memory = map(fd, &bar);
		for (at = 0; at < bar.size; at += 4096)
			memory[at / 4] = at;
		munmap(memory, bar.size);
	}
	printf("%llu\n", (now() - start) / ROUNDS);
	return 0;
}

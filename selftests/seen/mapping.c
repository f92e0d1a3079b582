// SPDX-License-Identifier: GPL-2.0
/* Map memory of one kind, say so, and wait for the end of stdin. */
#define _GNU_SOURCE
#include "export.h"
#include "plan.h"

#define PAGES 4
#define TEST_DMA_BUF "/dev/vmremap-test-dma-buf"

static const struct kind {
	const char *name;
	const char *device;
	__u32 memory;
	__u32 function;
	__u32 flags;
	bool named;
} kinds[] = {
	{ .name = "stock", .device = TEST_MMAP, .memory = VMREMAP_TEST_VMALLOC_USER,
	  .function = VMREMAP_TEST_STOCK_RANGE },
	{ .name = "area", .device = TEST_MMAP },
	{ .name = "named", .device = TEST_MMAP, .named = true },
	{ .name = "vm_ops", .device = TEST_MMAP, .flags = VMREMAP_TEST_COUNT },
	{ .name = "dma-buf", .device = TEST_DMA_BUF },
	{ .name = "none", .device = TEST_MMAP },
};

static void *map_dma_buf(int fd)
{
	int dma_buf = export(fd, O_RDWR);
	void *map = map_pages(dma_buf, 0, PAGES);

	close(dma_buf);
	return map;
}

/* The descriptors are closed again, so that only the mapping is left. */
int main(int argc, char **argv)
{
	const struct kind *kind = kinds;
	char *map = NULL, byte;
	int fd;

	while (argc == 2 && strcmp(kind->name, argv[1]))
		if (++kind == kinds + sizeof(kinds) / sizeof(*kinds))
			return 1;
	fd = open(kind->device, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return 2;
	if (strcmp(kind->name, "none")) {
		struct vmremap_test_call call = {
			.function = kind->function, .flags = kind->flags,
		};

		if (memory_alloc(fd, 0, kind->memory, PAGES * PAGE_SIZE, 0) ||
		    (kind->named && ioctl(fd, VMREMAP_TEST_NAME, 0)))
			return 3;
		map = strcmp(kind->device, TEST_DMA_BUF) ?
		      map_call(fd, &call, PAGES, RW, MAP_SHARED) : map_dma_buf(fd);
		if (map == MAP_FAILED)
			return 4;
		*page_word(map, 1) = 1;
	}
	close(fd);
	printf("mapped %s\n", kind->device);
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	return map && *page_word(map, 1) != 1;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Count the cost of a dma-buf of an area, of udmabuf and of the system heap: create it; map, touch
 * and unmap it as a program; attach a device, map it for that device, and undo both; free it.
 * Prints a JSON row for each exporter and size, the best of four.
 */
#define _GNU_SOURCE
#include <linux/dma-heap.h>
#include <linux/udmabuf.h>

#include "mapping.h"
#include "../../selftests/vmremap_test.h"

#define RUNS	4

static const unsigned long sizes_kib[] = { 64, 1024, 16 * 1024, 64 * 1024 };

static int area(int device, size_t size)
{
	struct vmremap_test_memory memory = { .size = size };
	int fd = -1;

	if (!ioctl(device, VMREMAP_TEST_ALLOC, &memory))
		fd = ioctl(device, VMREMAP_TEST_DMA_BUF_EXPORT, O_RDWR | O_CLOEXEC);
	ioctl(device, VMREMAP_TEST_PUT_AREA);
	return fd;
}

/* Its memory is that of a memfd, which the program creates. */
static int udmabuf(int device, size_t size)
{
	struct udmabuf_create create = { .flags = UDMABUF_FLAGS_CLOEXEC, .size = size };
	int fd;

	create.memfd = memfd_create("bench", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (ftruncate(create.memfd, size) || fcntl(create.memfd, F_ADD_SEALS, F_SEAL_SHRINK))
		err(1, "memfd");
	fd = ioctl(device, UDMABUF_CREATE, &create);
	close(create.memfd);
	return fd;
}

static int system_heap(int device, size_t size)
{
	struct dma_heap_allocation_data data = { .len = size, .fd_flags = O_RDWR | O_CLOEXEC };

	return ioctl(device, DMA_HEAP_IOCTL_ALLOC, &data) ? -1 : (int)data.fd;
}

#define IMPORTER "/dev/vmremap-test-dma-buf"

static const struct {
	const char *name;
	const char *device;
	int (*create)(int device, size_t size);
} exporters[] = {
	{ "area", IMPORTER, area },
	{ "udmabuf", "/dev/udmabuf", udmabuf },
	{ "system heap", "/dev/dma_heap/system", system_heap },
};

enum phase { CREATE, MAP, TOUCH, UNMAP, ATTACH, FREE, PHASES };

static const char *const phases[PHASES] = { "create", "map", "touch", "unmap", "attach", "free" };

static void count(int exporter, int device, int importer, size_t size, __u64 *counts)
{
	char *hole = mmap(NULL, size + HUGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	__u64 start = now();
	int fd = exporters[exporter].create(device, size);
	char *p;

	counts[CREATE] = now() - start;
	if (fd < 0)
		err(1, "%s, %zu bytes", exporters[exporter].name, size);
	/* At an address that suits PMDs. */
	munmap(hole, size + HUGE);
	hole += -(unsigned long)hole % HUGE;
	start = now();
	p = mmap(hole, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED_NOREPLACE, fd, 0);
	counts[MAP] = now() - start;
	if (p == MAP_FAILED)
		err(1, "map %s", exporters[exporter].name);
	counts[TOUCH] = touch(p, size, PAGE_SIZE);
	start = now();
	munmap(p, size);
	counts[UNMAP] = now() - start;
	start = now();
	if (ioctl(importer, VMREMAP_TEST_DMA_BUF_IMPORT, fd))
		err(1, "import %s", exporters[exporter].name);
	counts[ATTACH] = now() - start;
	start = now();
	close(fd);
	counts[FREE] = now() - start;
}

int main(void)
{
	int importer = open(IMPORTER, O_RDWR | O_CLOEXEC);

	if (ioctl(importer, VMREMAP_TEST_DMA_BUF_SEGMENT, (unsigned long)HUGE))
		err(1, IMPORTER);
	for (size_t i = 0; i < ARRAY_SIZE(sizes_kib) * ARRAY_SIZE(exporters); i++) {
		int exporter = i % ARRAY_SIZE(exporters);
		unsigned long kib = sizes_kib[i / ARRAY_SIZE(exporters)];
		int device = open(exporters[exporter].device, O_RDWR | O_CLOEXEC);
		__u64 best[PHASES], counts[PHASES];

		/* Not each kernel has each of them. */
		if (device < 0)
			continue;
		for (int run = 0; run < RUNS; run++) {
			count(exporter, device, importer, kib * KIB, counts);
			for (int phase = 0; phase < PHASES; phase++)
				if (!run || counts[phase] < best[phase])
					best[phase] = counts[phase];
		}
		close(device);
		printf("{\"exporter\": \"%s\", \"size_kib\": %lu", exporters[exporter].name, kib);
		for (int phase = 0; phase < PHASES; phase++)
			printf(", \"%s\": %llu", phases[phase], (unsigned long long)best[phase]);
		printf("}\n");
		fflush(stdout);
	}
	return 0;
}

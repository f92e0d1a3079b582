// SPDX-License-Identifier: GPL-2.0
/*
 * vfb: map the frame buffer of drivers/video/fbdev/vfb.c, and check that the mapping shows what
 * read(2) and write(2) access. Prints how many pages are above 4 GiB, and what it costs to map it.
 */
#include <fcntl.h>
#include <linux/fb.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "measure.h"

static int above_4_gib(const char *memory, size_t size)
{
	int fd = open("/proc/self/pagemap", O_RDONLY), found = 0;
	__u64 entry;

	for (size_t at = 0; at < size; at += 4096) {
		off_t offset = (uintptr_t)(memory + at) / 4096 * sizeof(entry);

		if (pread(fd, &entry, sizeof(entry), offset) != sizeof(entry) || !(entry >> 63))
			errx(1, "offset %zu is not mapped", at);
		/* The number of the page frame has 55 bits. */
		if ((entry & ((1ULL << 55) - 1)) >= 1ULL << 20)
			found++;
	}
	close(fd);
	return found;
}

int main(void)
{
	struct fb_fix_screeninfo screen;
	__u64 least = ~0ULL;
	int fd = open("/dev/fb0", O_RDWR);
	unsigned int *memory, word;
	size_t at;

	if (fd < 0 || ioctl(fd, FBIOGET_FSCREENINFO, &screen))
		err(1, "/dev/fb0");
	memory = map(fd, screen.smem_len, 0);
	for (at = 0; at < screen.smem_len; at += 4096) {
		if (memory[at / 4])
			errx(1, "offset %zu is not zeroed", at);
		memory[at / 4] = at + 1;
	}
	printf("%d pages above 4 GiB\n", above_4_gib((char *)memory, screen.smem_len));
	munmap(memory, screen.smem_len);

	memory = map(fd, screen.smem_len, 0);
	for (at = 0; at < screen.smem_len; at += 4096)
		if (memory[at / 4] != at + 1)
			errx(1, "offset %zu: another mapping has not what was written", at);
	/* The part of the frame buffer that the video mode uses. */
	for (at = 0; pread(fd, &word, sizeof(word), at) == sizeof(word); at += 4096) {
		if (word != at + 1)
			errx(1, "offset %zu: what is read is not what the mapping has", at);
		word = ~word;
		if (pwrite(fd, &word, sizeof(word), at) != sizeof(word) || memory[at / 4] != word)
			errx(1, "offset %zu: the mapping has not what was written", at);
	}
	printf("read(2) and write(2) access %zu pages of the mapping\n", at / 4096);
	munmap(memory, screen.smem_len);

	for (int round = 0; round < ROUNDS; round++)
		measure(fd, screen.smem_len, 0, &least);
	return print_cost(screen.smem_len, least);
}

// SPDX-License-Identifier: GPL-2.0
/* test - check that /dev/starter and this program share memory. */

#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

int main(void)
{
	int fd = open("/dev/starter", O_RDWR);
	unsigned char *bytes;
	int seen;

	if (fd < 0) {
		perror("/dev/starter");
		return 1;
	}
	bytes = mmap(NULL, 64 << 10, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (bytes == MAP_FAILED) {
		perror("mmap");
		return 1;
	}
	bytes[1000] = 7;
	seen = ioctl(fd, 0, 1000L);
	printf("the driver wrote %d, the program reads %d\n", 42, bytes[0]);
	printf("the program wrote %d, the driver reads %d\n", 7, seen);
	return bytes[0] != 42 || seen != 7;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * demo - share memory with a PCI device, and print what happens.
 *
 * usage: demo [DEVICE]...
 *
 * Have each DEVICE, by default /dev/vmremap-edu-c, copy what this program has written back
 * and forth, and unplug it during a copy. The exit status is 0 if each step has the expected
 * result.
 */

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../demo.h"
#include "vmremap_edu.h"

static bool start(int fd, unsigned int offset, bool from_device)
{
	struct vmremap_edu_copy copy = {
		.offset = offset,
		.bytes = VMREMAP_EDU_COPY_MAX,
		.from_device = from_device,
	};

	return !ioctl(fd, VMREMAP_EDU_START, &copy);
}

/* Wait for the interrupt that ends the copy, with poll(), and check that no wait remains. */
static bool stopped(int fd)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };

	return poll(&pollfd, 1, 60000) == 1 && pollfd.revents & POLLIN &&
	       !ioctl(fd, VMREMAP_EDU_WAIT);
}

/* Copy from the program to the device, and back to another place. */
static void copies(int fd, char *memory)
{
	char *back = memory + VMREMAP_EDU_BYTES - VMREMAP_EDU_COPY_MAX;

	for (size_t i = 0; i < VMREMAP_EDU_COPY_MAX; i++)
		memory[i] = i * 7;
	if (!check(start(fd, 0, false) && stopped(fd), "the device has copied the first bytes"))
		return;
	check(start(fd, back - memory, true) && stopped(fd),
	      "the device has copied them to the last bytes");
	printf("  the program wrote %02hhx %02hhx ... at %p, and reads %02hhx %02hhx ... at %p\n",
	       memory[0], memory[1], memory, back[0], back[1], back);
	check(!memcmp(memory, back, VMREMAP_EDU_COPY_MAX),
	      "the program reads what the device has written to its memory");
}

/* Unplug the PCI device of this driver. */
static bool unplug(const char *device)
{
	char path[64 + NAME_MAX];
	bool done = false;
	glob_t found;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/drivers/%s/*:*/remove",
		 strrchr(device, '/') + 1);
	for (char *c = path; *c; c++)
		if (*c == '-')
			*c = '_';
	if (!glob(path, 0, NULL, &found)) {
		fd = open(found.gl_pathv[0], O_WRONLY);
		done = fd >= 0 && write(fd, "1", 1) == 1;
		close(fd);
	}
	globfree(&found);
	return done;
}

static void goes_away(const char *device, int fd, char *memory)
{
	int sig;

	check(start(fd, 0, true) && unplug(device), "the device is unplugged while it copies");
	sig = signal_of_write(memory);
	printf("  accessing its memory: signal %d (%s)\n", sig, sig ? strsignal(sig) : "none");
	check(sig == SIGBUS, "the access raises SIGBUS, which the program handles");
	check(!start(fd, 0, true) && errno == ENODEV, "the device cannot be used any more");
}

static void show(const char *device)
{
	int fd = open(device, O_RDWR | O_CLOEXEC);
	char *memory;

	printf("\n%s\n", device);
	if (!check(fd >= 0, "open the device"))
		return;
	memory = mmap(NULL, VMREMAP_EDU_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (check(memory != MAP_FAILED, "the memory that it copies to and from is mapped")) {
		copies(fd, memory);
		goes_away(device, fd, memory);
	}
	close(fd);
}

int main(int argc, char **argv)
{
	printf("\nA PCI device and this program share memory.\n");
	if (argc < 2)
		show("/dev/vmremap-edu-c");
	for (int i = 1; i < argc; i++)
		show(argv[i]);
	printf("\nedu: %d passed, %d failed\n", passed, failed);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

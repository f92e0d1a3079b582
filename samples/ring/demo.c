// SPDX-License-Identifier: GPL-2.0
/*
 * demo - read the ring that a driver's timer fills, and print what happens.
 *
 * usage: demo [DEVICE]...
 *
 * Read samples from each DEVICE, by default /dev/vmremap-ring-c. The exit status is 0 if all
 * samples are right and in order, and if the driver has counted those that are missing.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../demo.h"
#include "reader.h"

#define SAMPLES 300

/* Read SAMPLES samples, and count those that are missing between them. */
static void read_samples(int fd, struct vmremap_ring *ring, const char *device)
{
	unsigned int count = 0, polls = 0, wrong = 0, lost = 0;
	struct vmremap_ring_sample sample;
	char what[200];
	__u32 last = 0;

	while (count < SAMPLES) {
		if (!ring_read(ring, &sample)) {
			polls++;
			if (!ring_wait(fd, 60000))
				break;
			continue;
		}
		count++;
		wrong += sample.number <= last || sample.value != vmremap_ring_value(sample.number);
		lost += sample.number - last - 1;
		last = sample.number;
	}
	snprintf(what, sizeof(what), "%s: %u samples read after %u polls, %u wrong, %u lost",
		 device, count, polls, wrong, lost);
	check(count == SAMPLES && !wrong && ring->lost >= lost, what);
}

static void show(const char *device)
{
	int fd = open(device, O_RDWR | O_CLOEXEC);
	struct vmremap_ring *ring = ring_map(fd);

	if (ring == MAP_FAILED) {
		printf("  cannot map %s: %s\n", device, strerror(errno));
		check(false, "map the ring");
	} else {
		read_samples(fd, ring, device);
		munmap(ring, sizeof(*ring));
	}
	close(fd);
}

int main(int argc, char **argv)
{
	printf("\nA timer of the driver fills a ring, and this program reads it.\n\n");
	if (argc < 2)
		show("/dev/vmremap-ring-c");
	for (int i = 1; i < argc; i++)
		show(argv[i]);
	printf("\nring: %d passed, %d failed\n", passed, failed);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

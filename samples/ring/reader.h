/* SPDX-License-Identifier: GPL-2.0 */
/* What a program needs to read a ring. */
#ifndef VMREMAP_RING_READER_H
#define VMREMAP_RING_READER_H

#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/mman.h>

#include "vmremap_ring.h"

/* Map the ring of an open file. Returns MAP_FAILED if that fails. */
static inline struct vmremap_ring *ring_map(int fd)
{
	return mmap(NULL, sizeof(struct vmremap_ring), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
}

/* Wait for a sample, for at most @timeout ms. */
static inline bool ring_wait(int fd, int timeout)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };

	return poll(&pollfd, 1, timeout) == 1 && pollfd.revents == POLLIN;
}

/* Read the next sample. Returns false if there is none. */
static inline bool ring_read(struct vmremap_ring *ring, struct vmremap_ring_sample *sample)
{
	__u32 head = ring->head;

	/* Pairs with the driver's release: the samples below the tail are complete. */
	if (head == __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE))
		return false;
	*sample = ring->samples[head % VMREMAP_RING_SLOTS];
	/* Pairs with the driver's acquire: the driver may overwrite this sample now. */
	__atomic_store_n(&ring->head, head + 1, __ATOMIC_RELEASE);
	return true;
}

#endif /* VMREMAP_RING_READER_H */

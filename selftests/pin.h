/* SPDX-License-Identifier: GPL-2.0 */
/* Have the kernel pin pages of this program. */
#ifndef VMREMAP_SELFTESTS_PIN_H
#define VMREMAP_SELFTESTS_PIN_H

#include <linux/io_uring.h>
#include <sys/uio.h>

#include "common.h"

/* An io_uring with one entry, and a buffer that is registered with it. */
struct ring {
	int fd;
	struct io_uring_params params;
	char *sq;
	char *cq;
	struct io_uring_sqe *sqe;
};

static inline int ring_open(struct ring *ring)
{
	size_t size;

	memset(ring, 0, sizeof(*ring));
	ring->fd = syscall(SYS_io_uring_setup, 1, &ring->params);
	if (ring->fd < 0)
		return -1;

	size = ring->params.sq_off.array + sizeof(__u32);
	ring->sq = mmap(NULL, size, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_POPULATE, ring->fd, IORING_OFF_SQ_RING);
	size = ring->params.cq_off.cqes +
	       ring->params.cq_entries * sizeof(struct io_uring_cqe);
	ring->cq = mmap(NULL, size, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_POPULATE, ring->fd, IORING_OFF_CQ_RING);
	ring->sqe = mmap(NULL, sizeof(*ring->sqe), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_POPULATE, ring->fd, IORING_OFF_SQES);
	if (ring->sq == MAP_FAILED || ring->cq == MAP_FAILED ||
	    ring->sqe == MAP_FAILED)
		return -1;
	return 0;
}

/* Pin a buffer. */
static inline int ring_register(struct ring *ring, void *addr, size_t size)
{
	struct iovec iov = { .iov_base = addr, .iov_len = size };

	return syscall(SYS_io_uring_register, ring->fd, IORING_REGISTER_BUFFERS,
		       &iov, 1);
}

static inline int ring_unregister(struct ring *ring)
{
	return syscall(SYS_io_uring_register, ring->fd,
		       IORING_UNREGISTER_BUFFERS, NULL, 0);
}

#define NO_FILES "this kernel registers no memory of files with io_uring, except shmem"

/* The row about IORING_REGISTER_BUFFERS in docs/program-calls.md has the errno. */
static inline bool ring_refuses_files(void)
{
	return is_series("Linux 6.1");
}

/* Read or write a file from its start, with the registered buffer at @addr. */
static inline int ring_rw(struct ring *ring, bool write, int fd, void *addr,
			  size_t size)
{
	__u32 *tail = (__u32 *)(ring->sq + ring->params.sq_off.tail);
	__u32 *array = (__u32 *)(ring->sq + ring->params.sq_off.array);
	__u32 *head = (__u32 *)(ring->cq + ring->params.cq_off.head);
	__u32 *mask = (__u32 *)(ring->cq + ring->params.cq_off.ring_mask);
	struct io_uring_cqe *cqes = (void *)(ring->cq + ring->params.cq_off.cqes);
	int result;

	*ring->sqe = (struct io_uring_sqe) {
		.opcode = write ? IORING_OP_WRITE_FIXED : IORING_OP_READ_FIXED,
		.fd = fd,
		.addr = (unsigned long)addr,
		.len = size,
	};
	array[0] = 0;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring->fd, 1, 1, IORING_ENTER_GETEVENTS,
		    NULL, 0) < 0)
		return -errno;
	result = cqes[*head & *mask].res;
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	return result;
}

/* Put pages into a pipe without a copy. Returns the read end, or -1. */
static inline int pipe_pages(void *addr, size_t pages)
{
	struct iovec iov = { .iov_base = addr, .iov_len = pages * PAGE_SIZE };
	int fds[2];

	if (pipe(fds))
		return -1;
	if (fcntl(fds[1], F_SETPIPE_SZ, pages * PAGE_SIZE) < 0 ||
	    vmsplice(fds[1], &iov, 1, 0) != (ssize_t)iov.iov_len) {
		close(fds[0]);
		fds[0] = -1;
	}
	close(fds[1]);
	return fds[0];
}

#endif /* VMREMAP_SELFTESTS_PIN_H */

// SPDX-License-Identifier: GPL-2.0
/* Pages that are spliced or pinned: vmsplice(2) to each kind of file, io_uring, direct I/O. */
#include <sys/socket.h>

#include "calls.h"
#include "pin.h"

/* Pages that fit into a pipe at once. */
#define GIVEN 8UL

/* Are these the bytes of the first pages? */
static bool right(const char *bytes)
{
	for (size_t n = 0; n < GIVEN; n++)
		if (*page_word((void *)bytes, n) != VALUE + n)
			return false;
	return true;
}

static bool give(struct mapping *m, int ends[2], int flags)
{
	struct iovec gift = { m->addr, GIVEN * PAGE_SIZE };
	ssize_t ret;

	if (pipe(ends))
		return false;
	ret = vmsplice(ends[1], &gift, 1, flags);
	say_result(m, ret < 0 ? -1 : 0);
	return ret == GIVEN * PAGE_SIZE;
}

/* Unmap the memory: the pipe holds its pages, not its addresses. */
static void let_go(struct mapping *m)
{
	munmap(m->addr, m->size);
	m->gone = true;
}

static void say_bytes(struct mapping *m, const char *bytes, ssize_t got)
{
	if (got != GIVEN * PAGE_SIZE || !right(bytes))
		say(m, "other bytes");
}

static ssize_t read_all(int fd, char *bytes)
{
	size_t got = 0;
	ssize_t ret;

	do {
		ret = read(fd, bytes + got, GIVEN * PAGE_SIZE - got);
		got += ret > 0 ? ret : 0;
	} while (ret > 0 && got < GIVEN * PAGE_SIZE);
	return got;
}

static void read_pipe(struct mapping *m, int flags)
{
	char bytes[GIVEN * PAGE_SIZE];
	int ends[2];

	if (!give(m, ends, flags))
		return;
	let_go(m);
	say_bytes(m, bytes, read_all(ends[0], bytes));
	close(ends[0]);
	close(ends[1]);
}

CALL(to_pipe, "`vmsplice()` to a pipe, unmapped, `read()`")
{
	read_pipe(m, 0);
}

CALL(gift_to_pipe, "`vmsplice(SPLICE_F_GIFT)` to a pipe, unmapped, `read()`")
{
	read_pipe(m, SPLICE_F_GIFT);
}

/* splice() all of a pipe, even if the other file takes it in parts. */
static bool splice_all(int from, int to)
{
	size_t left = GIVEN * PAGE_SIZE;

	while (left) {
		ssize_t ret = splice(from, NULL, to, NULL, left, SPLICE_F_MOVE);

		if (ret <= 0)
			return false;
		left -= ret;
	}
	return true;
}

static void splice_to_file(struct mapping *m, int flags, const char *folder)
{
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600), ends[2];
	char bytes[GIVEN * PAGE_SIZE];

	if (fd < 0)
		return say(m, "no file");
	if (!give(m, ends, flags))
		return;
	let_go(m);
	say_result(m, splice_all(ends[0], fd) ? 0 : -1);
	say_bytes(m, bytes, pread(fd, bytes, sizeof(bytes), 0));
	close(fd);
	close(ends[0]);
	close(ends[1]);
}

CALL(to_file, "`vmsplice()`, unmapped, `splice()` to a tmpfs file")
{
	splice_to_file(m, 0, "/tmp");
}

CALL(gift_to_file, "`vmsplice(SPLICE_F_GIFT)`, unmapped, `splice(SPLICE_F_MOVE)` to a tmpfs file")
{
	splice_to_file(m, SPLICE_F_GIFT, "/tmp");
}

CALL(gift_to_socket, "`vmsplice(SPLICE_F_GIFT)`, unmapped, `splice(SPLICE_F_MOVE)` to a socket")
{
	char bytes[GIVEN * PAGE_SIZE];
	int ends[2], sockets[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sockets))
		return say(m, "no socket");
	if (!give(m, ends, SPLICE_F_GIFT))
		return;
	let_go(m);
	say_result(m, splice_all(ends[0], sockets[0]) ? 0 : -1);
	say_bytes(m, bytes, read_all(sockets[1], bytes));
	close(sockets[0]);
	close(sockets[1]);
	close(ends[0]);
	close(ends[1]);
}

CALL(tee_to_pipe, "`vmsplice(SPLICE_F_GIFT)`, `tee()`, `splice()` to a pipe, unmapped")
{
	char bytes[GIVEN * PAGE_SIZE];
	int ends[2], tees[2], last[2];

	if (pipe(tees) || pipe(last))
		return say(m, "no pipe");
	if (!give(m, ends, SPLICE_F_GIFT))
		return;
	say_result(m, tee(ends[0], tees[1], sizeof(bytes), 0) < 0 ? -1 : 0);
	say_result(m, splice_all(tees[0], last[1]) ? 0 : -1);
	let_go(m);
	say_bytes(m, bytes, read_all(last[0], bytes));
	say_bytes(m, bytes, read_all(ends[0], bytes));
	for (int i = 0; i < 2; i++) {
		close(ends[i]);
		close(tees[i]);
		close(last[i]);
	}
}

/* The other direction: from a pipe into the mapping. */
CALL(from_pipe, "`vmsplice()` from a pipe")
{
	struct iovec to = { m->addr, sizeof(__u64) };
	__u64 word = VALUE;
	int ends[2];

	if (pipe(ends) || write(ends[1], &word, sizeof(word)) != sizeof(word))
		return say(m, "no pipe");
	say_result(m, vmsplice(ends[0], &to, 1, 0) < 0 ? -1 : 0);
	close(ends[0]);
	close(ends[1]);
}

/* Write a buffer that io_uring has pinned to a file, and read it back. */
CALL(ring_buffer, "io_uring: `IORING_REGISTER_BUFFERS`, write, read")
{
	int fd = memfd_create("copy", MFD_CLOEXEC);
	struct ring ring;

	if (ring_open(&ring))
		return say(m, "no io_uring");
	if (ring_register(&ring, m->addr, m->size)) {
		say_result(m, -1);
	} else {
		say(m, "0");
		say(m, ring_rw(&ring, true, fd, m->addr, m->size) == (int)m->size ? "0" : "short");
		say(m, ring_rw(&ring, false, fd, m->addr, m->size) == (int)m->size ? "0" : "short");
		ring_unregister(&ring);
	}
	munmap(ring.sq, ring.params.sq_off.array + sizeof(__u32));
	munmap(ring.cq, ring.params.cq_off.cqes +
		       ring.params.cq_entries * sizeof(struct io_uring_cqe));
	munmap(ring.sqe, sizeof(*ring.sqe));
	close(ring.fd);
	close(fd);
}

CALL(direct, "`O_DIRECT`: `write()` from it, `read()` into it")
{
	int fd = open("/dev/ram0", O_RDWR | O_DIRECT | O_CLOEXEC);
	size_t size = GIVEN * PAGE_SIZE;

	if (fd < 0)
		return say(m, "no block device");
	say_result(m, pwrite(fd, m->addr, size, 0) == (ssize_t)size ? 0 : -1);
	say_result(m, pread(fd, m->addr, size, 0) == (ssize_t)size ? 0 : -1);
	close(fd);
}

TEST_HARNESS_MAIN

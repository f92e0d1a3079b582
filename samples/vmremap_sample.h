/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The interface between the sample drivers and programs.
 *
 * /dev/vmremap-sample-c, and /dev/vmremap-sample-rust if the kernel supports Rust, have
 * two regions to map: a control page that programs can only read, and a data
 * buffer that they can read and write. Both belong to the open file; each open()
 * gets a new pair.
 *
 * The layout is fixed: members have the machine's byte order and are naturally
 * aligned, without padding, so that 32-bit programs can use it on a 64-bit kernel.
 */
#ifndef VMREMAP_SAMPLE_H
#define VMREMAP_SAMPLE_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* Offsets for mmap(2), in bytes. */
#define VMREMAP_SAMPLE_CONTROL	0x00000000UL
#define VMREMAP_SAMPLE_DATA	0x40000000UL

/**
 * struct vmremap_sample_control - contents of the control page
 * @sequence: odd while the driver updates the page, even otherwise
 * @bytes: size of the data buffer, in bytes
 * @checksum: vmremap_sample_checksum() of the data buffer, as it was when the
 *	driver last filled or summed it; before that, 0
 *
 * Read @sequence, the rest, and @sequence again; start again if it was odd or
 * has changed.
 */
struct vmremap_sample_control {
	__u64 sequence;
	__u64 bytes;
	__u64 checksum;
};

/**
 * struct vmremap_sample_fill - argument of VMREMAP_SAMPLE_FILL
 * @seed: byte i of the data buffer becomes vmremap_sample_byte(seed, i)
 */
struct vmremap_sample_fill {
	__u64 seed;
};

/**
 * struct vmremap_sample_sum - argument of VMREMAP_SAMPLE_SUM
 * @checksum: out: vmremap_sample_checksum() of the data buffer
 */
struct vmremap_sample_sum {
	__u64 checksum;
};

/**
 * struct vmremap_sample_verify - argument of VMREMAP_SAMPLE_VERIFY
 * @seed: the pattern that the data buffer should hold
 * @wrong: out: number of bytes that differ from the pattern
 */
struct vmremap_sample_verify {
	__u64 seed;
	__u64 wrong;
};

/* Number of messages that fit into a ring. */
#define VMREMAP_SAMPLE_MESSAGES	256

/**
 * struct vmremap_sample_ring - messages from one side to the other
 * @head: number of messages that the reader has read
 * @tail: number of messages that the writer has written
 * @messages: message n is at n modulo %VMREMAP_SAMPLE_MESSAGES
 *
 * After writing a message, store @tail with release; load it with acquire before reading
 * messages. The same holds for @head, in the other direction.
 */
struct vmremap_sample_ring {
	__u32 head;
	__u32 tail;
	__u64 messages[VMREMAP_SAMPLE_MESSAGES];
};

/**
 * struct vmremap_sample_rings - start of the data buffer for VMREMAP_SAMPLE_ECHO
 * @requests: from the program to the driver
 * @answers: from the driver to the program
 */
struct vmremap_sample_rings {
	struct vmremap_sample_ring requests;
	struct vmremap_sample_ring answers;
};

/* Fill the data buffer with a pattern, then update the control page. */
#define VMREMAP_SAMPLE_FILL	_IOW('v', 0x60, struct vmremap_sample_fill)
/* Sum the data buffer, then update the control page. */
#define VMREMAP_SAMPLE_SUM	_IOR('v', 0x61, struct vmremap_sample_sum)
/*
 * Freeze the data buffer, and compare it with the pattern. Accesses wait meanwhile. Fails
 * with EBUSY if pages of the buffer stay pinned.
 */
#define VMREMAP_SAMPLE_VERIFY	_IOWR('v', 0x62, struct vmremap_sample_verify)
/*
 * Revoke the data buffer, as if the device were unplugged: accessing it then raises SIGBUS,
 * and mapping it again fails with ENODEV.
 */
#define VMREMAP_SAMPLE_REVOKE	_IO('v', 0x63)

/*
 * Answer each request with its complement, at most as many as fit into a ring. Returns the
 * number of answers, or fails with EINVAL if the rings do not fit into the data buffer.
 */
#define VMREMAP_SAMPLE_ECHO	_IO('v', 0x64)

/* The pattern: a byte that depends on a seed and its index, by Fibonacci hashing. */
static inline __u8 vmremap_sample_byte(__u64 seed, __u64 i)
{
	return ((seed + i) * 0x9e3779b97f4a7c15ULL) >> 56;
}

/* One step of the checksum, 64-bit FNV-1a, which starts with _INIT. */
#define VMREMAP_SAMPLE_CHECKSUM_INIT	0xcbf29ce484222325ULL

static inline __u64 vmremap_sample_checksum(__u64 sum, __u8 byte)
{
	return (sum ^ byte) * 0x100000001b3ULL;
}

#endif /* VMREMAP_SAMPLE_H */

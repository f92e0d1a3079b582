/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * What the sample devices and programs agree on.
 *
 * /dev/vmremap-sample-c, and /dev/vmremap-sample-rust where there is one, have
 * two regions to map: a control page that programs can only read, and a data
 * buffer that they can read and write. Both come with the open file: whoever
 * opens the device again gets others.
 *
 * Layouts and numbers are fixed: members are little or big endian as the
 * machine is, naturally aligned, without padding, the same for 32-bit programs
 * on a 64-bit kernel.
 */
#ifndef VMREMAP_SAMPLE_H
#define VMREMAP_SAMPLE_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* Offsets for mmap(2), in bytes. */
#define VMREMAP_SAMPLE_CONTROL	0x00000000UL
#define VMREMAP_SAMPLE_DATA	0x40000000UL

/**
 * struct vmremap_sample_control - what the control page holds
 * @sequence: odd while the driver updates the page, even when it is at rest
 * @bytes: size of the data buffer, in bytes
 * @checksum: vmremap_sample_checksum() of the data buffer, as it was when the
 *	driver last filled or summed it; before that, 0
 *
 * Read @sequence, the rest, and @sequence again; start anew when it was odd or
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
 * @checksum: out: vmremap_sample_checksum() of the data buffer as it is now
 */
struct vmremap_sample_sum {
	__u64 checksum;
};

/**
 * struct vmremap_sample_verify - argument of VMREMAP_SAMPLE_VERIFY
 * @seed: the pattern that the data buffer should hold
 * @wrong: out: how many bytes of it differ from that
 */
struct vmremap_sample_verify {
	__u64 seed;
	__u64 wrong;
};

/* How many messages a ring has room for. */
#define VMREMAP_SAMPLE_MESSAGES	256

/**
 * struct vmremap_sample_ring - messages from one side to the other
 * @head: how many the reader has read
 * @tail: how many the writer has written
 * @messages: message n is at n modulo %VMREMAP_SAMPLE_MESSAGES
 *
 * Whoever has written or read a message then stores @tail or @head with release, and the
 * other side loads that with acquire before it looks.
 */
struct vmremap_sample_ring {
	__u32 head;
	__u32 tail;
	__u64 messages[VMREMAP_SAMPLE_MESSAGES];
};

/**
 * struct vmremap_sample_rings - what the data buffer begins with for VMREMAP_SAMPLE_ECHO
 * @requests: from the program to the driver
 * @answers: from the driver to the program
 */
struct vmremap_sample_rings {
	struct vmremap_sample_ring requests;
	struct vmremap_sample_ring answers;
};

/* Fill the data buffer with a pattern, then update the control page. */
#define VMREMAP_SAMPLE_FILL	_IOW('v', 0x60, struct vmremap_sample_fill)
/* Sum what the data buffer holds, then update the control page. */
#define VMREMAP_SAMPLE_SUM	_IOR('v', 0x61, struct vmremap_sample_sum)
/*
 * Look at the data buffer while no program can change it. Whoever touches it
 * meanwhile waits. Fails with EBUSY while somebody has pages of it pinned.
 */
#define VMREMAP_SAMPLE_VERIFY	_IOWR('v', 0x62, struct vmremap_sample_verify)
/*
 * Take the data buffer back for ever, as when a device is unplugged: to touch it
 * raises SIGBUS from now on, and to map it again fails with ENODEV.
 */
#define VMREMAP_SAMPLE_REVOKE	_IO('v', 0x63)

/*
 * Answer each request by its complement, as many as a ring has room for. Returns how many
 * there were, or fails with EINVAL where the data buffer has no room for the rings.
 */
#define VMREMAP_SAMPLE_ECHO	_IO('v', 0x64)

/* The pattern: a byte from a seed and its place, by Fibonacci hashing. */
static inline __u8 vmremap_sample_byte(__u64 seed, __u64 i)
{
	return ((seed + i) * 0x9e3779b97f4a7c15ULL) >> 56;
}

/* One step of the checksum, which is 64-bit FNV-1a and starts at _INIT. */
#define VMREMAP_SAMPLE_CHECKSUM_INIT	0xcbf29ce484222325ULL

static inline __u64 vmremap_sample_checksum(__u64 sum, __u8 byte)
{
	return (sum ^ byte) * 0x100000001b3ULL;
}

#endif /* VMREMAP_SAMPLE_H */

/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The interface between the ring sample drivers and programs.
 *
 * /dev/vmremap-ring-c, and /dev/vmremap-ring-rust if the kernel supports Rust, take a sample
 * in each period of a timer, and store it in a struct vmremap_ring, which programs map at
 * offset 0. Each open() starts a timer and a ring of its own, and the last close() of the file
 * ends both.
 *
 * A ring has one reader. So a child that fork() creates does not inherit the mapping.
 */
#ifndef VMREMAP_RING_H
#define VMREMAP_RING_H

#include <linux/types.h>

#define VMREMAP_RING_PERIOD_NS	1000000

/* Samples that fit into a ring. It is a power of two, because positions wrap at 2^32. */
#define VMREMAP_RING_SLOTS	256

/**
 * struct vmremap_ring_sample - one sample
 * @number: number of the period in which it was taken; the first period is 1
 * @value: vmremap_ring_value(@number)
 */
struct vmremap_ring_sample {
	__u32 number;
	__u32 value;
};

/**
 * struct vmremap_ring - a ring from the driver to the program
 * @head: number of samples that the program has read
 * @tail: number of samples that the driver has stored
 * @lost: number of periods without a stored sample, because the ring was full or the timer late
 * @samples: the n-th stored sample, counted from 0, is at n modulo %VMREMAP_RING_SLOTS
 *
 * The program writes only @head. Load @tail with acquire. Then read the samples below it, and
 * then @lost. @lost counts each period that was lost before the newest of these samples. It may
 * count later periods, too. Store @head with release after reading samples: the driver may then
 * overwrite them. poll(2) reports POLLIN while there are samples that the program has not read.
 */
struct vmremap_ring {
	__u32 head;
	__u32 tail;
	__u32 lost;
	struct vmremap_ring_sample samples[VMREMAP_RING_SLOTS];
};

/* The value of a sample. A real driver reads a register instead. */
static inline __u32 vmremap_ring_value(__u32 number)
{
	return number * 0x9e3779b1U;
}

#endif /* VMREMAP_RING_H */

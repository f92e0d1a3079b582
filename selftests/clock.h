/* SPDX-License-Identifier: GPL-2.0 */
/* The clock of the programs that measure cost. */
#ifndef VMREMAP_SELFTESTS_CLOCK_H
#define VMREMAP_SELFTESTS_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Nanoseconds. With --count-instructions, each instruction takes one. */
static inline uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

#endif /* VMREMAP_SELFTESTS_CLOCK_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* What programs count by. */
#ifndef VMREMAP_SELFTESTS_CLOCK_H
#define VMREMAP_SELFTESTS_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Nanoseconds, which are instructions where the clock advances with each. */
static inline uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

#endif /* VMREMAP_SELFTESTS_CLOCK_H */

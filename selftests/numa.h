/* SPDX-License-Identifier: GPL-2.0 */
/* NUMA balancing. */
#ifndef VMREMAP_SELFTESTS_NUMA_H
#define VMREMAP_SELFTESTS_NUMA_H

#include <sched.h>

#include "common.h"

#define BALANCING "/sys/kernel/debug/sched/numa_balancing/"

static inline void run_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

/* NUMA balancing, which scans as often as it can. Return: false if the kernel has none. */
static inline bool balance_numa(bool on)
{
	if (!write_text("/proc/sys/kernel/numa_balancing", on ? "1" : "0"))
		return false;
	write_text(BALANCING "scan_delay_ms", "1");
	write_text(BALANCING "scan_period_min_ms", "1");
	write_text(BALANCING "scan_period_max_ms", "1");
	return true;
}

#endif /* VMREMAP_SELFTESTS_NUMA_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* NUMA balancing. */
#ifndef VMREMAP_SELFTESTS_NUMA_H
#define VMREMAP_SELFTESTS_NUMA_H

#include "common.h"
#include "cpu.h"

#define BALANCING "/sys/kernel/debug/sched/numa_balancing/"

/*
 * NUMA balancing, which scans as often as it can. Return: false if the kernel has none, or does not
 * let anybody set how often it scans, as Linux 6.12 without CONFIG_SCHED_DEBUG.
 */
static inline bool balance_numa(bool on)
{
	return write_text(BALANCING "scan_delay_ms", "1") &&
	       write_text(BALANCING "scan_period_min_ms", "1") &&
	       write_text(BALANCING "scan_period_max_ms", "1") &&
	       /* A scan of more at once would be allowed only every 100 ms. */
	       write_text(BALANCING "scan_size_mb", "1") &&
	       write_text("/proc/sys/kernel/numa_balancing", on ? "1" : "0");
}

#endif /* VMREMAP_SELFTESTS_NUMA_H */

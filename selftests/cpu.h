/* SPDX-License-Identifier: GPL-2.0 */
/* On which CPU a task runs. */
#ifndef VMREMAP_SELFTESTS_CPU_H
#define VMREMAP_SELFTESTS_CPU_H

#include <sched.h>

/* Run on this CPU from now on. Return: as sched_setaffinity(2). */
static inline int run_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set);
}

#endif /* VMREMAP_SELFTESTS_CPU_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* A memory cgroup for a single test. */
#ifndef VMREMAP_SELFTESTS_CGROUP_H
#define VMREMAP_SELFTESTS_CGROUP_H

#include <sys/mount.h>
#include <sys/stat.h>

#include "files.h"

#define CGROUP "/tmp/vmremap-cgroup"
#define GROUP CGROUP "/test"

static inline void cgroup_leave(void)
{
	write_text(CGROUP "/cgroup.procs", "0");
	rmdir(GROUP);
	umount2(CGROUP, MNT_DETACH);
}

/* Create the cgroup, and move this process into it. */
static inline bool cgroup_enter(void)
{
	mkdir(CGROUP, 0700);
	if (!mount("cgroup2", CGROUP, "cgroup2", 0, NULL) &&
	    write_text(CGROUP "/cgroup.subtree_control", "+memory") &&
	    !mkdir(GROUP, 0700) && write_text(GROUP "/cgroup.procs", "0"))
		return true;
	cgroup_leave();
	return false;
}

#endif /* VMREMAP_SELFTESTS_CGROUP_H */

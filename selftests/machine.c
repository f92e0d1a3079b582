// SPDX-License-Identifier: GPL-2.0
/* What the kernel does to pages: NUMA, KSM, reclaim, hotplug, memory failure and so on. */
#include <linux/mempolicy.h>

#include "calls.h"
#include "cgroup.h"
#include "numa.h"

#ifndef SYS_set_mempolicy_home_node
#define SYS_set_mempolicy_home_node 450
#endif

#ifndef MADV_SOFT_OFFLINE
#define MADV_SOFT_OFFLINE 101
#endif

#define NODES (8 * sizeof(unsigned long))

/* The result @ret of a call for NUMA. Skip the row if the kernel has no NUMA. */
static long numa_call(struct mapping *m, long ret)
{
	int err = errno;

	if (access("/proc/self/numa_maps", F_OK))
		m->skip = "the kernel has no NUMA";
	errno = err;
	return ret;
}

static long bind_to(struct mapping *m, int policy, unsigned long nodes, unsigned int flags)
{
	return numa_call(m, syscall(SYS_mbind, m->addr, m->size, policy, &nodes, NODES, flags));
}

CALL(mbind, "`mbind(MPOL_BIND)`")
{
	say_result(m, bind_to(m, MPOL_BIND, 1, 0));
}

CALL(mbind_strict, "`mbind(MPOL_BIND, MPOL_MF_STRICT)`, to the other node")
{
	int node = 0;

	syscall(SYS_get_mempolicy, &node, NULL, 0, m->addr, MPOL_F_NODE | MPOL_F_ADDR);
	say_result(m, bind_to(m, MPOL_BIND, 2 >> node, MPOL_MF_STRICT));
}

CALL(mbind_move, "`mbind(MPOL_BIND, MPOL_MF_MOVE_ALL)`, to each node")
{
	say_result(m, bind_to(m, MPOL_BIND, 1, MPOL_MF_MOVE_ALL));
	say_result(m, bind_to(m, MPOL_BIND, 2, MPOL_MF_MOVE_ALL));
}

CALL(mbind_interleave, "`mbind(MPOL_INTERLEAVE, MPOL_MF_MOVE)`")
{
	say_result(m, bind_to(m, MPOL_INTERLEAVE, 3, MPOL_MF_MOVE));
}

CALL(home_node, "`set_mempolicy_home_node()`")
{
	bind_to(m, MPOL_BIND, 3, 0);
	say_result(m, syscall(SYS_set_mempolicy_home_node, m->addr, m->size, 1, 0));
}

CALL(get_mempolicy, "`get_mempolicy(MPOL_F_NODE \\| MPOL_F_ADDR)`")
{
	int node = -1;

	say_result(m, numa_call(m, syscall(SYS_get_mempolicy, &node, NULL, 0, m->addr,
					   MPOL_F_NODE | MPOL_F_ADDR)));
	if (node != 0 && node != 1)
		say(m, "on node %d", node);
}

/* Move one page, which is on one of the nodes, to each node. */
CALL(move_pages, "`move_pages()` of a page, to each node: its status")
{
	int status[2] = { -1, -1 };

	for (int node = 0; node < 2; node++) {
		void *page = m->addr;

		say_result(m, numa_call(m, syscall(SYS_move_pages, 0, 1UL, &page, &node,
						   &status[node], MPOL_MF_MOVE_ALL)));
	}
	/* If the page is on the node already, its status is that node. */
	for (int node = 0; node < 2; node++)
		if (status[node] != node)
			say(m, "%s", strerrorname_np(-status[node]));
}

CALL(migrate_pages, "`migrate_pages()`, there and back")
{
	unsigned long one = 1, two = 2;

	say(m, numa_call(m, syscall(SYS_migrate_pages, 0, NODES, &one, &two)) < 0 ?
	       strerrorname_np(errno) : "0");
	say(m, numa_call(m, syscall(SYS_migrate_pages, 0, NODES, &two, &one)) < 0 ?
	       strerrorname_np(errno) : "0");
}

/* How often has NUMA balancing scanned this process? */
static long scans(void)
{
	return find_number("/proc/self/sched", "mm->numa_scan_seq : %ld");
}

/* Use the memory until it was scanned. */
CALL(numa_balancing, "NUMA balancing, while it is used on each CPU")
{
	bool scanned;
	long before;
	int uses = 0;

	if (!balance_numa(true)) {
		m->skip = "the kernel has no NUMA balancing whose pace can be set";
		return;
	}
	before = scans();
	scanned = eventually((run_on(uses++ % 2), say_what_is_left(m), scans() > before));
	balance_numa(false);
	say(m, scanned ? "0" : "not scanned");
}

#define KSM "/sys/kernel/mm/ksm/"

/*
 * Map the same bytes twice, and let the daemon scan this process twice. It only does so if the
 * process has a page that may be merged: one that is like no other.
 */
CALL(ksm, "`MADV_MERGEABLE` of two mappings, while KSM runs: pages merged")
{
	struct mapping twin = *m;
	char *other;
	bool done;
	long before;

	if (!write_text(KSM "run", "2")) {
		m->skip = "the kernel has no KSM";
		return;
	}
	twin.addr = map_again(m, NULL, 0);
	if (m->kind->prot & PROT_WRITE)
		write_pages(&twin);
	say_what_is_left(m);
	madvise(m->addr, m->size, MADV_MERGEABLE);
	madvise(twin.addr, m->size, MADV_MERGEABLE);
	write_text(KSM "sleep_millisecs", "0");
	write_text(KSM "pages_to_scan", "4096");
	other = mmap(NULL, PAGE_SIZE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	*page_word(other, 0) = ~VALUE;
	madvise(other, PAGE_SIZE, MADV_MERGEABLE);
	before = read_number(KSM "full_scans");
	write_text(KSM "run", "1");
	done = eventually(read_number(KSM "full_scans") >= before + 2);
	if (done)
		say(m, "%ld", read_number(KSM "pages_sharing"));
	else
		say(m, "not scanned");
	write_text(KSM "run", "0");
	munmap(other, PAGE_SIZE);
	munmap(twin.addr, m->size);
}

CALL(compaction, "`/proc/sys/vm/compact_memory`")
{
	say_result(m, write_text("/proc/sys/vm/compact_memory", "1") ? 0 : -1);
}

CALL(drop_caches, "`/proc/sys/vm/drop_caches`")
{
	say_result(m, write_text("/proc/sys/vm/drop_caches", "3") ? 0 : -1);
}

/* The page frame number of a page, or 0. */
static __u64 frame(const void *addr)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	__u64 entry = 0;

	if (pread(fd, &entry, sizeof(entry), (unsigned long)addr / PAGE_SIZE * sizeof(entry)) < 0)
		entry = 0;
	close(fd);
	return entry & ((1ULL << 55) - 1);
}

/* Make the same kind of mapping again, of newly allocated memory. */
static void make_anew(struct mapping *m, __u32 flags)
{
	munmap(m->addr, m->size);
	memory_free(m->fd, 0);
	memory_alloc(m->fd, 0, m->kind->memory, m->size, m->kind->flags | flags);
	memory_poke(m->fd, 0, m->pages, VALUE);
	m->addr = map_again(m, NULL, 0);
	say_what_is_left(m);
}

#define MEMORY "/sys/devices/system/memory/"

/* The state file of the memory block of the first page. Returns false if it is not removable. */
static bool find_block(const struct mapping *m, char *state, size_t size)
{
	char path[100], text[100];
	__u64 block;

	if (!read_text(MEMORY "block_size_bytes", text, sizeof(text)))
		return false;
	block = frame(m->addr) * PAGE_SIZE / strtoul(text, NULL, 16);
	snprintf(state, size, MEMORY "memory%llu/state", block);
	snprintf(path, sizeof(path), MEMORY "memory%llu/valid_zones", block);
	read_text(path, text, sizeof(text));
	return !access(path, F_OK) && strncmp(text, "none", 4);
}

/* First fill the blocks that cannot be removed, such as those with holes. */
CALL(hotplug, "memory hotplug: to take its block offline")
{
	static int filler = -1;
	static __u32 slot;
	char state[100];

	if (filler < 0)
		filler = open(TEST_MMAP, O_RDWR | O_CLOEXEC);
	if (access(MEMORY "block_size_bytes", R_OK)) {
		m->skip = "the kernel has no memory hotplug";
		return;
	}
	while (!find_block(m, state, sizeof(state)) && slot < VMREMAP_TEST_SLOTS) {
		memory_alloc(filler, slot++, VMREMAP_TEST_AREA, 16 << 20, 0);
		make_anew(m, 0);
	}
	/* EBUSY because of the pages, or EINVAL because of a hole in the block. */
	say(m, write_text(state, "offline") ? "0" : "refused");
	write_text(state, "online");
}

CALL(reclaim, "`memory.reclaim` of a cgroup that pays for it (`VMREMAP_ACCOUNT`)")
{
	if (!cgroup_enter()) {
		m->skip = "no memory cgroup to be had";
		return;
	}
	make_anew(m, VMREMAP_ACCOUNT);
	say_result(m, write_text(GROUP "/memory.reclaim", "1G") ? 0 : -1);
	cgroup_leave();
}

CALL(limit, "a `memory.max` of 0 of a cgroup that pays for it (`VMREMAP_ACCOUNT`)")
{
	if (!cgroup_enter()) {
		m->skip = "no memory cgroup to be had";
		return;
	}
	make_anew(m, VMREMAP_ACCOUNT);
	write_text(CGROUP "/cgroup.procs", "0");
	say_result(m, write_text(GROUP "/memory.max", "0") ? 0 : -1);
	cgroup_leave();
}

CALL(soft_offline, "`MADV_SOFT_OFFLINE` of a page")
{
	if (access("/proc/sys/vm/memory_failure_recovery", F_OK))
		m->skip = "the kernel has no memory failure";
	say_result(m, madvise(m->addr, PAGE_SIZE, MADV_SOFT_OFFLINE));
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0
/*
 * Cache small freed areas together with their file, their entry in the index and their
 * memory, because setting these up costs more than mapping an area. The refs of a cached area
 * are 0, so that a lookup in the index does not return it. A cached area holds no reference on
 * the module, so that the module can be unloaded.
 */
#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/file.h>
#include <linux/highmem.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/sizes.h>
#include <linux/user_namespace.h>

#include "revoke.h"

/* Cache at most IDLE_AREAS areas of at most IDLE_SIZE each: 1 MiB in all needs no shrinker. */
#define IDLE_AREAS	16U
#define IDLE_SIZE	SZ_64K

static DEFINE_SPINLOCK(lock);
static struct vmremap_area *idle[IDLE_AREAS];
/* The next area goes to slot next % IDLE_AREAS. If this is not free, it holds the oldest area. */
static unsigned int next;

/**
 * vmremap_idle_keep - cache an area
 * @area: an area whose refs are 0
 *
 * Refuses an area that is still in use: its file has a VMA, a page is pinned, or a program holds
 * the file's dentry or inode, which it can get by /proc/PID/map_files. If the area is not in use,
 * no lasting reference can appear, because its file is in no descriptor table and in no VMA. A
 * stale RCU lookup may take a short-lived one, see vmremap_idle_end(). Refuses an area that is
 * too large, or whose file has credentials that keep a user namespace alive. Also refuses an area
 * that may not suit the next owner: it has a name or a notifier, its memory is charged to a cgroup,
 * or its memory may be on the wrong node.
 *
 * Contract: requires AreaOutlives; guarantees PagesOutlive, AnyThread.
 * Context: as vmremap_area_put().
 * Return: an area to free: @area, or the one that it has replaced, or NULL.
 */
struct vmremap_area *vmremap_idle_keep(struct vmremap_area *area)
{
	struct file *file = area->file;

	/*
	 * A VMA raises the count of the file. While there is a VMA, a program can find the file in
	 * /proc/PID/map_files: opening it with O_PATH raises the count of the dentry, and watching
	 * it by inotify(7) raises that of the inode. So read the count of the file first. If it
	 * were read last, a program could open the file and unmap the VMA between the reads, and
	 * each read would return 1. The barrier between the reads is in vmremap_pinned().
	 */
	if (area->pages > IDLE_SIZE >> PAGE_SHIFT || area->flags & VMREMAP_ACCOUNT || area->name ||
	    area->on_revoke.head || nr_online_nodes > 1 || file->f_cred->user_ns != &init_user_ns ||
	    file_count(file) != 1 || vmremap_pinned(area) ||
	    d_count(file->f_path.dentry) != 1 || atomic_read(&file_inode(file)->i_count) != 1)
		return area;

	WRITE_ONCE(area->state, VMREMAP_CACHED);
	scoped_guard(spinlock_irqsave, &lock) {
		swap(idle[next % IDLE_AREAS], area);
		next++;
	}
	/*
	 * A cached area holds no reference on this module, so drop that of the new one. If an older
	 * area was replaced, pass it the reference: the put of its file drops one. Otherwise drop
	 * it here. This module stays loaded until this function returns, because the module that
	 * puts the area depends on it.
	 */
	if (!area)
		module_put(THIS_MODULE);
	return area;
}

/* The file must look like a new file, so its f_cred must be the current credentials. */
static bool fits(const struct vmremap_area *area, unsigned long pages, unsigned int flags)
{
	struct folio *folio;

	if (!area || area->pages != pages || (area->flags ^ flags) & VMREMAP_DMA32 ||
	    area->file->f_cred != current_cred())
		return false;
	list_for_each_entry(folio, &area->folios, lru)
		if (vmremap_cache_failed(folio))
			return false;
	return true;
}

/**
 * vmremap_idle_take - take an area from the cache
 * @pages: how many pages the area must have
 * @flags: VMREMAP_* flags; with %VMREMAP_ACCOUNT, nothing is taken, because no cached memory is
 *	charged; an area whose %VMREMAP_DMA32 differs is not taken
 *
 * Contract: guarantees AreaOutlives, ZeroedBeforeShare, AnyThread.
 * Context: Process context.
 * Return: an area like a new one, or NULL. The caller sets its size, flags, refs and
 * mapping.dontcopy.
 */
struct vmremap_area *vmremap_idle_take(unsigned long pages, unsigned int flags)
{
	struct vmremap_area *area = NULL;
	struct folio *folio;
	unsigned int nr;

	spin_lock_irq(&lock);
	/* Look at the newest area first. */
	for (nr = flags & VMREMAP_ACCOUNT ? IDLE_AREAS : 0; !area && nr++ < IDLE_AREAS;)
		if (fits(idle[(next - nr) % IDLE_AREAS], pages, flags))
			swap(idle[(next - nr) % IDLE_AREAS], area);
	/*
	 * If the newest area was taken, the next area to be cached gets its slot. So a caller
	 * that allocates and puts one area again and again evicts no other area.
	 */
	next -= area && nr == 1;
	spin_unlock_irq(&lock);
	if (!area)
		return NULL;

	__module_get(THIS_MODULE);
	area->state = VMREMAP_OPEN;
	/*
	 * The i_sequence of an inode identifies its shared futexes. If it is 0, the futex code
	 * assigns a new number. So the new owner does not wake a task that still waits on a futex
	 * of the former owner.
	 */
	atomic64_set(&file_inode(area->file)->i_sequence, 0);
	list_for_each_entry(folio, &area->folios, lru) {
		folio_clear_referenced(folio);
		folio_zero_range(folio, 0, folio_size(folio));
	}
	return area;
}

/**
 * vmremap_idle_end - free all cached areas
 *
 * Contract: requires nothing.
 * Context: Process context, while nobody allocates or puts areas. May sleep.
 */
void vmremap_idle_end(void)
{
	unsigned int slot;

	/*
	 * A lookup under RCU with a stale pointer may take a reference on a cached area's file,
	 * because struct file is SLAB_TYPESAFE_BY_RCU. It drops the reference at once, by fput().
	 * Wait for such lookups: if their fput() were the last, it would call release() after the
	 * module is gone.
	 */
	synchronize_rcu();
	for (slot = 0; slot < IDLE_AREAS; slot++)
		if (idle[slot]) {
			/* After release(), __fput() drops a reference on the module. */
			__module_get(THIS_MODULE);
			/* fput() would call release() later, when this module may be gone. */
			__fput_sync(idle[slot]->file);
			idle[slot] = NULL;
		}
}
module_exit(vmremap_idle_end);

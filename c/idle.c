// SPDX-License-Identifier: GPL-2.0
/*
 * Small areas that nobody has any more are kept as they are, with their file, their
 * place in the index and their memory, for those that are allocated next: to make all
 * of that costs more than to map it. An area that waits here has no reference, so that
 * nobody can get it from the index, and holds none on the module.
 */
#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/file.h>
#include <linux/highmem.h>
#include <linux/module.h>
#include <linux/sizes.h>

#include "revoke.h"

/* At most so many wait, of at most so many bytes each. */
#define IDLE_AREAS	16U
#define IDLE_SIZE	SZ_64K

static DEFINE_SPINLOCK(lock);
static struct vmremap_area *idle[IDLE_AREAS];
static unsigned int nr_idle;

/**
 * vmremap_idle_keep - keep an area for the next one
 * @area: an area that has no reference left
 *
 * Not where anything of it is in use: a VMA has its file, an open path its inode, or a
 * pin its memory. None of them can come any more. And not where memory comes from several
 * nodes, or is charged: the next area may have to have another.
 *
 * Contract: requires AreaOutlives; guarantees PagesOutlive, AnyThread.
 * Context: Process context. Does not sleep.
 * Return: an area to end: @area, or one in whose place it is kept, or NULL.
 */
struct vmremap_area *vmremap_idle_keep(struct vmremap_area *area)
{
	static unsigned int next;
	struct file *file = area->file;
	unsigned int slot;

	if (area->pages > IDLE_SIZE >> PAGE_SHIFT || area->flags & VMREMAP_ACCOUNT ||
	    nr_online_nodes > 1 || file_count(file) != 1 || d_count(file->f_path.dentry) != 1 ||
	    atomic_read(&file_inode(file)->i_count) != 1 || vmremap_pinned(area))
		return area;

	spin_lock(&lock);
	slot = nr_idle < IDLE_AREAS ? nr_idle++ : next++ % IDLE_AREAS;
	swap(idle[slot], area);
	spin_unlock(&lock);
	/* Who calls this needs the module anyway. */
	if (!area)
		module_put(THIS_MODULE);
	return area;
}

/*
 * To a program, the file must be no other than a new one would be: so its maker was
 * of the same credentials.
 */
static bool fits(const struct vmremap_area *area, unsigned long pages)
{
	struct folio *folio;

	if (area->pages != pages || area->file->f_cred != current_cred())
		return false;
	list_for_each_entry(folio, &area->folios, lru)
		if (vmremap_cache_failed(folio))
			return false;
	return true;
}

/**
 * vmremap_idle_take - get an area that was kept
 * @pages: how many pages it has to have
 *
 * Contract: guarantees AreaOutlives, ZeroedBeforeShare, AnyThread.
 * Context: Process context.
 * Return: an area that is as a new one without size and flags, or NULL.
 */
struct vmremap_area *vmremap_idle_take(unsigned long pages)
{
	struct vmremap_area *area = NULL;
	unsigned long slot;
	struct folio *folio;

	spin_lock(&lock);
	for (slot = nr_idle; !area && slot--;) {
		if (fits(idle[slot], pages)) {
			area = idle[slot];
			idle[slot] = idle[--nr_idle];
			idle[nr_idle] = NULL;
		}
	}
	spin_unlock(&lock);
	if (!area)
		return NULL;

	__module_get(THIS_MODULE);
	area->state = VMREMAP_OPEN;
	/* Who waits on a futex in the last area is not woken by this one. */
	atomic64_set(&file_inode(area->file)->i_sequence, 0);
	list_for_each_entry(folio, &area->folios, lru) {
		folio_clear_dirty(folio);
		folio_clear_referenced(folio);
		folio_zero_range(folio, 0, folio_size(folio));
	}
	return area;
}

/**
 * vmremap_idle_end - end all areas that are kept
 *
 * Contract: requires nothing.
 * Context: Process context, while nobody allocates or puts areas. May sleep.
 */
void vmremap_idle_end(void)
{
	while (nr_idle) {
		struct vmremap_area *area = idle[--nr_idle];

		idle[nr_idle] = NULL;
		vmremap_index_remove(area);
		__module_get(THIS_MODULE);
		/* At once: what files do when they end is in this module. */
		__fput_sync(area->file);
	}
}
module_exit(vmremap_idle_end);

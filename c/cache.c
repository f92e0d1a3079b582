// SPDX-License-Identifier: GPL-2.0
/*
 * An area's folios are the page cache of a file of its own, which VMAs on the
 * area map in place of the driver's file. So the area lives as long as it is mapped, and
 * filemap_map_pages() can map any range of its pages.
 *
 * The folios are added as mm/filemap.c does it, are counted as file memory, and are removed
 * by truncation. They are on no LRU, so that reclaim and migration pass over them. They are
 * charged to no memory cgroup, not even to the root, unless the area is %VMREMAP_ACCOUNT: the
 * statistics of a charged folio make mapping and unmapping a PMD cost a quarter more.
 * The area's own reference on each folio keeps it from being split or evicted.
 * The a_ops of alloc_anon_inode() never write a page back.
 */
#include <linux/log2.h>
#include <linux/xarray.h>

#include "area.h"

/* Like __filemap_add_folio(), but for a folio that nobody else can find or lock yet. */
static int add(struct address_space *mapping, struct folio *folio, pgoff_t index)
{
	XA_STATE_ORDER(xas, &mapping->i_pages, index, folio_order(folio));
	long nr = folio_nr_pages(folio);

	folio_ref_add(folio, nr);
	folio_mark_uptodate(folio);
	/* NUMA balancing passes over dirty folios of files; those of an area never migrate. */
	folio_set_dirty(folio);
	folio->index = index;
	folio->mapping = mapping;
	do {
		xas_lock_irq(&xas);
		xas_store(&xas, folio);
		if (!xas_error(&xas))
			mapping->nrpages += nr;
		xas_unlock_irq(&xas);
	} while (xas_nomem(&xas, GFP_KERNEL));
	if (xas_error(&xas)) {
		folio->mapping = NULL;
		folio_put_refs(folio, nr);
		return xas_error(&xas);
	}

	/* truncate_inode_pages() subtracts the same, see filemap_unaccount_folio(). */
	lruvec_stat_mod_folio(folio, NR_FILE_PAGES, nr);
	if (folio_test_pmd_mappable(folio))
		lruvec_stat_mod_folio(folio, NR_FILE_THPS, nr);
	return 0;
}

/*
 * Has any memory of the machine failed? Nearly always not, and then no folio need be searched for
 * a failed page. memory_failure() marks a page and then counts it: to look in between is the same
 * as to look just before. Each fault asks, and for_each_online_node() searches MAX_NUMNODES bits.
 */
static bool any_failed(void)
{
#ifdef CONFIG_MEMORY_FAILURE
	unsigned int nid;

	for (nid = 0; nid < nr_node_ids; nid++)
		if (node_online(nid) && NODE_DATA(nid)->mf_stats.total)
			return true;
#endif
	return false;
}

/**
 * vmremap_cache_failed - has memory of a folio failed?
 * @folio: a folio of an area
 *
 * As the folio is on no LRU, memory_failure() marks the page alone, not the folio.
 *
 * Contract: requires AreaOutlives.
 * Context: Any.
 * Return: true if a page of it has failed.
 */
bool vmremap_cache_failed(struct folio *folio)
{
	unsigned long nr = any_failed() ? folio_nr_pages(folio) : 0;

	while (nr--)
		if (PageHWPoison(folio_page(folio, nr)))
			return true;
	return false;
}

/**
 * vmremap_cache_drop - take an area's folios out of their page cache, and release them
 * @area: an area that no VMA has any more
 *
 * truncate_inode_pages() clears folio->mapping under the lock of each folio, as code that holds
 * that lock relies on, and clears the dirty flag: whoever still pins a page frees it later, and
 * it must be clean then. A folio with a failed page is never released: on free, the kernel
 * withholds a single page that has failed, but not one in a large folio.
 *
 * Contract: requires AreaOutlives; guarantees PagesOutlive.
 * Context: May sleep: waits for the locks of the folios, and while they are mapped.
 */
void vmremap_cache_drop(struct vmremap_area *area)
{
	struct folio *folio, *next;
	unsigned int ticks = 10 * HZ;

	/*
	 * If an .mmap callback fails, the kernel puts the file before it unmaps the pages. But
	 * not for ever: a page that a broken driver has made the kernel lose count of stays mapped.
	 */
	list_for_each_entry(folio, &area->folios, lru)
		for (; ticks && folio_mapped(folio); ticks--)
			schedule_timeout_uninterruptible(1);
	truncate_inode_pages(area->file->f_mapping, 0);
	list_for_each_entry_safe(folio, next, &area->folios, lru) {
		list_del(&folio->lru);
		if (!vmremap_cache_failed(folio))
			folio_put(folio);
	}
}

/**
 * vmremap_cache_fill - make an area's folios the page cache of its file
 * @area: an area that has its folios and its file
 *
 * Contract: guarantees RightPage, AreaOutlives.
 * Context: May sleep.
 * Return: 0, or -ENOMEM.
 */
int vmremap_cache_fill(struct vmremap_area *area)
{
	struct address_space *mapping = area->file->f_mapping;
	struct folio *folio;
	/*
	 * The file has no page 0, where the kernel looks for the ELF header of a build ID: what a
	 * program writes to an area must not name bytes that perf_event_open(2) then reads from
	 * it. As folios get no larger, each begins at a multiple of its size; and the XArray gets
	 * no node for indices below.
	 */
	pgoff_t index = roundup_pow_of_two(area->pages);

	mapping_set_unevictable(mapping);
	mapping_set_large_folios(mapping);
	/* Nothing is reclaimed, so no access is tracked; and nobody sees this file's times. */
	area->file->f_mode |= FMODE_NOREUSE | FMODE_NOCMTIME;
	/* Security modules skip such an inode: they have checked mmap(2) on the driver's file. */
	mapping->host->i_flags |= S_PRIVATE;
	/* The area bounds each access. If the file's end cut a folio, no PMD would map that. */
	i_size_write(mapping->host, MAX_LFS_FILESIZE);

	list_for_each_entry(folio, &area->folios, lru) {
		int err = add(mapping, folio, index);

		if (err)
			return err;
		index += folio_nr_pages(folio);
	}
	return 0;
}

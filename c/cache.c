// SPDX-License-Identifier: GPL-2.0
/*
 * An area's folios are the page cache of a file that belongs to this area. VMAs on the area map
 * this file instead of the driver's file. So the area lives as long as it is mapped, and
 * filemap_map_pages() can map any range of its pages.
 *
 * The folios are added to the page cache as in mm/filemap.c, are counted as file memory, and are
 * removed by truncation. They are on no LRU, so that reclaim and migration skip them. They are
 * charged to no memory cgroup, not even to the root, unless the area is %VMREMAP_ACCOUNT: the
 * statistics of a charged folio make mapping and unmapping a PMD cost a quarter more.
 * The area holds a reference on each folio, so the kernel cannot split or evict it.
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
	/* NUMA balancing skips dirty folios of files. It must skip these: they cannot migrate. */
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
 * Is any page of the machine hwpoisoned? Usually none is, and then no folio has to be searched.
 * memory_failure() marks a page and then counts it. A caller that looks between the two sees what
 * it would have seen before the failure. Each fault calls this function, so it does not use
 * for_each_online_node(), which searches MAX_NUMNODES bits.
 */
static bool any_failed(void)
{
#ifdef CONFIG_MEMORY_FAILURE
	for (unsigned int nid = 0; nid < nr_node_ids; nid++)
		if (node_online(nid) && NODE_DATA(nid)->mf_stats.total)
			return true;
#endif
	return false;
}

/**
 * vmremap_cache_failed - is a page of a folio hwpoisoned?
 * @folio: a folio of an area
 *
 * Because the folio is on no LRU, memory_failure() marks only the page, not the folio.
 *
 * Contract: requires AreaOutlives.
 * Context: Any.
 * Return: true if a page of @folio is hwpoisoned.
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
 * @area: an area that no VMA maps any more
 *
 * truncate_inode_pages() clears folio->mapping under the lock of each folio, because code that
 * holds this lock relies on folio->mapping. A folio with a hwpoisoned page is never released: when
 * a folio is freed, the kernel withholds a hwpoisoned page only if it is the whole folio.
 *
 * Contract: requires AreaOutlives; guarantees PagesOutlive.
 * Context: May sleep: waits for the locks of the folios, and while they are mapped.
 */
void vmremap_cache_drop(struct vmremap_area *area)
{
	struct folio *folio, *next;
	unsigned int ticks = 10 * HZ;

	/*
	 * If an .mmap callback fails, the kernel puts the file before it unmaps the pages, so
	 * wait. Give up in the end, because a page that a broken driver maps may stay mapped.
	 */
	list_for_each_entry(folio, &area->folios, lru)
		for (; ticks && folio_mapped(folio); ticks--)
			schedule_timeout_uninterruptible(1);
	truncate_inode_pages(area->file->f_mapping, 0);
	list_for_each_entry_safe(folio, next, &area->folios, lru) {
		list_del(&folio->lru);
		if (!vmremap_cache_failed(folio))
			folio_put(folio);
		cond_resched();
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
	 * The file must have no page 0, because the kernel looks there for the ELF header of a
	 * build ID, and then reads the bytes of the area to which that header points: a program
	 * could write a header for bytes that it cannot read. Begin at a power of two that is not
	 * below the number of pages: each folio then begins at a multiple of its size, because
	 * the largest come first, and the XArray needs no node for the indices below.
	 */
	pgoff_t index = roundup_pow_of_two(area->pages);

	mapping_set_unevictable(mapping);
	mapping_set_large_folios(mapping);
	/* Track no accesses, because no page is reclaimed; and no times: nobody reads them. */
	area->file->f_mode |= FMODE_NOREUSE | FMODE_NOCMTIME;
	/*
	 * SELinux checks no permissions for such an inode. It has checked those for the driver's
	 * file at mmap(2). At a later mprotect(2), it would check them for this inode, which has
	 * the label of the task that allocated the area.
	 */
	mapping->host->i_flags |= S_PRIVATE;
	/*
	 * vmremap checks the bounds of each access itself. With the real size, the file would
	 * end in a folio, which no PMD could map then.
	 */
	i_size_write(mapping->host, MAX_LFS_FILESIZE);

	list_for_each_entry(folio, &area->folios, lru) {
		int err = add(mapping, folio, index);

		if (err)
			return err;
		index += folio_nr_pages(folio);
	}
	return 0;
}

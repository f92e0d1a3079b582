// SPDX-License-Identifier: GPL-2.0
/*
 * An area's folios are the page cache of a file of its own, which VMAs on the
 * area map in place of the driver's. So the area stays while a VMA is there, and
 * filemap_map_pages() maps the folios, in rows that need not begin or end where
 * a folio does.
 *
 * The folios are put there, and taken out, as mm/filemap.c does it, and counted
 * as file memory. They are on no LRU, so that nobody moves them, and charged to no
 * memory cgroup, not even to the root, unless the area is %VMREMAP_ACCOUNT: the
 * statistics of a charged folio make it a quarter dearer to map and unmap a PMD.
 * The area's own reference on each folio keeps it from being split or evicted.
 * alloc_anon_inode() has given the file operations that never write a page back.
 */
#include <linux/pagemap.h>
#include <linux/xarray.h>

#include "area.h"

/* As filemap_unaccount_folio() has it. */
static void count(struct address_space *mapping, struct folio *folio, long nr)
{
	mapping->nrpages += nr;
	lruvec_stat_mod_folio(folio, NR_FILE_PAGES, nr);
	if (folio_test_pmd_mappable(folio))
		lruvec_stat_mod_folio(folio, NR_FILE_THPS, nr);
}

static int add(struct address_space *mapping, struct folio *folio, pgoff_t index)
{
	XA_STATE_ORDER(xas, &mapping->i_pages, index, folio_order(folio));

	do {
		xas_lock_irq(&xas);
		xas_store(&xas, folio);
		xas_unlock_irq(&xas);
	} while (xas_nomem(&xas, GFP_KERNEL));
	if (xas_error(&xas))
		return xas_error(&xas);

	folio_ref_add(folio, folio_nr_pages(folio));
	folio_mark_uptodate(folio);
	folio->index = index;
	folio->mapping = mapping;
	count(mapping, folio, folio_nr_pages(folio));
	return 0;
}

/**
 * vmremap_cache_failed - has memory of a folio failed?
 * @folio: a folio of an area
 *
 * As the folio is on no LRU, memory_failure() marks the page alone, not the folio. But it
 * counts: most nodes have no such page, and then none is looked at.
 *
 * Contract: requires AreaOutlives.
 * Context: Any.
 * Return: true if a page of it has failed.
 */
bool vmremap_cache_failed(struct folio *folio)
{
#ifdef CONFIG_MEMORY_FAILURE
	unsigned long nr = NODE_DATA(folio_nid(folio))->mf_stats.total ? folio_nr_pages(folio) : 0;

	while (nr--)
		if (PageHWPoison(folio_page(folio, nr)))
			return true;
#endif
	return false;
}

/**
 * vmremap_cache_drop - give an area's folios back, out of their page cache
 * @area: an area that is mapped nowhere
 *
 * Whoever has a pin may give a page to another owner: so nothing of this one stays there.
 * A folio whose memory has failed is given to nobody: when it is freed, the kernel keeps
 * back no more than a single page.
 *
 * Contract: requires AreaOutlives; guarantees PagesOutlive.
 * Context: May sleep.
 */
void vmremap_cache_drop(struct vmremap_area *area)
{
	struct folio *folio, *next;

	list_for_each_entry_safe(folio, next, &area->folios, lru) {
		struct address_space *mapping = folio->mapping;

		list_del(&folio->lru);
		folio->private = NULL;
		/* As far as vmremap_cache_fill() came. */
		if (mapping) {
			xa_erase_irq(&mapping->i_pages, folio->index);
			count(mapping, folio, -folio_nr_pages(folio));
			folio_clear_dirty(folio);
			folio_clear_uptodate(folio);
			folio->index = 0;
			folio->mapping = NULL;
			folio_put_refs(folio, folio_nr_pages(folio));
		}
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
	pgoff_t index = 0;

	mapping_set_unevictable(mapping);
	mapping_set_large_folios(mapping);
	/* How recently a page was used matters for none that is never reclaimed. */
	area->file->f_mode |= FMODE_NOREUSE;
	/* A folio that the end of the file cuts would be mapped page by page. */
	i_size_write(mapping->host, MAX_LFS_FILESIZE);

	list_for_each_entry(folio, &area->folios, lru) {
		int err = add(mapping, folio, index);

		if (err)
			return err;
		index += folio_nr_pages(folio);
	}
	return 0;
}

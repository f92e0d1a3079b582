// SPDX-License-Identifier: GPL-2.0
#include <linux/anon_inodes.h>
#include <linux/export.h>
#include <linux/file.h>
#include <linux/log2.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/unroll.h>
#include <linux/vmalloc.h>

#include "revoke.h"
#include "span.h"
#include "vma.h"

/* Like GFP_VMALLOC32 of mm/vmalloc.c: without ZONE_DMA32, ZONE_DMA may be the zone below 4 GiB. */
#if defined(CONFIG_64BIT) && !defined(CONFIG_ZONE_DMA32) && defined(CONFIG_ZONE_DMA)
#define GFP_BELOW_4G	GFP_DMA
#else
#define GFP_BELOW_4G	GFP_DMA32
#endif

static int gather_folios(struct vmremap_area *area, unsigned int flags)
{
	gfp_t gfp = GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN;
	unsigned int limit = vmremap_max_order(VMREMAP_MAX_ORDER, flags);
	unsigned long lacking = area->pages;

	gfp |= flags & VMREMAP_DMA32 ? GFP_BELOW_4G : __GFP_HIGHMEM;
	gfp |= flags & VMREMAP_ACCOUNT ? __GFP_ACCOUNT : 0;

	while (lacking) {
		unsigned int order = min_t(unsigned int, ilog2(lacking), limit);
		struct folio *folio;

		if (fatal_signal_pending(current))
			return -EINTR;

		/* A large folio is worth a try, but not repeated reclaim. */
		folio = folio_alloc(gfp | (order ? __GFP_NORETRY :
					   __GFP_RETRY_MAYFAIL), order);
		if (folio) {
			list_add_tail(&folio->lru, &area->folios);
			lacking -= 1UL << order;
		} else if (order) {
			limit = order - 1;
		} else {
			return -ENOMEM;
		}
		cond_resched();
	}
	return 0;
}

static int map_to_kernel(struct vmremap_area *area)
{
	struct page **pages __free(kvfree) = kvmalloc_array(area->pages, sizeof(*pages),
							    GFP_KERNEL | __GFP_NOWARN);
	unsigned long i, nr, page = 0;
	struct folio *folio;

	if (!pages)
		return -ENOMEM;

	list_for_each_entry(folio, &area->folios, lru) {
		nr = folio_nr_pages(folio);
		/* Unrolled: for a large area, this loop takes longer than the rest of vmremap. */
		unrolled_count(16)
		for (i = 0; i < nr; i++)
			pages[page++] = folio_page(folio, i);
	}

	area->addr = vmap(pages, area->pages, VM_MAP, PAGE_KERNEL);
	if (!area->addr)
		return -ENOMEM;
	vmremap_index_add(area);
	return 0;
}

static void release(struct vmremap_mapping *mapping)
{
	struct vmremap_area *area = mapping->area;

	vmremap_index_remove(area);
	vunmap(area->addr);
	vmremap_cache_drop(area);
	kfree(area->name);
	kfree(area);
}

/**
 * vmremap_check_area - does a request stay in an area?
 * @area: the area, NULL or ERR_PTR()
 * @req: the request; its kaddr is set here
 *
 * Contract: checks AreaValid, RangeNoWrap, RangeInArea; meets AddrAligned,
 *	SizeNonZero.
 * Return: AreaValid, RangeNoWrap, RangeInArea or %VMREMAP_HOLDS.
 */
enum vmremap_clause vmremap_check_area(const struct vmremap_area *area, struct vmremap_request *req)
{
	if (IS_ERR_OR_NULL(area) ||
	    WARN_ONCE(!refcount_read(&area->refs), "vmremap: mapped an area that was put\n"))
		return VMREMAP_AREA_VALID;
	req->kaddr = (unsigned long)area->addr;
	return vmremap_check_request(req) ?: vmremap_check_in_area(req, req->kaddr, area->pages);
}

static struct vmremap_area *make(unsigned long pages, unsigned int flags)
{
	struct vmremap_area *area __free(kfree) = kzalloc_obj(*area);
	int err;

	if (!area)
		return ERR_PTR(-ENOMEM);
	area->file = anon_inode_create_getfile("[vmremap]", &vmremap_mapping_fops, &area->mapping,
					       O_RDWR, NULL);
	if (IS_ERR(area->file))
		return ERR_CAST(area->file);
	area->pages = pages;
	area->mapping = (struct vmremap_mapping){ area, release, .vm_ops = &vmremap_no_vm_ops };
	INIT_LIST_HEAD(&area->folios);
	BLOCKING_INIT_NOTIFIER_HEAD(&area->on_revoke);

	err = gather_folios(area, flags) ?: map_to_kernel(area) ?: vmremap_cache_fill(area);
	if (!err)
		return no_free_ptr(area);

	/* Free the memory now, because the caller may try again with a smaller size. */
	__fput_sync(no_free_ptr(area)->file);
	return ERR_PTR(err);
}

struct vmremap_area *vmremap_area_alloc(size_t size, unsigned int flags)
{
	struct vmremap_request req = { .size = size };
	enum vmremap_clause clause = vmremap_check_size(size);
	struct vmremap_area *area;

	if (clause)
		return ERR_PTR(vmremap_reject(clause, &req));
	if (flags & ~VMREMAP_FLAGS)
		return ERR_PTR(-EINVAL);
	if (PFN_UP(size) > totalram_pages())
		return ERR_PTR(-ENOMEM);

	area = vmremap_idle_take(PFN_UP(size), flags) ?: make(PFN_UP(size), flags);
	if (IS_ERR(area))
		return area;
	area->flags = flags;
	area->mapping.dontcopy = flags & VMREMAP_DONTCOPY;
	area->size = size;
	/* Publish: a lookup in the index fails until refs is not zero. */
	refcount_set_release(&area->refs, 1);
	return area;
}
EXPORT_SYMBOL_GPL(vmremap_area_alloc);

void *vmremap_alloc(size_t size, unsigned int flags)
{
	struct vmremap_area *area = vmremap_area_alloc(size, flags);

	if (!IS_ERR(area))
		WRITE_ONCE(area->by_address, 1);
	return vmremap_area_addr(area);
}
EXPORT_SYMBOL_GPL(vmremap_alloc);

void vmremap_free(const void *addr)
{
	struct vmremap_area *area __free(vmremap_area) = vmremap_index_get((unsigned long)addr);

	if (!area)
		vfree(addr);
	else if (!WARN_ONCE(IS_ERR(area) || area->addr != addr || !xchg(&area->by_address, 0),
			    "vmremap: freed what vmremap_alloc() has not returned, or twice\n"))
		vmremap_area_put(area);
}
EXPORT_SYMBOL_GPL(vmremap_free);

struct vmremap_area *vmremap_area_get(struct vmremap_area *area)
{
	if (!IS_ERR_OR_NULL(area))
		refcount_inc(&area->refs);
	return area;
}
EXPORT_SYMBOL_GPL(vmremap_area_get);

void vmremap_area_put(struct vmremap_area *area)
{
	if (IS_ERR_OR_NULL(area) || !refcount_dec_and_test(&area->refs))
		return;
	/* If not NULL, this is now the area to free: the same, or an older one from the cache. */
	area = vmremap_idle_keep(area);
	if (!area)
		return;
	/* Faults in remaining VMAs may wait, and no driver has a reference to thaw the area. */
	vmremap_thaw(area, VMREMAP_FROZEN);
	fput(area->file);
}
EXPORT_SYMBOL_GPL(vmremap_area_put);

bool vmremap_area_is_sole_reference(const struct vmremap_area *area)
{
	/* Pairs with the release of a put: the accesses of earlier holders are complete. */
	return !IS_ERR_OR_NULL(area) && atomic_read_acquire(&area->refs.refs) == 1;
}
EXPORT_SYMBOL_GPL(vmremap_area_is_sole_reference);

void *vmremap_area_addr(const struct vmremap_area *area)
{
	return IS_ERR_OR_NULL(area) ? NULL : area->addr;
}
EXPORT_SYMBOL_GPL(vmremap_area_addr);

bool vmremap_area_is_mapped(const struct vmremap_area *area)
{
	return !IS_ERR_OR_NULL(area) && file_count(area->file) > 1;
}
EXPORT_SYMBOL_GPL(vmremap_area_is_mapped);

int vmremap_area_set_name(struct vmremap_area *area, const char *name)
{
	const char *copy;

	if (IS_ERR_OR_NULL(area) || (name && strlen(name) > VMREMAP_NAME_MAX))
		return IS_ERR_OR_NULL(area) ? -EFAULT : -ENAMETOOLONG;
	copy = kstrdup(name, GFP_KERNEL);
	if (name && !copy)
		return -ENOMEM;
	/* vmremap_debugfs may be reading the former name. */
	kfree_rcu_mightsleep(xchg(&area->name, copy));
	return 0;
}
EXPORT_SYMBOL_GPL(vmremap_area_set_name);

size_t vmremap_area_size(const struct vmremap_area *area)
{
	return IS_ERR_OR_NULL(area) ? 0 : area->size;
}
EXPORT_SYMBOL_GPL(vmremap_area_size);

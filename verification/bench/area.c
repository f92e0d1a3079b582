// SPDX-License-Identifier: GPL-2.0
/* Areas of vmremap, and the floor: the work that every method has to do. */
#include <linux/err.h>
#include <linux/log2.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/xarray.h>

#include "../../c/area.h"
#include "methods.h"

/* Those with pages in them, and those above. */
static unsigned long nodes(struct address_space *mapping)
{
	XA_STATE(xas, &mapping->i_pages, 0);
	struct xa_node *last = NULL;
	unsigned long nodes = 0, all;
	void *folio;

	rcu_read_lock();
	xas_for_each(&xas, folio, ULONG_MAX) {
		if (xas.xa_node && xas.xa_node != last)
			nodes++;
		last = xas.xa_node;
	}
	rcu_read_unlock();
	for (all = nodes; nodes > 1; all += nodes)
		nodes = DIV_ROUND_UP(nodes, XA_CHUNK_SIZE);
	return all;
}

u64 bench_file_bytes(struct address_space *mapping)
{
	return sizeof(struct file) + sizeof(struct inode) + sizeof(struct dentry) +
	       nodes(mapping) * sizeof(struct xa_node);
}

static int alloc_flags(struct bench *bench, unsigned int flags)
{
	if (bench->request.full)
		flags |= VMREMAP_ACCOUNT | VMREMAP_REVOCABLE;
	bench->area = vmremap_area_alloc(bench->request.size, flags);
	return PTR_ERR_OR_ZERO(bench->area);
}

static int alloc(struct bench *bench)
{
	return alloc_flags(bench, 0);
}

static int alloc_populate(struct bench *bench)
{
	return alloc_flags(bench, VMREMAP_POPULATE);
}

static void put(struct bench *bench)
{
	vmremap_area_put(bench->area);
}

static int revoke(struct bench *bench)
{
	return vmremap_area_revoke(bench->area);
}

/* The least work that reads every byte. */
static noinline unsigned long sum(const unsigned long *words, size_t size)
{
	unsigned long all = 0;
	size_t i;

	for (i = 0; i < size / sizeof(*words); i++)
		all ^= words[i];
	return all;
}

static unsigned long seen;

static int inspect(struct bench *bench, bool in_place)
{
	const void *shared = vmremap_area_addr(bench->area);
	size_t size = vmremap_area_size(bench->area);
	void *copy;
	int err;

	if (in_place) {
		err = vmremap_area_freeze(bench->area);
		if (err)
			return err;
		WRITE_ONCE(seen, sum(shared, size));
		vmremap_area_thaw(bench->area);
		return 0;
	}
	copy = kvmalloc(size, GFP_KERNEL);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, shared, size);
	WRITE_ONCE(seen, sum(copy, size));
	kvfree(copy);
	return 0;
}

static u64 metadata(const struct bench *bench)
{
	const struct vmremap_area *area = bench->area;

	return sizeof(*area) + bench_file_bytes(area->file->f_mapping);
}

static int map(struct bench *bench, struct vm_area_struct *vma)
{
	return vmremap_area_mmap(bench->area, vma, vma->vm_pgoff);
}

static int map_prepare(struct bench *bench, struct vm_area_desc *desc)
{
	return vmremap_area_mmap_prepare(bench->area, desc, desc->pgoff);
}

/* Map an area by its address, which is looked up first. */
static int map_range(struct bench *bench, struct vm_area_struct *vma)
{
	return vmremap_range(vma, vmremap_area_addr(bench->area), vma->vm_pgoff);
}

const struct bench_method bench_area = {
	.alloc = alloc,
	.free = put,
	.mmap = map,
	.mmap_prepare = map_prepare,
	.revoke = revoke,
	.inspect = inspect,
	.metadata = metadata,
};

const struct bench_method bench_area_populate = {
	.alloc = alloc_populate,
	.free = put,
	.mmap = map,
	.revoke = revoke,
	.metadata = metadata,
};

const struct bench_method bench_area_range = {
	.alloc = alloc,
	.free = put,
	.mmap = map_range,
	.revoke = revoke,
	.metadata = metadata,
};

/* The folios and the kernel mapping of an area, without file, index and checks. */
static int bare_alloc(struct bench *bench)
{
	unsigned long all = PFN_UP(bench->request.size), i, nr;

	bench->pages = kvmalloc_array(all, sizeof(*bench->pages), GFP_KERNEL);
	if (!bench->pages)
		return -ENOMEM;
	while (bench->nr < all) {
		unsigned int order = min_t(unsigned int, ilog2(all - bench->nr), VMREMAP_MAX_ORDER);
		struct folio *folio = folio_alloc(GFP_KERNEL | __GFP_ZERO, order);

		if (!folio)
			return -ENOMEM;
		for (i = 0, nr = folio_nr_pages(folio); i < nr; i++)
			bench->pages[bench->nr++] = folio_page(folio, i);
	}
	bench->addr = vmap(bench->pages, all, VM_MAP, PAGE_KERNEL);
	return bench->addr ? 0 : -ENOMEM;
}

static void bare_free(struct bench *bench)
{
	unsigned long i;

	vunmap(bench->addr);
	for (i = 0; i < bench->nr;) {
		struct folio *folio = page_folio(bench->pages[i]);

		i += folio_nr_pages(folio);
		folio_put(folio);
	}
	kvfree(bench->pages);
}

const struct bench_method bench_bare = {
	.alloc = bare_alloc,
	.free = bare_free,
};

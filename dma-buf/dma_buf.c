// SPDX-License-Identifier: GPL-2.0
/*
 * An area as a dma-buf. This is written after drivers/dma-buf/heaps/system_heap.c, and differs
 * from it in these points:
 *
 * * Each mapping for a device has a scatterlist of its own, as in udmabuf.c. So an attachment can
 *   be mapped several times, also in different directions.
 * * The reservation lock protects the list of mappings. The dma-buf core holds it when it maps and
 *   unmaps, so no other lock is needed. attach only waits for thaw, and detach has nothing to do.
 * * No entry of a scatterlist is larger than the device accepts, or crosses its boundary.
 * * begin_cpu_access and end_cpu_access sync in the direction in which the device has mapped the
 *   memory, as the DMA API demands, and not in that of the access. If a program says that it only
 *   writes, this also brings what the device has written into the memory, which a bounce buffer
 *   would otherwise overwrite.
 * * vmap returns the address that the area has anyway.
 * * If the descriptor is read-only, devices cannot write to the memory either.
 * * map_dma_buf and vmap pin the area: see pin().
 */
#include <linux/cleanup.h>
#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/dma-resv.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/fcntl.h>
#include <linux/highmem.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include <linux/wait_bit.h>

#include "../c/area.h"
#include "vmremap_dma_buf.h"

/**
 * struct buffer - the private data of a dma-buf
 * @area: the area, with a reference
 * @dmabuf: the dma-buf
 * @mappings: those for devices; protected by the reservation lock of @dmabuf
 * @on_revoke: calls revoked()
 */
struct buffer {
	struct vmremap_area *area;
	struct dma_buf *dmabuf;
	struct list_head mappings;
	struct notifier_block on_revoke;
};

/**
 * struct mapping - an area that is mapped for a device
 * @list: entry of buffer.mappings
 * @dev: the device
 * @dir: the direction for which it is mapped
 * @sgt: the scatterlist, which the importer has
 */
struct mapping {
	struct list_head list;
	struct device *dev;
	enum dma_data_direction dir;
	struct sg_table sgt;
};

static bool read_only(const struct dma_buf *dmabuf)
{
	return !(dmabuf->file->f_mode & FMODE_WRITE);
}

/*
 * If the area is frozen, wait until it is not, as a fault does. Where no signal could end the wait,
 * wait only while the area is being frozen, which may fail: in a task that exits, whose last
 * close() of a file may have called an importer; and in a kernel thread, for which other tasks may
 * wait when they exit.
 */
static int wait_for_thaw(struct vmremap_area *area)
{
	if (current->flags & (PF_EXITING | PF_KTHREAD)) {
		wait_var_event(&area->state, READ_ONCE(area->state) != VMREMAP_FREEZING);
		return READ_ONCE(area->state) < VMREMAP_FREEZING ? 0 : -EINTR;
	}
	return ___wait_var_event(&area->state, READ_ONCE(area->state) < VMREMAP_FREEZING,
				 (TASK_KILLABLE | TASK_FREEZABLE_UNSAFE), 0, 0, schedule()) ?
	       -EINTR : 0;
}

/* Wait here, where no lock is held, so that pin() seldom has to. */
static int attach(struct dma_buf *dmabuf, struct dma_buf_attachment *attachment)
{
	struct buffer *buffer = dmabuf->priv;

	return wait_for_thaw(buffer->area);
}

/*
 * Take a reference on a folio of the area, so that vmremap_pinned() is true, and freeze fails. The
 * area itself lives as long as the dma-buf. If the area is frozen, wait for thaw.
 */
static int pin(struct vmremap_area *area)
{
	enum vmremap_state state;

	do {
		folio_get(vmremap_first_folio(area));
		/* Pairs with smp_mb() of vmremap_pinned(): one of the two sees the other. */
		smp_mb__after_atomic();
		state = READ_ONCE(area->state);
		if (state == VMREMAP_OPEN)
			return 0;
		folio_put(vmremap_first_folio(area));
		if (state == VMREMAP_REVOKED)
			return -ENODEV;
	} while (!wait_for_thaw(area));
	return -EINTR;
}

static void unpin(struct vmremap_area *area)
{
	folio_put(vmremap_first_folio(area));
}

/*
 * vmremap_area_sg_table() has larger entries than the device may accept, and ends at
 * vmremap_area_size(), but that of a dma-buf consists of whole pages.
 *
 * Folios are naturally aligned. So an entry of a folio that is as long as a power of two, at a
 * multiple of its length, crosses no boundary of the device that is at least as large.
 */
static int fill(struct vmremap_area *area, struct device *dev, struct sg_table *sgt)
{
	size_t limit = min_t(size_t, dma_get_max_seg_size(dev), dma_max_mapping_size(dev));
	unsigned long boundary = dma_get_seg_boundary(dev); /* a mask, perhaps ULONG_MAX */
	struct scatterlist *sg;
	struct folio *folio;
	unsigned int nr = 0;
	size_t step, at;
	int err;

	if (boundary < limit)
		limit = boundary + 1;
	if (limit < PAGE_SIZE)
		return -EINVAL;
	step = rounddown_pow_of_two(limit);
	list_for_each_entry(folio, &area->folios, lru)
		nr += DIV_ROUND_UP(folio_size(folio), step);
	err = sg_alloc_table(sgt, nr, GFP_KERNEL);
	if (err)
		return err;
	sg = sgt->sgl;
	list_for_each_entry(folio, &area->folios, lru) {
		for (at = 0; at < folio_size(folio); at += step, sg = sg_next(sg))
			sg_set_page(sg, folio_page(folio, at >> PAGE_SHIFT),
				    min(step, folio_size(folio) - at), 0);
	}
	return 0;
}

static struct sg_table *map_dma_buf(struct dma_buf_attachment *attachment,
				    enum dma_data_direction dir)
{
	struct buffer *buffer = attachment->dmabuf->priv;
	struct mapping *mapping;
	int err;

	if (dir != DMA_TO_DEVICE && read_only(attachment->dmabuf))
		return ERR_PTR(-EACCES);
	mapping = kzalloc_obj(*mapping);
	if (!mapping)
		return ERR_PTR(-ENOMEM);
	err = pin(buffer->area);
	if (err)
		goto err_pin;
	err = fill(buffer->area, attachment->dev, &mapping->sgt);
	if (err)
		goto err_fill;
	err = dma_map_sgtable(attachment->dev, &mapping->sgt, dir, 0);
	if (err)
		goto err_map;
	mapping->dev = attachment->dev;
	mapping->dir = dir;
	list_add(&mapping->list, &buffer->mappings);
	return &mapping->sgt;

err_map:
	sg_free_table(&mapping->sgt);
err_fill:
	unpin(buffer->area);
err_pin:
	kfree(mapping);
	return ERR_PTR(err);
}

static void unmap_dma_buf(struct dma_buf_attachment *attachment, struct sg_table *sgt,
			  enum dma_data_direction dir)
{
	struct buffer *buffer = attachment->dmabuf->priv;
	struct mapping *mapping = container_of(sgt, struct mapping, sgt);

	list_del(&mapping->list);
	dma_unmap_sgtable(mapping->dev, sgt, mapping->dir, 0);
	sg_free_table(sgt);
	kfree(mapping);
	unpin(buffer->area);
}

static int begin_cpu_access(struct dma_buf *dmabuf, enum dma_data_direction dir)
{
	struct buffer *buffer = dmabuf->priv;
	struct mapping *mapping;

	dma_resv_lock(dmabuf->resv, NULL);
	invalidate_kernel_vmap_range(buffer->area->addr, dmabuf->size);
	list_for_each_entry(mapping, &buffer->mappings, list)
		dma_sync_sgtable_for_cpu(mapping->dev, &mapping->sgt, mapping->dir);
	dma_resv_unlock(dmabuf->resv);
	return 0;
}

static int end_cpu_access(struct dma_buf *dmabuf, enum dma_data_direction dir)
{
	struct buffer *buffer = dmabuf->priv;
	struct mapping *mapping;

	dma_resv_lock(dmabuf->resv, NULL);
	flush_kernel_vmap_range(buffer->area->addr, dmabuf->size);
	list_for_each_entry(mapping, &buffer->mappings, list)
		dma_sync_sgtable_for_device(mapping->dev, &mapping->sgt, mapping->dir);
	dma_resv_unlock(dmabuf->resv);
	return 0;
}

/*
 * Map a single zeroed page at each place. __vmalloc() would not do: it may stop after the first
 * page if a fatal signal is pending.
 */
static void *vmap_zeroed_page(size_t size)
{
	unsigned int count = size >> PAGE_SHIFT;
	struct page **pages = kvmalloc_array(count, sizeof(*pages), GFP_KERNEL | __GFP_NOFAIL);
	struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO | __GFP_NOFAIL);
	void *addr;

	memset_p((void **)pages, page, count);
	addr = vmap(pages, count, VM_MAP, PAGE_KERNEL);
	kvfree(pages);
	if (!addr)
		__free_page(page);
	return addr;
}

static void vunmap_zeroed_page(void *addr)
{
	struct page *page = vmalloc_to_page(addr);

	vunmap(addr);
	__free_page(page);
}

/*
 * dma_buf_vmap() warns if this fails, which a program must not be able to cause. So if there is
 * nothing to map any more, return other memory, as TTM does after a device was unplugged.
 */
static int vmap_area(struct dma_buf *dmabuf, struct iosys_map *map)
{
	struct buffer *buffer = dmabuf->priv;
	void *addr = buffer->area->addr;

	if (pin(buffer->area))
		addr = vmap_zeroed_page(dmabuf->size);
	if (!addr)
		return -ENOMEM;
	iosys_map_set_vaddr(map, addr);
	return 0;
}

static void vunmap_area(struct dma_buf *dmabuf, struct iosys_map *map)
{
	struct buffer *buffer = dmabuf->priv;

	if (map->vaddr == buffer->area->addr)
		unpin(buffer->area);
	else
		vunmap_zeroed_page(map->vaddr);
}

/* A VMA that an importer passes on may be writable though the dma-buf's descriptor is not. */
static int mmap_area(struct dma_buf *dmabuf, struct vm_area_struct *vma)
{
	struct buffer *buffer = dmabuf->priv;

	if (read_only(dmabuf)) {
		if (vma->vm_flags & VM_WRITE)
			return -EACCES;
		vm_flags_clear(vma, VM_MAYWRITE);
	}
	/*
	 * An importer may have set vm_ops, as its .mmap does for other memory. Forget them, as
	 * drm_gem_shmem_mmap() does before dma_buf_mmap(): this has replaced vm_file, so nothing
	 * keeps the importer loaded, and vmremap must not call its .open and .close.
	 */
	vma->vm_ops = NULL;
	return vmremap_area_mmap(buffer->area, vma, vma->vm_pgoff);
}

static void release(struct dma_buf *dmabuf)
{
	struct buffer *buffer = dmabuf->priv;

	vmremap_area_off_revoke(buffer->area, &buffer->on_revoke);
	vmremap_area_put(buffer->area);
	kfree(buffer);
}

static const struct dma_buf_ops ops = {
	.attach = attach,
	.map_dma_buf = map_dma_buf,
	.unmap_dma_buf = unmap_dma_buf,
	.begin_cpu_access = begin_cpu_access,
	.end_cpu_access = end_cpu_access,
	.mmap = mmap_area,
	.vmap = vmap_area,
	.vunmap = vunmap_area,
	.release = release,
};

/* Without a vmap, because the importer could write through that. */
static const struct dma_buf_ops read_only_ops = {
	.attach = attach,
	.map_dma_buf = map_dma_buf,
	.unmap_dma_buf = unmap_dma_buf,
	.begin_cpu_access = begin_cpu_access,
	.end_cpu_access = end_cpu_access,
	.mmap = mmap_area,
	.release = release,
};

/* From now on, pin() fails. A map that holds the reservation lock now is told, too. */
static int revoked(struct notifier_block *nb, unsigned long action, void *data)
{
	struct dma_buf *dmabuf = container_of(nb, struct buffer, on_revoke)->dmabuf;

	dma_resv_lock(dmabuf->resv, NULL);
	dma_buf_invalidate_mappings(dmabuf);
	dma_resv_unlock(dmabuf->resv);
	return NOTIFY_OK;
}

struct dma_buf *vmremap_area_dma_buf(struct vmremap_area *area, unsigned int flags)
{
	DEFINE_DMA_BUF_EXPORT_INFO(info);
	struct buffer *buffer;
	struct dma_buf *dmabuf;
	int err;

	if (IS_ERR_OR_NULL(area))
		return ERR_PTR(-EFAULT);
	if (flags & ~(O_RDWR | O_CLOEXEC))
		return ERR_PTR(-EINVAL);
	buffer = kzalloc_obj(*buffer);
	if (!buffer)
		return ERR_PTR(-ENOMEM);
	INIT_LIST_HEAD(&buffer->mappings);
	buffer->on_revoke.notifier_call = revoked;
	buffer->area = area;

	info.ops = flags & O_RDWR ? &ops : &read_only_ops;
	info.size = area->pages << PAGE_SHIFT;
	info.flags = flags;
	info.priv = buffer;
	dmabuf = dma_buf_export(&info);
	if (IS_ERR(dmabuf)) {
		kfree(buffer);
		return dmabuf;
	}
	buffer->dmabuf = dmabuf;
	vmremap_area_get(area);

	err = area->flags & VMREMAP_REVOCABLE ?
	      vmremap_area_on_revoke(area, &buffer->on_revoke) : 0;
	if (err) {
		dma_buf_put(dmabuf);
		return ERR_PTR(err);
	}
	return dmabuf;
}
EXPORT_SYMBOL_GPL(vmremap_area_dma_buf);

MODULE_DESCRIPTION("Export memory that vmremap shares with programs as a dma-buf");
MODULE_AUTHOR("The vmremap authors");
MODULE_VERSION(VMREMAP_VERSION);
MODULE_LICENSE("GPL");
/* What MODULE_IMPORT_NS("DMA_BUF") is, or before Linux 6.13 MODULE_IMPORT_NS(DMA_BUF). */
MODULE_INFO(import_ns, "DMA_BUF");

// SPDX-License-Identifier: GPL-2.0
/*
 * The alternatives to vmremap: a shmem file, as in graphics drivers; memory that is
 * allocated for DMA; and a program's own memfd, which the driver pins.
 */
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/platform_device.h>
#include <linux/sched/signal.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "methods.h"

static struct platform_device *device;

static int alloc_array(struct bench *bench)
{
	bench->pages = kvmalloc_array(PFN_UP(bench->request.size),
				      sizeof(*bench->pages), GFP_KERNEL);
	return bench->pages ? 0 : -ENOMEM;
}

static int map_to_kernel(struct bench *bench)
{
	bench->addr = vmap(bench->pages, bench->nr, VM_MAP, PAGE_KERNEL);
	return bench->addr ? 0 : -ENOMEM;
}

static u64 array_bytes(const struct bench *bench)
{
	return bench->nr * sizeof(*bench->pages);
}

static int shmem_alloc(struct bench *bench)
{
	unsigned long nr = PFN_UP(bench->request.size);
	int err = alloc_array(bench);
	struct file *file;

	if (err)
		return err;
	file = shmem_file_setup("vmremap-bench", bench->request.size,
				mk_vma_flags(VMA_NORESERVE_BIT));
	if (IS_ERR(file))
		return PTR_ERR(file);
	bench->file = file;
	mapping_set_unevictable(file->f_mapping);

	for (; bench->nr < nr; bench->nr++) {
		struct page *page = shmem_read_mapping_page(file->f_mapping, bench->nr);

		if (IS_ERR(page))
			return PTR_ERR(page);
		bench->pages[bench->nr] = page;
	}
	return map_to_kernel(bench);
}

static void shmem_free(struct bench *bench)
{
	vunmap(bench->addr);
	if (bench->nr)
		release_pages(bench->pages, bench->nr);
	kvfree(bench->pages);
	if (bench->file)
		fput(bench->file);
}

static int shmem_map(struct bench *bench, struct vm_area_struct *vma)
{
	int err = vfs_mmap(bench->file, vma);

	if (!err)
		vma_set_file(vma, bench->file);
	return err;
}

static int shmem_revoke(struct bench *bench)
{
	unmap_mapping_range(bench->file->f_mapping, 0, 0, 1);
	return 0;
}

static u64 shmem_metadata(const struct bench *bench)
{
	return array_bytes(bench) + bench_file_bytes(bench->file->f_mapping) +
	       sizeof(struct shmem_inode_info) - sizeof(struct inode);
}

static int dma_alloc(struct bench *bench)
{
	bench->sgt = dma_alloc_noncontiguous(&device->dev, bench->request.size,
					     DMA_BIDIRECTIONAL,
					     GFP_KERNEL | __GFP_NOWARN, 0);
	if (!bench->sgt)
		return -ENOMEM;
	bench->addr = dma_vmap_noncontiguous(&device->dev, bench->request.size,
					     bench->sgt);
	return bench->addr ? 0 : -ENOMEM;
}

static void dma_free(struct bench *bench)
{
	if (bench->addr)
		dma_vunmap_noncontiguous(&device->dev, bench->addr);
	if (bench->sgt)
		dma_free_noncontiguous(&device->dev, bench->request.size,
				       bench->sgt, DMA_BIDIRECTIONAL);
}

static int dma_map(struct bench *bench, struct vm_area_struct *vma)
{
	return dma_mmap_noncontiguous(&device->dev, vma, bench->request.size,
				      bench->sgt);
}

static u64 dma_metadata(const struct bench *bench)
{
	return sizeof(*bench->sgt) + bench->sgt->orig_nents * sizeof(*bench->sgt->sgl);
}

static int memfd_pin(struct bench *bench)
{
	unsigned long nr = PFN_UP(bench->request.size);
	int err = alloc_array(bench);

	if (err)
		return err;
	while (bench->nr < nr) {
		int pinned = pin_user_pages_fast(bench->request.user + (bench->nr << PAGE_SHIFT),
						 nr - bench->nr, FOLL_WRITE | FOLL_LONGTERM,
						 bench->pages + bench->nr);

		if (pinned <= 0)
			return pinned ?: -EFAULT;
		bench->nr += pinned;
	}
	return map_to_kernel(bench);
}

static void memfd_unpin(struct bench *bench)
{
	vunmap(bench->addr);
	unpin_user_pages_dirty_lock(bench->pages, bench->nr, true);
	kvfree(bench->pages);
}

static struct address_space *memfd_mapping(const struct bench *bench)
{
	return page_folio(bench->pages[0])->mapping;
}

/* The program owns the file, so the driver cannot revoke the memory for good. */
static int memfd_revoke(struct bench *bench)
{
	/* This would deadlock on a lock that unmap_mapping_range() holds. */
	if (folio_test_hugetlb(page_folio(bench->pages[0])))
		return -EOPNOTSUPP;
	unmap_mapping_range(memfd_mapping(bench), 0, 0, 1);
	return 0;
}

static u64 memfd_metadata(const struct bench *bench)
{
	return array_bytes(bench) + bench_file_bytes(memfd_mapping(bench));
}

const struct bench_method bench_shmem = {
	.alloc = shmem_alloc,
	.free = shmem_free,
	.mmap = shmem_map,
	.revoke = shmem_revoke,
	.metadata = shmem_metadata,
};

const struct bench_method bench_dma = {
	.alloc = dma_alloc,
	.free = dma_free,
	.mmap = dma_map,
	.metadata = dma_metadata,
};

const struct bench_method bench_memfd = {
	.alloc = memfd_pin,
	.free = memfd_unpin,
	.revoke = memfd_revoke,
	.metadata = memfd_metadata,
};

int bench_peers_init(void)
{
	int err;

	device = platform_device_register_simple("vmremap-bench", PLATFORM_DEVID_NONE,
						 NULL, 0);
	if (IS_ERR(device))
		return PTR_ERR(device);
	err = dma_coerce_mask_and_coherent(&device->dev, DMA_BIT_MASK(64));
	if (err)
		platform_device_unregister(device);
	return err;
}

void bench_peers_exit(void)
{
	platform_device_unregister(device);
}

// SPDX-License-Identifier: GPL-2.0
/* Memory from vmalloc_user(), mapped by the kernel's functions and by vmremap's. */
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "methods.h"

static int alloc(struct bench *bench)
{
	bench->addr = vmalloc_user(bench->request.size);
	return bench->addr ? 0 : -ENOMEM;
}

static int alloc_with_pages(struct bench *bench)
{
	unsigned long i;
	int err = alloc(bench);

	if (err)
		return err;
	bench->nr = PFN_UP(bench->request.size);
	bench->pages = kvmalloc_array(bench->nr, sizeof(*bench->pages), GFP_KERNEL);
	if (!bench->pages)
		return -ENOMEM;
	for (i = 0; i < bench->nr; i++)
		bench->pages[i] = vmalloc_to_page(bench->addr + i * PAGE_SIZE);
	return 0;
}

static void drop(struct bench *bench)
{
	kvfree(bench->pages);
	vfree(bench->addr);
}

/* The mapping keeps its pages, so the memory can be freed. */
static u64 metadata(const struct bench *bench)
{
	return PFN_UP(bench->request.size) * sizeof(struct page *);
}

static int remap(struct bench *bench, struct vm_area_struct *vma)
{
	return remap_vmalloc_range(vma, bench->addr, vma->vm_pgoff);
}

static int insert(struct bench *bench, struct vm_area_struct *vma)
{
	unsigned long nr = vma_pages(vma);

	if (vma->vm_pgoff + nr > bench->nr)
		return -ENXIO;
	return vm_insert_pages(vma, vma->vm_start, bench->pages + vma->vm_pgoff, &nr);
}

static int range(struct bench *bench, struct vm_area_struct *vma)
{
	return vmremap_range(vma, bench->addr, vma->vm_pgoff);
}

/* Insert the same page every time, because only instructions are counted. */
static int zero(struct bench *bench)
{
	static u8 page[PAGE_SIZE] __page_aligned_bss;
	u64 i;

	for (i = 0; i < bench->request.size; i += PAGE_SIZE)
		clear_page(page);
	return 0;
}

const struct bench_method bench_remap_vmalloc_range = {
	.alloc = alloc,
	.free = drop,
	.mmap = remap,
	.metadata = metadata,
};

const struct bench_method bench_insert_pages = {
	.alloc = alloc_with_pages,
	.free = drop,
	.mmap = insert,
	.metadata = metadata,
};

const struct bench_method bench_range_foreign = {
	.alloc = alloc,
	.free = drop,
	.mmap = range,
	.metadata = metadata,
};

const struct bench_method bench_zero = {
	.alloc = zero,
	.free = drop,
};

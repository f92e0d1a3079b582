// SPDX-License-Identifier: GPL-2.0
/*
 * The benchmark's driver: one buffer per open file, made and mapped by the
 * method that the program asks for. /dev/vmremap-bench has an .mmap callback,
 * /dev/vmremap-bench-prepare an .mmap_prepare callback.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include <linux/xarray.h>

#include <vmremap.h>

#include "../../c/area.h"
#include "vmremap_bench.h"

/**
 * struct bench - the buffer of an open file
 * @method: how it is mapped
 * @area: the buffer, where vmremap maps an area
 * @addr: the buffer, where it is vmalloc_user() memory
 * @size: its bytes
 * @pages: its pages, for vm_map_pages()
 */
struct bench {
	enum vmremap_bench_method method;
	struct vmremap_area *area;
	void *addr;
	size_t size;
	struct page **pages;
};

static void bench_free(struct bench *bench)
{
	vmremap_area_put(bench->area);
	kvfree(bench->pages);
	vfree(bench->addr);
	memset(bench, 0, sizeof(*bench));
}

static int bench_alloc_vmalloc(struct bench *bench)
{
	unsigned long i, nr = PFN_UP(bench->size);

	bench->addr = vmalloc_user(bench->size);
	if (!bench->addr)
		return -ENOMEM;
	if (bench->method != BENCH_VM_MAP_PAGES)
		return 0;

	bench->pages = kvmalloc_array(nr, sizeof(*bench->pages), GFP_KERNEL);
	if (!bench->pages)
		return -ENOMEM;
	for (i = 0; i < nr; i++)
		bench->pages[i] = vmalloc_to_page(bench->addr + i * PAGE_SIZE);
	return 0;
}

static int bench_alloc_area(struct bench *bench)
{
	unsigned int flags = 0;

	if (bench->method == BENCH_POPULATE)
		flags |= VMREMAP_POPULATE;
	bench->area = vmremap_area_alloc(bench->size, flags);
	return PTR_ERR_OR_ZERO(bench->area);
}

/* The nodes of the page cache: those with folios, and those above. */
static unsigned long bench_nodes(struct address_space *mapping)
{
	XA_STATE(xas, &mapping->i_pages, 0);
	struct xa_node *last = NULL;
	unsigned long nodes = 0, all;
	void *folio;

	rcu_read_lock();
	xas_for_each(&xas, folio, ULONG_MAX) {
		if (xas.xa_node != last)
			nodes++;
		last = xas.xa_node;
	}
	rcu_read_unlock();
	for (all = nodes; nodes > 1; all += nodes)
		nodes = DIV_ROUND_UP(nodes, XA_CHUNK_SIZE);
	return all;
}

static u64 bench_metadata(const struct bench *bench)
{
	const struct vmremap_area *area = bench->area;

	if (area)
		return sizeof(*area) + sizeof(struct file) + sizeof(struct inode) +
		       sizeof(struct dentry) +
		       bench_nodes(area->file->f_mapping) * sizeof(struct xa_node);
	return PFN_UP(bench->size) * sizeof(struct page *);
}

static int bench_alloc(struct bench *bench, struct vmremap_bench_alloc *arg)
{
	int err;

	bench_free(bench);
	if (!arg->size)
		return 0;
	bench->method = arg->method;
	bench->size = arg->size;
	if (bench->method < BENCH_MMAP)
		err = bench_alloc_vmalloc(bench);
	else
		err = bench_alloc_area(bench);
	if (err) {
		bench_free(bench);
		return err;
	}
	arg->metadata = bench_metadata(bench);
	return 0;
}

static long bench_ioctl(struct file *file, unsigned int cmd, unsigned long p)
{
	struct vmremap_bench_alloc arg;
	int err;

	if (cmd != VMREMAP_BENCH_ALLOC)
		return -ENOTTY;
	if (copy_from_user(&arg, (void __user *)p, sizeof(arg)))
		return -EFAULT;
	err = bench_alloc(file->private_data, &arg);
	if (!err && copy_to_user((void __user *)p, &arg, sizeof(arg)))
		err = -EFAULT;
	return err;
}

static int bench_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct bench *bench = file->private_data;

	switch (bench->method) {
	case BENCH_REMAP_VMALLOC_RANGE:
		return remap_vmalloc_range(vma, bench->addr, vma->vm_pgoff);
	case BENCH_VM_MAP_PAGES:
		return vm_map_pages(vma, bench->pages, PFN_UP(bench->size));
	case BENCH_RANGE_FOREIGN:
		return vmremap_range(vma, bench->addr, vma->vm_pgoff);
	default:
		return vmremap_area_mmap(bench->area, vma, vma->vm_pgoff);
	}
}

static int bench_mmap_prepare(struct vm_area_desc *desc)
{
	struct bench *bench = desc->file->private_data;

	return vmremap_area_mmap_prepare(bench->area, desc, desc->pgoff);
}

static int bench_open(struct inode *inode, struct file *file)
{
	file->private_data = kzalloc_obj(struct bench);
	return file->private_data ? 0 : -ENOMEM;
}

static int bench_release(struct inode *inode, struct file *file)
{
	bench_free(file->private_data);
	kfree(file->private_data);
	return 0;
}

static const struct file_operations mmap_fops = {
	.owner = THIS_MODULE,
	.open = bench_open,
	.release = bench_release,
	.unlocked_ioctl = bench_ioctl,
	.mmap = bench_mmap,
	.get_unmapped_area = vmremap_get_unmapped_area,
};

static const struct file_operations mmap_prepare_fops = {
	.owner = THIS_MODULE,
	.open = bench_open,
	.release = bench_release,
	.unlocked_ioctl = bench_ioctl,
	.mmap_prepare = bench_mmap_prepare,
	.get_unmapped_area = vmremap_get_unmapped_area,
};

static struct miscdevice devices[] = {
	{ MISC_DYNAMIC_MINOR, "vmremap-bench", &mmap_fops },
	{ MISC_DYNAMIC_MINOR, "vmremap-bench-prepare", &mmap_prepare_fops },
};

static int __init bench_init(void)
{
	int err = misc_register(&devices[0]);

	if (err)
		return err;
	err = misc_register(&devices[1]);
	if (err)
		misc_deregister(&devices[0]);
	return err;
}
module_init(bench_init);

static void __exit bench_exit(void)
{
	misc_deregister(&devices[1]);
	misc_deregister(&devices[0]);
}
module_exit(bench_exit);

MODULE_DESCRIPTION("vmremap benchmark");
MODULE_AUTHOR("The vmremap authors");
MODULE_LICENSE("GPL");

// SPDX-License-Identifier: GPL-2.0
/*
 * vmremap_test_dma_buf: exports an area as a dma-buf, and imports dma-bufs for a device that does
 * not exist. The kernel accesses the memory at the device's addresses instead.
 *
 * For tests only. Each open file has one area, and one import.
 */

#include <linux/capability.h>
#include <linux/cleanup.h>
#include <linux/dma-buf.h>
#include <linux/dma-direct.h>
#include <linux/dma-mapping.h>
#include <linux/dma-resv.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>

#include "../vmremap_test.h"
#include "vmremap.h"
#include "vmremap_dma_buf.h"

#ifdef VMREMAP_LACKS_INVALIDATE_MAPPINGS
#define invalidate_mappings move_notify
#endif

struct test_file {
	struct mutex lock; /* serialises the ioctls of a file */
	struct vmremap_area *area;
	struct dma_buf_attachment *attachment;
	struct sg_table *sgt; /* the reservation lock protects this and what follows */
	enum dma_data_direction dir;
	unsigned int invalidated;
	bool map_on_release;
	struct iosys_map vmap;
};

static struct miscdevice test_device;

static void test_unmap(struct test_file *tf)
{
	if (tf->sgt)
		dma_buf_unmap_attachment(tf->attachment, tf->sgt, tf->dir);
	tf->sgt = NULL;
}

static void test_invalidate(struct dma_buf_attachment *attachment)
{
	struct test_file *tf = attachment->importer_priv;

	tf->invalidated++;
	test_unmap(tf);
}

static const struct dma_buf_attach_ops test_importer = {
	.invalidate_mappings = test_invalidate,
};

static long test_attach(struct test_file *tf, int fd, bool dynamic)
{
	struct dma_buf_attachment *attachment;
	struct dma_buf *dmabuf;

	if (tf->attachment)
		return -EEXIST;
	dmabuf = dma_buf_get(fd);
	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);
	attachment = dma_buf_dynamic_attach(dmabuf, test_device.this_device,
					    dynamic ? &test_importer : NULL, tf);
	if (IS_ERR(attachment)) {
		dma_buf_put(dmabuf);
		return PTR_ERR(attachment);
	}
	tf->attachment = attachment;
	tf->invalidated = 0;
	return 0;
}

static void test_detach(struct test_file *tf)
{
	struct dma_buf *dmabuf;

	if (!tf->attachment)
		return;
	dmabuf = tf->attachment->dmabuf;
	dma_resv_lock(dmabuf->resv, NULL);
	if (tf->vmap.vaddr)
		dma_buf_vunmap(dmabuf, &tf->vmap);
	iosys_map_clear(&tf->vmap);
	test_unmap(tf);
	dma_resv_unlock(dmabuf->resv);
	dma_buf_detach(dmabuf, tf->attachment);
	dma_buf_put(dmabuf);
	tf->attachment = NULL;
}

/* Attach, map, unmap and detach, without a lock of this module. */
static long test_import(int fd)
{
	struct dma_buf *dmabuf = dma_buf_get(fd);
	struct dma_buf_attachment *attachment;
	struct sg_table *sgt;
	long ret;

	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);
	attachment = dma_buf_attach(dmabuf, test_device.this_device);
	ret = PTR_ERR_OR_ZERO(attachment);
	if (!ret) {
		sgt = dma_buf_map_attachment_unlocked(attachment, DMA_BIDIRECTIONAL);
		ret = PTR_ERR_OR_ZERO(sgt);
		if (!ret)
			dma_buf_unmap_attachment_unlocked(attachment, sgt, DMA_BIDIRECTIONAL);
		dma_buf_detach(dmabuf, attachment);
	}
	dma_buf_put(dmabuf);
	return ret;
}

/* Is an entry longer than the device accepts, or does it cross the device's boundary? */
static bool test_is_too_long(const struct sg_table *sgt)
{
	unsigned long boundary = dma_get_seg_boundary(test_device.this_device);
	struct scatterlist *sg;
	int i;

	for_each_sgtable_dma_sg(sgt, sg, i) {
		dma_addr_t last = sg_dma_address(sg) + sg_dma_len(sg) - 1;

		if (sg_dma_len(sg) > dma_get_max_seg_size(test_device.this_device) ||
		    (sg_dma_address(sg) ^ last) & ~(u64)boundary)
			return true;
	}
	return false;
}

/* Returns the number of entries. */
static long test_map(struct test_file *tf, enum dma_data_direction dir)
{
	struct sg_table *sgt;

	if (tf->sgt)
		return -EEXIST;
	sgt = dma_buf_map_attachment(tf->attachment, dir);
	if (IS_ERR(sgt))
		return PTR_ERR(sgt);
	tf->sgt = sgt;
	tf->dir = dir;
	return test_is_too_long(sgt) ? -EXDEV : sgt->nents;
}

/* Where the kernel finds what the device would access: in the memory, or in its bounce buffer. */
static void *test_device_addr(const struct sg_table *sgt, u64 offset)
{
	struct scatterlist *sg;
	int i;

	for_each_sgtable_dma_sg(sgt, sg, i) {
		if (offset < sg_dma_len(sg))
			return phys_to_virt(dma_to_phys(test_device.this_device,
							sg_dma_address(sg) + offset));
		offset -= sg_dma_len(sg);
	}
	return NULL;
}

static long test_dma_buf_access(struct test_file *tf, struct vmremap_test_dma_buf_access *req)
{
	u64 *word = NULL;

	if (req->offset % sizeof(u64) || req->offset >= tf->attachment->dmabuf->size)
		return -ENXIO;
	if (!req->device && tf->vmap.vaddr)
		word = tf->vmap.vaddr + req->offset;
	else if (req->device && tf->sgt)
		word = test_device_addr(tf->sgt, req->offset);
	if (!word)
		return -ENXIO;
	if (req->write)
		WRITE_ONCE(*word, req->value);
	req->value = READ_ONCE(*word);
	return 0;
}

static long test_access_ioctl(struct test_file *tf, void __user *argp)
{
	struct vmremap_test_dma_buf_access req;
	long ret;

	if (copy_from_user(&req, argp, sizeof(req)))
		return -ENXIO;
	dma_resv_lock(tf->attachment->dmabuf->resv, NULL);
	ret = test_dma_buf_access(tf, &req);
	dma_resv_unlock(tf->attachment->dmabuf->resv);
	return ret ?: copy_to_user(argp, &req, sizeof(req)) ? -ENXIO : 0;
}

/* Of the import. tf->lock must be held. */
static long test_import_ioctl(struct test_file *tf, unsigned int cmd, unsigned long arg)
{
	struct dma_resv *resv;
	long ret = 0;

	if (!tf->attachment)
		return -ENXIO;
	if (cmd == VMREMAP_TEST_DMA_BUF_ACCESS)
		return test_access_ioctl(tf, (void __user *)arg);
	resv = tf->attachment->dmabuf->resv;
	dma_resv_lock(resv, NULL);
	switch (cmd) {
	case VMREMAP_TEST_DMA_BUF_MAP:
		ret = test_map(tf, arg);
		break;
	case VMREMAP_TEST_DMA_BUF_UNMAP:
		test_unmap(tf);
		break;
	case VMREMAP_TEST_DMA_BUF_VMAP:
		ret = tf->vmap.vaddr ? -EEXIST :
		      dma_buf_vmap(tf->attachment->dmabuf, &tf->vmap);
		break;
	case VMREMAP_TEST_DMA_BUF_VUNMAP:
		if (tf->vmap.vaddr)
			dma_buf_vunmap(tf->attachment->dmabuf, &tf->vmap);
		iosys_map_clear(&tf->vmap);
		break;
	case VMREMAP_TEST_DMA_BUF_INVALIDATED:
		ret = tf->invalidated;
		break;
	case VMREMAP_TEST_DMA_BUF_MAP_ON_RELEASE:
		tf->map_on_release = true;
		break;
	default:
		ret = -ENOTTY;
	}
	dma_resv_unlock(resv);
	return ret;
}

static long test_map_both_ways(void *tf)
{
	return test_import_ioctl(tf, VMREMAP_TEST_DMA_BUF_MAP, DMA_BIDIRECTIONAL);
}

static long test_alloc(struct test_file *tf, void __user *argp)
{
	struct vmremap_test_memory req;

	if (copy_from_user(&req, argp, sizeof(req)))
		return -ENXIO;
	if (tf->area)
		return -EEXIST;
	tf->area = vmremap_area_alloc(req.size, req.flags);
	if (IS_ERR(tf->area)) {
		long err = PTR_ERR(tf->area);

		tf->area = NULL;
		return err;
	}
	return 0;
}

/* Returns the descriptor. */
static long test_export(struct test_file *tf, unsigned int flags)
{
	struct dma_buf *dmabuf = vmremap_area_dma_buf(tf->area, flags);
	long fd;

	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);
	fd = dma_buf_fd(dmabuf, flags);
	if (fd < 0)
		dma_buf_put(dmabuf);
	return fd;
}

static atomic_t test_vm_calls;

static void test_vm_call(struct vm_area_struct *vma)
{
	atomic_inc(&test_vm_calls);
}

static const struct vm_operations_struct test_vm_ops = {
	.open = test_vm_call,
	.close = test_vm_call,
};

static long test_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct test_file *tf = file->private_data;

	if (cmd == VMREMAP_TEST_DMA_BUF_IMPORT)
		return test_import(arg);
	if (cmd == VMREMAP_TEST_DMA_BUF_SEGMENT) {
		dma_set_max_seg_size(test_device.this_device, arg);
		return 0;
	}
	if (cmd == VMREMAP_TEST_DMA_BUF_BOUNDARY) {
		dma_set_seg_boundary(test_device.this_device, arg);
		return 0;
	}
	if (cmd == VMREMAP_TEST_DMA_BUF_CALLED)
		return atomic_read(&test_vm_calls);
	guard(mutex)(&tf->lock);
	switch (cmd) {
	case VMREMAP_TEST_ALLOC:
		return test_alloc(tf, (void __user *)arg);
	case VMREMAP_TEST_PUT_AREA:
		vmremap_area_put(tf->area);
		tf->area = NULL;
		return 0;
	case VMREMAP_TEST_REVOKE:
		return vmremap_area_revoke(tf->area);
	case VMREMAP_TEST_FREEZE:
		return vmremap_area_freeze(tf->area);
	case VMREMAP_TEST_THAW:
		vmremap_area_thaw(tf->area);
		return 0;
	case VMREMAP_TEST_DMA_BUF_EXPORT:
		return test_export(tf, arg);
	case VMREMAP_TEST_DMA_BUF_ATTACH:
	case VMREMAP_TEST_DMA_BUF_ATTACH_DYNAMIC:
		return test_attach(tf, arg, cmd == VMREMAP_TEST_DMA_BUF_ATTACH_DYNAMIC);
	case VMREMAP_TEST_DMA_BUF_DETACH:
		test_detach(tf);
		return 0;
	case VMREMAP_TEST_DMA_BUF_MAP_IN_KTHREAD:
		return work_on_cpu(0, test_map_both_ways, tf);
	default:
		return test_import_ioctl(tf, cmd, arg);
	}
}

/*
 * A program detaches only when it does not call mmap(2) any more. The vm_ops are set as by a driver
 * that also maps other memory; nothing keeps this module loaded for them after dma_buf_mmap().
 */
static int test_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct test_file *tf = file->private_data;

	vma->vm_ops = &test_vm_ops;
	return tf->attachment ? dma_buf_mmap(tf->attachment->dmabuf, vma, vma->vm_pgoff) : -ENXIO;
}

static int test_open(struct inode *inode, struct file *file)
{
	struct test_file *tf;

	if (!capable(CAP_SYS_RAWIO))
		return -EPERM;
	tf = kzalloc_obj(*tf);
	if (!tf)
		return -ENOMEM;
	mutex_init(&tf->lock);
	file->private_data = tf;
	return 0;
}

static int test_release(struct inode *inode, struct file *file)
{
	struct test_file *tf = file->private_data;

	if (tf->map_on_release)
		test_map_both_ways(tf);
	test_detach(tf);
	vmremap_area_put(tf->area);
	kfree(tf);
	return 0;
}

static const struct file_operations test_fops = {
	.owner = THIS_MODULE,
	.open = test_open,
	.release = test_release,
	.unlocked_ioctl = test_ioctl,
	.mmap = test_mmap,
};

static struct miscdevice test_device = {
	MISC_DYNAMIC_MINOR, "vmremap-test-dma-buf", &test_fops
};

static int __init test_init(void)
{
	static struct device_dma_parameters parameters;
	int ret = misc_register(&test_device);

	if (ret)
		return ret;
	test_device.this_device->dma_parms = &parameters;
	ret = dma_coerce_mask_and_coherent(test_device.this_device, DMA_BIT_MASK(64));
	if (ret)
		misc_deregister(&test_device);
	return ret;
}
module_init(test_init);

static void __exit test_exit(void)
{
	misc_deregister(&test_device);
}
module_exit(test_exit);

MODULE_DESCRIPTION("vmremap test module: exports and imports dma-bufs");
MODULE_LICENSE("GPL");
/* What MODULE_IMPORT_NS("DMA_BUF") is, or before Linux 6.13 MODULE_IMPORT_NS(DMA_BUF). */
MODULE_INFO(import_ns, "DMA_BUF");

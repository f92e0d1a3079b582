// SPDX-License-Identifier: GPL-2.0
/*
 * vmremap edu sample in C: a PCI device copies to and from memory that a program has mapped,
 * and can be unplugged meanwhile. edu_probe() and edu_remove() show setup and teardown in
 * order.
 *
 *	mask=dma_mask=0xffffffff
 *	tools/vm --device edu,$mask --module ".../vmremap_edu_c.ko $mask" ...
 */

#include <linux/compat.h>
#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/fs.h>
#include <linux/interrupt.h>
#include <linux/iopoll.h>
#include <linux/kref.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/poll.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#include "vmremap.h"
#include "vmremap_edu.h"

/* Registers, and the device's address of its buffer. QEMU's docs/specs/edu.rst describes all. */
#define EDU_IRQ_STATUS		0x24
#define EDU_IRQ_ACK		0x64
#define EDU_DMA_FROM		0x80
#define EDU_DMA_TO		0x88
#define EDU_DMA_BYTES		0x90
#define EDU_DMA_COMMAND		0x98
#define EDU_DMA_START		BIT(0)
#define EDU_DMA_FROM_DEVICE	BIT(1)
#define EDU_DMA_IRQ		BIT(2)
#define EDU_BUFFER		0x40000

static unsigned long long dma_mask = DMA_BIT_MASK(28);
module_param(dma_mask, ullong, 0444);
MODULE_PARM_DESC(dma_mask, "the dma_mask that QEMU's edu has (default 28 bits, as in QEMU)");

/*
 * The device. The driver holds a reference until the device is unplugged, and each open file
 * holds one, so that the struct outlives the hardware and open files can report -ENODEV.
 */
struct edu {
	struct kref refs;
	struct miscdevice misc;
	struct pci_dev *pdev;
	void __iomem *bar;
	struct vmremap_area *area;
	struct sg_table table;
	struct mutex lock; /* held while a call uses the hardware */
	bool unplugged; /* written under lock */
	bool busy; /* a copy is running or about to start */
	wait_queue_head_t stopped;
};

static void edu_free(struct kref *refs)
{
	struct edu *edu = container_of(refs, struct edu, refs);

	vmremap_area_put(edu->area);
	kfree(edu);
}

/* The engine does not copy across pages. */
static bool edu_is_valid(const struct vmremap_edu_copy *copy, size_t size)
{
	size_t first = copy->offset % VMREMAP_EDU_COPY_MAX;

	return copy->bytes && copy->bytes <= VMREMAP_EDU_COPY_MAX - first &&
	       copy->from_device <= 1 && copy->offset < size;
}

/*
 * The DMA address of the bytes to copy. If they are not in one entry of the scatterlist,
 * as some exporters of dma-bufs may have it, the engine cannot copy them.
 */
static dma_addr_t edu_address(const struct sg_table *table, const struct vmremap_edu_copy *copy)
{
	size_t offset = copy->offset;
	struct scatterlist *sg;
	unsigned int i;

	for_each_sgtable_dma_sg(table, sg, i) {
		if (offset + copy->bytes <= sg_dma_len(sg))
			return sg_dma_address(sg) + offset;
		if (offset < sg_dma_len(sg))
			break;
		offset -= sg_dma_len(sg);
	}
	return DMA_MAPPING_ERROR;
}

/* Start a copy from or to a DMA address. @flags: EDU_DMA_IRQ, or 0. */
static void edu_start(struct edu *edu, const struct vmremap_edu_copy *copy, dma_addr_t addr,
		      u64 flags)
{
	u64 command = EDU_DMA_START | flags;

	if (copy->from_device)
		command |= EDU_DMA_FROM_DEVICE;
	writeq(copy->from_device ? EDU_BUFFER : addr, edu->bar + EDU_DMA_FROM);
	writeq(copy->from_device ? addr : EDU_BUFFER, edu->bar + EDU_DMA_TO);
	writeq(copy->bytes, edu->bar + EDU_DMA_BYTES);
	writeq(command, edu->bar + EDU_DMA_COMMAND);
}

static irqreturn_t edu_interrupt(int irq, void *data)
{
	struct edu *edu = data;
	u32 status = readl(edu->bar + EDU_IRQ_STATUS);

	if (!status)
		return IRQ_NONE;
	writel(status, edu->bar + EDU_IRQ_ACK);
	dma_sync_sgtable_for_cpu(&edu->pdev->dev, &edu->table, DMA_BIDIRECTIONAL);
	smp_store_release(&edu->busy, false); /* pairs with edu_is_busy() */
	wake_up(&edu->stopped);
	return IRQ_HANDLED;
}

/* Acquire: once this returns false, the copied data is visible. */
static bool edu_is_busy(struct edu *edu)
{
	return smp_load_acquire(&edu->busy); /* pairs with edu_interrupt() */
}

static bool edu_has_stopped(struct edu *edu)
{
	return !edu_is_busy(edu) || READ_ONCE(edu->unplugged);
}

/* Take the lock, if a copy can start. */
static int edu_lock_idle(struct edu *edu)
{
	int err = mutex_lock_interruptible(&edu->lock);

	if (err)
		return err;
	if (edu->unplugged)
		err = -ENODEV;
	else if (edu_is_busy(edu))
		err = -EBUSY;
	if (err)
		mutex_unlock(&edu->lock);
	return err;
}

static int edu_copy(struct edu *edu, const struct vmremap_edu_copy *copy)
{
	int err;

	if (!edu_is_valid(copy, VMREMAP_EDU_BYTES))
		return -EINVAL;
	err = edu_lock_idle(edu);
	if (err)
		return err;
	WRITE_ONCE(edu->busy, true);
	/* The device owns the memory from here on until the interrupt. */
	dma_sync_sgtable_for_device(&edu->pdev->dev, &edu->table, DMA_BIDIRECTIONAL);
	edu_start(edu, copy, edu_address(&edu->table, copy), EDU_DMA_IRQ);
	mutex_unlock(&edu->lock);
	return 0;
}

/* Wait until no copy runs. A copy from before an unplug may run, but has no access to memory. */
static int edu_wait_idle(struct edu *edu)
{
	u64 command;
	/* A device that is gone returns only ones. */
	int err = readq_poll_timeout(edu->bar + EDU_DMA_COMMAND, command, command == U64_MAX ||
				     !(command & EDU_DMA_START), 1000, 30000000);

	if (command == U64_MAX)
		return -ENODEV;
	if (!err)
		writel(readl(edu->bar + EDU_IRQ_STATUS), edu->bar + EDU_IRQ_ACK);
	return err;
}

/* No call can start the device any more, and it cannot access memory. The lock must be held. */
static void edu_cut_off(struct edu *edu)
{
	WRITE_ONCE(edu->unplugged, true);
	pci_clear_master(edu->pdev);
	/* Reading a register flushes the writes of the device to memory. */
	readl(edu->bar + EDU_IRQ_STATUS);
	wake_up_all(&edu->stopped);
}

/* Map the dma-buf for the device, copy, and unmap it. The device must not be unplugged. */
static int edu_copy_attached(struct edu *edu, struct dma_buf_attachment *attachment,
			     const struct vmremap_edu_copy *copy)
{
	enum dma_data_direction dir = copy->from_device ? DMA_FROM_DEVICE : DMA_TO_DEVICE;
	struct sg_table *table = dma_buf_map_attachment_unlocked(attachment, dir);
	dma_addr_t addr;
	int err = -EINVAL;

	if (IS_ERR(table))
		return PTR_ERR(table);
	addr = edu_address(table, copy);
	if (addr != DMA_MAPPING_ERROR) {
		edu_start(edu, copy, addr, 0);
		err = edu_wait_idle(edu);
		/* An engine that does not stop must not access the memory after this. */
		if (err)
			edu_cut_off(edu);
	}
	dma_buf_unmap_attachment_unlocked(attachment, table, dir);
	return err;
}

static int edu_copy_dma_buf(struct edu *edu, struct dma_buf *dmabuf,
			    const struct vmremap_edu_copy *copy)
{
	struct dma_buf_attachment *attachment;
	int err;

	if (!edu_is_valid(copy, dmabuf->size))
		return -EINVAL;
	err = edu_lock_idle(edu);
	if (err)
		return err;
	attachment = dma_buf_attach(dmabuf, &edu->pdev->dev);
	err = PTR_ERR_OR_ZERO(attachment);
	if (!err) {
		err = edu_copy_attached(edu, attachment, copy);
		dma_buf_detach(dmabuf, attachment);
	}
	mutex_unlock(&edu->lock);
	return err;
}

static int edu_import(struct edu *edu, const struct vmremap_edu_import *import)
{
	struct dma_buf *dmabuf;
	int err;

	if (!IS_ENABLED(CONFIG_DMA_SHARED_BUFFER))
		return -EOPNOTSUPP;
	dmabuf = dma_buf_get(import->fd);
	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);
	err = edu_copy_dma_buf(edu, dmabuf, &import->copy);
	dma_buf_put(dmabuf);
	return err;
}

static long edu_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct edu *edu = file->private_data;
	struct vmremap_edu_import import;
	struct vmremap_edu_copy copy;
	int err;

	switch (cmd) {
	case VMREMAP_EDU_START:
		if (copy_from_user(&copy, (void __user *)arg, sizeof(copy)))
			return -EFAULT;
		return edu_copy(edu, &copy);
	case VMREMAP_EDU_WAIT:
		err = wait_event_interruptible(edu->stopped, edu_has_stopped(edu));
		if (!err && READ_ONCE(edu->unplugged))
			err = -ENODEV;
		return err;
	case VMREMAP_EDU_IMPORT:
		if (copy_from_user(&import, (void __user *)arg, sizeof(import)))
			return -EFAULT;
		return edu_import(edu, &import);
	default:
		return -ENOTTY;
	}
}

static __poll_t edu_poll(struct file *file, poll_table *wait)
{
	struct edu *edu = file->private_data;

	poll_wait(file, &edu->stopped, wait);
	if (READ_ONCE(edu->unplugged))
		return EPOLLERR | EPOLLHUP;
	return edu_has_stopped(edu) ? EPOLLIN | EPOLLRDNORM : 0;
}

/* After a revoke, vmremap refuses to map the area. */
static int edu_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct edu *edu = file->private_data;

	return vmremap_area_mmap(edu->area, vma, vma->vm_pgoff);
}

/* misc_deregister() waits for this, so the driver still holds its reference. */
static int edu_open(struct inode *inode, struct file *file)
{
	struct edu *edu = container_of(file->private_data, struct edu, misc);

	kref_get(&edu->refs);
	file->private_data = edu;
	return 0;
}

static int edu_release(struct inode *inode, struct file *file)
{
	struct edu *edu = file->private_data;

	kref_put(&edu->refs, edu_free);
	return 0;
}

static const struct file_operations edu_fops = {
	.owner = THIS_MODULE,
	.open = edu_open,
	.release = edu_release,
	.unlocked_ioctl = edu_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.poll = edu_poll,
	.mmap = edu_mmap,
	.get_unmapped_area = vmremap_get_unmapped_area,
};

/* Allocate what outlives the hardware, for open files. */
static struct edu *edu_new(struct pci_dev *pdev)
{
	struct edu *edu = kzalloc_obj(*edu);

	if (!edu)
		return ERR_PTR(-ENOMEM);
	kref_init(&edu->refs);
	mutex_init(&edu->lock);
	init_waitqueue_head(&edu->stopped);
	edu->pdev = pdev;
	edu->area = vmremap_area_alloc(VMREMAP_EDU_BYTES, VMREMAP_REVOCABLE);
	if (IS_ERR(edu->area)) {
		int err = PTR_ERR(edu->area);

		kfree(edu);
		return ERR_PTR(err);
	}
	return edu;
}

/* Map the area for DMA. The CPU owns the memory until the first copy starts. */
static int edu_map_dma(struct edu *edu)
{
	struct device *dev = &edu->pdev->dev;
	int err = dma_set_mask_and_coherent(dev, dma_mask);

	if (err)
		return err;
	/* Unless swiotlb or an IOMMU can help, the kernel warns if it maps memory out of reach. */
	if (dma_addressing_limited(dev))
		return dev_err_probe(dev, -EIO, "dma_mask %#llx is too small for this memory\n",
				     dma_mask);
	dma_set_max_seg_size(dev, VMREMAP_EDU_BYTES);
	err = vmremap_area_sg_table(edu->area, &edu->table, GFP_KERNEL);
	if (err)
		return err;
	err = dma_map_sgtable(dev, &edu->table, DMA_BIDIRECTIONAL, 0);
	if (err)
		sg_free_table(&edu->table);
	else
		dma_sync_sgtable_for_cpu(dev, &edu->table, DMA_BIDIRECTIONAL);
	return err;
}

static void edu_unmap_dma(struct edu *edu)
{
	dma_unmap_sgtable(&edu->pdev->dev, &edu->table, DMA_BIDIRECTIONAL, 0);
	sg_free_table(&edu->table);
}

static int edu_request_interrupt(struct edu *edu)
{
	int err = pci_alloc_irq_vectors(edu->pdev, 1, 1, PCI_IRQ_ALL_TYPES);

	if (err < 0)
		return err;
	err = request_irq(pci_irq_vector(edu->pdev, 0), edu_interrupt, IRQF_SHARED,
			  KBUILD_MODNAME, edu);
	if (err)
		pci_free_irq_vectors(edu->pdev);
	return err;
}

static void edu_free_interrupt(struct edu *edu)
{
	free_irq(pci_irq_vector(edu->pdev, 0), edu);
	pci_free_irq_vectors(edu->pdev);
}

/* Only one PCI device at a time can have the device name. */
static unsigned long edu_taken;

static int edu_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct edu *edu;
	int err;

	if (test_and_set_bit(0, &edu_taken))
		return -ENODEV;
	edu = edu_new(pdev);
	if (IS_ERR(edu)) {
		err = PTR_ERR(edu);
		goto give_name;
	}
	pci_set_drvdata(pdev, edu);
	err = pci_enable_device_mem(pdev);
	if (err)
		goto put;
	err = pci_request_mem_regions(pdev, KBUILD_MODNAME);
	if (err)
		goto disable;
	edu->bar = pci_iomap(pdev, 0, 0);
	if (!edu->bar) {
		err = -ENOMEM;
		goto release;
	}
	err = edu_wait_idle(edu);
	if (err)
		goto unmap_bar;
	err = edu_map_dma(edu);
	if (err)
		goto unmap_bar;
	err = edu_request_interrupt(edu);
	if (err)
		goto unmap_dma;
	pci_set_master(pdev);
	edu->misc.minor = MISC_DYNAMIC_MINOR;
	edu->misc.name = "vmremap-edu-c";
	edu->misc.fops = &edu_fops;
	edu->misc.parent = &pdev->dev;
	err = misc_register(&edu->misc);
	if (err)
		goto clear_master;
	return 0;

clear_master:
	pci_clear_master(pdev);
	edu_free_interrupt(edu);
unmap_dma:
	edu_unmap_dma(edu);
unmap_bar:
	pci_iounmap(pdev, edu->bar);
release:
	pci_release_mem_regions(pdev);
disable:
	pci_disable_device(pdev);
put:
	kref_put(&edu->refs, edu_free);
give_name:
	clear_bit(0, &edu_taken);
	return err;
}

/*
 * The device goes away, perhaps during a copy. First keep calls from starting it, and the device
 * from memory; then keep programs from it; and only then unmap the memory for DMA.
 */
static void edu_remove(struct pci_dev *pdev)
{
	struct edu *edu = pci_get_drvdata(pdev);

	misc_deregister(&edu->misc);
	scoped_guard(mutex, &edu->lock)
		edu_cut_off(edu);
	vmremap_area_revoke(edu->area);
	edu_free_interrupt(edu);
	edu_unmap_dma(edu);
	pci_iounmap(pdev, edu->bar);
	pci_release_mem_regions(pdev);
	pci_disable_device(pdev);
	kref_put(&edu->refs, edu_free);
	clear_bit(0, &edu_taken);
}

/* Wait for the copy that runs. No other one starts, because programs are frozen. */
static int edu_suspend(struct device *dev)
{
	struct edu *edu = dev_get_drvdata(dev);

	return wait_event_timeout(edu->stopped, !edu_is_busy(edu), 30 * HZ) ? 0 : -EBUSY;
}

/* There is nothing to resume: the PCI core restores what the device needs to copy. */
static DEFINE_SIMPLE_DEV_PM_OPS(edu_pm_ops, edu_suspend, NULL);

static const struct pci_device_id edu_ids[] = {
	{ PCI_DEVICE(0x1234, 0x11e8) },
	{}
};
MODULE_DEVICE_TABLE(pci, edu_ids);

static struct pci_driver edu_driver = {
	.name = KBUILD_MODNAME,
	.id_table = edu_ids,
	.probe = edu_probe,
	.remove = edu_remove,
	.driver.pm = pm_sleep_ptr(&edu_pm_ops),
};
module_pci_driver(edu_driver);

MODULE_DESCRIPTION("vmremap sample: a PCI function that copies into memory of programs");
MODULE_LICENSE("GPL");
/* The same as MODULE_IMPORT_NS("DMA_BUF"), or before Linux 6.13 MODULE_IMPORT_NS(DMA_BUF). */
MODULE_INFO(import_ns, "DMA_BUF");

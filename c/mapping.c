// SPDX-License-Identifier: GPL-2.0
/*
 * The files that VMAs map in place of the driver's. There are three kinds:
 *
 * * An area's file. Most VMAs on the area share it.
 * * A file for one mapping of an area: if the driver has an .fsync, or has set vm_ops that count
 *   VMAs, or if the area has a name. Its page cache is that of the area's file, so faults, revoke
 *   and freeze work as with that file.
 * * A file for the pieces of a VMA, see pieces.c.
 */
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "span.h"
#include "vma.h"

static int release(struct inode *inode, struct file *file)
{
	struct vmremap_mapping *mapping = file->private_data;
	struct file *driver = mapping->driver;

	mapping->release(mapping);
	/* Put it last, so that the driver's .release does not find the area mapped. */
	if (driver)
		fput(driver);
	return 0;
}

/* For msync(2): vmremap writes nothing back, but the driver's .fsync may. */
static int fsync(struct file *file, loff_t start, loff_t end, int datasync)
{
	struct vmremap_mapping *mapping = file->private_data;
	struct file *driver = mapping->driver;

	if (!driver || !driver->f_op->fsync)
		return 0;
	return vfs_fsync_range(driver, start + mapping->shift, end + mapping->shift, datasync);
}

const struct file_operations vmremap_mapping_fops = {
	.owner = THIS_MODULE,
	.release = release,
	.fsync = fsync,
};

/**
 * vmremap_vma_open - the .open of all VMAs
 * @vma: a copy of a VMA that was split or moved, or that a child inherits
 *
 * Contract: guarantees PolicyHeld.
 * Context: mmap locks of parent and child, or of the one mm, held for write.
 */
void vmremap_vma_open(struct vm_area_struct *vma)
{
	struct vmremap_mapping *mapping = vmremap_mapping_of(vma->vm_file);

	/* If vmremap_end_copy() has taken the vm_ops of a child's copy, no .close will follow. */
	if (mapping && !(mapping->dontcopy && vmremap_end_copy(vma)) && mapping->vm_ops->open)
		mapping->vm_ops->open(vma);
}

/**
 * vmremap_vma_close - the .close of all VMAs
 * @vma: a VMA that goes away
 *
 * Contract: requires nothing.
 * Context: as vm_operations_struct.close.
 */
void vmremap_vma_close(struct vm_area_struct *vma)
{
	struct vmremap_mapping *mapping = vmremap_mapping_of(vma->vm_file);

	if (mapping && mapping->vm_ops->close)
		mapping->vm_ops->close(vma);
}

/* Does the driver have an .open, .close or .fsync that is to be called for the mapping? */
static bool concerns(const struct file *driver, const struct vm_operations_struct *vm_ops)
{
	return driver->f_op->fsync || vmremap_counts(vm_ops);
}

/**
 * vmremap_mapping_open - create a file for a mapping
 * @mapping: the private_data of the file; its vm_ops and driver are set here
 * @name: name of the file, or NULL
 * @vm_ops: the driver's vm_ops, in which only .open and .close may be set; or NULL
 * @driver: the file that the program maps
 *
 * The file holds a reference on @driver if a function of the driver is to be called for it.
 *
 * Contract: guarantees DriverOutlives, AllOrNothing.
 * Context: An .mmap or .mmap_prepare callback. May sleep.
 * Return: the file, or -ENOMEM or -ENFILE as an ERR_PTR().
 */
struct file *vmremap_mapping_open(struct vmremap_mapping *mapping, const char *name,
				  const struct vm_operations_struct *vm_ops, struct file *driver)
{
	struct file *file = anon_inode_getfile(name ?: "[vmremap]", &vmremap_mapping_fops,
					       mapping, O_RDWR);

	if (IS_ERR(file))
		return file;
	/* As in vmremap_cache_fill(), for the same reasons. */
	file->f_mode |= FMODE_NOREUSE | FMODE_NOCMTIME;
	mapping->vm_ops = vmremap_counts(vm_ops) ? vm_ops : &vmremap_no_vm_ops;
	mapping->driver = concerns(driver, vm_ops) ? get_file(driver) : NULL;
	return file;
}

static void end(struct vmremap_mapping *mapping)
{
	fput(mapping->area->file);
	kfree(mapping);
}

/**
 * vmremap_mapping_file - get the file that a VMA on one area is to map
 * @area: the area
 * @req: a request that lies within @area
 * @vm_ops: as for vmremap_mapping_open()
 * @driver: the file that the program maps
 * @pgoff: where the VMA begins in @driver, in pages
 *
 * Contract: requires AreaOutlives; guarantees AreaOutlives, DriverOutlives, AllOrNothing.
 * Context: An .mmap or .mmap_prepare callback. May sleep.
 * Return: the file, with a reference; or -ENOMEM or -ENFILE as an ERR_PTR().
 */
struct file *vmremap_mapping_file(struct vmremap_area *area, const struct vmremap_request *req,
				  const struct vm_operations_struct *vm_ops,
				  struct file *driver, unsigned long pgoff)
{
	if (!area->name && !concerns(driver, vm_ops))
		return get_file(area->file);

	struct vmremap_mapping *mapping __free(kfree) = kmemdup(&area->mapping, sizeof(*mapping),
								GFP_KERNEL_ACCOUNT);
	struct file *file;

	if (!mapping)
		return ERR_PTR(-ENOMEM);
	mapping->release = end;
	mapping->shift = ((loff_t)pgoff - vmremap_area_index(area, req)) << PAGE_SHIFT;
	file = vmremap_mapping_open(mapping, area->name, vm_ops, driver);
	if (IS_ERR(file))
		return file;
	get_file(area->file);
	file->f_mapping = area->file->f_mapping;
	file->private_data = no_free_ptr(mapping);
	return file;
}

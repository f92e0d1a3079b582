// SPDX-License-Identifier: GPL-2.0
/* A C driver that misuses vmremap in every known way. */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/sizes.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "vmremap.h"

static char *kind = "";
module_param(kind, charp, 0);
MODULE_PARM_DESC(kind, "which misuse: see the table");

static struct vmremap_area *area;

static void alloc_in_atomic_context(void)
{
	static DEFINE_SPINLOCK(lock);

	spin_lock(&lock);
	vmremap_area_put(vmremap_area_alloc(PAGE_SIZE, 0));
	spin_unlock(&lock);
}

static void freeze_in_atomic_context(void)
{
	static DEFINE_SPINLOCK(lock);

	spin_lock(&lock);
	if (!vmremap_area_freeze(area))
		vmremap_area_thaw(area);
	spin_unlock(&lock);
}

static void thaw_what_is_not_frozen(void)
{
	vmremap_area_thaw(area);
}

static void put_twice(void)
{
	struct vmremap_area *other = vmremap_area_alloc(PAGE_SIZE, 0);

	vmremap_area_put(other);
	vmremap_area_put(other);
}

static void use_after_put(void)
{
	struct vmremap_area *other = vmremap_area_alloc(PAGE_SIZE, 0);

	vmremap_area_put(other);
	vmremap_area_put(vmremap_area_get(other));
}

static void map_outside_of_a_callback(void)
{
	struct vm_area_struct vma = { .vm_mm = current->mm, .vm_end = PAGE_SIZE };

	if (vmremap_area_mmap(area, &vma, 0) != -EBUSY)
		pr_err("misuse: a VMA that nobody has locked could be mapped\n");
}

static int mmap_and_change_vm_file(struct file *file, struct vm_area_struct *vma)
{
	int err = vmremap_area_mmap(area, vma, 0);

	if (!err)
		vma_set_file(vma, file);
	return err;
}

static int mmap_put_area(struct file *file, struct vm_area_struct *vma)
{
	struct vmremap_area *other = vmremap_area_alloc(PAGE_SIZE, 0);

	vmremap_area_put(other);
	return vmremap_area_mmap(other, vma, 0);
}

static const struct file_operations change_vm_file_fops = {
	.owner = THIS_MODULE,
	.mmap = mmap_and_change_vm_file,
};

static const struct file_operations put_area_fops = {
	.owner = THIS_MODULE,
	.mmap = mmap_put_area,
};

/* Map a file into this program, and access a page that mmap() has not mapped. */
static int map_and_touch(const struct file_operations *fops)
{
	struct file *file = anon_inode_getfile("misuse", fops, NULL, O_RDWR);
	unsigned long uaddr;
	int err;

	if (IS_ERR(file))
		return PTR_ERR(file);
	uaddr = vm_mmap(file, 0, SZ_64K, PROT_READ | PROT_WRITE, MAP_SHARED, 0);
	err = IS_ERR_VALUE(uaddr) ? (int)uaddr : put_user(1, (int __user *)(uaddr + SZ_32K));
	if (!IS_ERR_VALUE(uaddr))
		vm_munmap(uaddr, SZ_64K);
	fput(file);
	return err;
}

static void change_vm_file(void)
{
	if (map_and_touch(&change_vm_file_fops) != -EFAULT)
		pr_err("misuse: a mapping without its file could be touched\n");
}

static void map_put_area(void)
{
	if (map_and_touch(&put_area_fops) != -EFAULT)
		pr_err("misuse: an area that was put could be mapped\n");
}

static void free_what_is_an_area(void)
{
	vmremap_free(vmremap_area_addr(area));
	if (!vmremap_area_is_sole_reference(area))
		pr_err("misuse: the reference of an area was dropped by its address\n");
}

static const struct {
	const char *name;
	void (*make)(void);
} misuses[] = {
	{ "alloc-atomic", alloc_in_atomic_context },
	{ "freeze-atomic", freeze_in_atomic_context },
	{ "thaw-open", thaw_what_is_not_frozen },
	{ "put-twice", put_twice },
	{ "get-after-put", use_after_put },
	{ "outside-callback", map_outside_of_a_callback },
	{ "vm-file-changed", change_vm_file },
	{ "map-after-put", map_put_area },
	{ "free-area", free_what_is_an_area },
};

static int __init misuse_init(void)
{
	unsigned int i;

	area = vmremap_area_alloc(SZ_64K, VMREMAP_REVOCABLE);
	if (IS_ERR(area))
		return PTR_ERR(area);
	for (i = 0; i < ARRAY_SIZE(misuses); i++)
		if (!strcmp(kind, misuses[i].name))
			misuses[i].make();
	vmremap_area_put(area);
	return 0;
}
module_init(misuse_init);

static void __exit misuse_exit(void)
{
}
module_exit(misuse_exit);

MODULE_DESCRIPTION("vmremap: a driver that misuses the ABI");
MODULE_LICENSE("GPL");

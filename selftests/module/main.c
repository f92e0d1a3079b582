// SPDX-License-Identifier: GPL-2.0
/*
 * vmremap_test: calls the functions of vmremap in the mmap callbacks of a driver, with arguments
 * that a program chooses.
 *
 * For tests only: it reveals kernel addresses, and maps any memory that a program asks for.
 */

#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "test.h"
#include "vmremap.h"

int test_open(struct inode *inode, struct file *file)
{
	struct test_file *tf;
	int ret;

	if (!capable(CAP_SYS_RAWIO))
		return -EPERM;

	tf = kzalloc_obj(*tf);
	if (!tf)
		return -ENOMEM;
	ret = test_fragments_init(&tf->fragments);
	if (ret) {
		kfree(tf);
		return ret;
	}
	mutex_init(&tf->lock);
	spin_lock_init(&tf->slots_lock);
	file->private_data = tf;
	return 0;
}

int test_release(struct inode *inode, struct file *file)
{
	struct test_file *tf = file->private_data;

	test_fragments_free(&tf->fragments);
	for (u32 slot = 0; slot < VMREMAP_TEST_SLOTS; slot++)
		test_memory_free(tf, slot);
	kfree(tf);
	return 0;
}

static long test_memory_ioctl(struct test_file *tf, unsigned int cmd,
			      void __user *argp)
{
	struct vmremap_test_memory req;
	int ret;

	if (copy_from_user(&req, argp, sizeof(req)))
		return -ENXIO;
	scoped_guard(mutex, &tf->lock)
		ret = cmd == VMREMAP_TEST_ALLOC ? test_memory_alloc(tf, &req) :
						  test_memory_info(tf, &req);
	if (!ret && copy_to_user(argp, &req, sizeof(req)))
		return -ENXIO;
	return ret;
}

static long test_access_ioctl(struct test_file *tf, unsigned int cmd,
			      void __user *argp)
{
	struct vmremap_test_access req;

	if (copy_from_user(&req, argp, sizeof(req)))
		return -ENXIO;
	guard(mutex)(&tf->lock);
	return test_memory_access(tf, cmd == VMREMAP_TEST_POKE, &req);
}

/* The area of a slot, or NULL. tf->lock must be held. */
static struct vmremap_area *test_area(struct test_file *tf, u32 nr)
{
	struct test_memory *mem = test_memory_get(tf, nr);

	return mem && mem->used && mem->kind == VMREMAP_TEST_AREA ? mem->area : NULL;
}

static long test_get_and_put(struct test_file *tf, u32 nr)
{
	struct vmremap_area *area;

	scoped_guard(mutex, &tf->lock) {
		area = test_area(tf, nr);
		if (!area)
			return -ENXIO;
		vmremap_area_get(area);
	}
	vmremap_area_put(area);
	return 0;
}

static long test_area_ioctl(struct test_file *tf, unsigned int cmd, u32 nr)
{
	struct vmremap_area *area;

	guard(mutex)(&tf->lock);
	area = test_area(tf, nr);
	if (!area)
		return -ENXIO;
	switch (cmd) {
	case VMREMAP_TEST_GET:
		return vmremap_area_get(area) == area ? 0 : -EILSEQ;
	case VMREMAP_TEST_REVOKE:
		return vmremap_area_revoke(area);
	case VMREMAP_TEST_FREEZE:
		return vmremap_area_freeze(area);
	case VMREMAP_TEST_THAW:
		vmremap_area_thaw(area);
		return 0;
	case VMREMAP_TEST_IS_MAPPED:
		return vmremap_area_is_mapped(area);
	case VMREMAP_TEST_NAME:
		return vmremap_area_set_name(area, "test");
	default:
		vmremap_area_put(area);
		return 0;
	}
}

/*
 * No lock protects the plan, because the mmap callback runs under the mmap lock, inside of which
 * user memory cannot be copied. A program sets a plan, maps and reads the plan one after the
 * other.
 */
static long test_plan_ioctl(struct test_file *tf, unsigned int cmd,
			    void __user *argp)
{
	if (cmd == VMREMAP_TEST_GET_PLAN)
		return copy_to_user(argp, &tf->plan, sizeof(tf->plan)) ? -ENXIO : 0;

	if (copy_from_user(&tf->plan, argp, sizeof(tf->plan)))
		return -ENXIO;
	if (tf->plan.count > VMREMAP_TEST_CALLS) {
		tf->plan.count = 0;
		return -ENXIO;
	}
	return 0;
}

/* Errors of this module are -ENXIO, so that they differ from those of vmremap. */
long test_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct test_file *tf = file->private_data;
	void __user *argp = (void __user *)arg;

	switch (cmd) {
	case VMREMAP_TEST_ALLOC:
	case VMREMAP_TEST_INFO:
		return test_memory_ioctl(tf, cmd, argp);
	case VMREMAP_TEST_PEEK:
	case VMREMAP_TEST_POKE:
		return test_access_ioctl(tf, cmd, argp);
	case VMREMAP_TEST_GET:
	case VMREMAP_TEST_PUT_AREA:
	case VMREMAP_TEST_REVOKE:
	case VMREMAP_TEST_FREEZE:
	case VMREMAP_TEST_THAW:
	case VMREMAP_TEST_IS_MAPPED:
	case VMREMAP_TEST_NAME:
		return test_area_ioctl(tf, cmd, arg);
	case VMREMAP_TEST_GET_AND_PUT:
		return test_get_and_put(tf, arg);
	case VMREMAP_TEST_SET_PLAN:
	case VMREMAP_TEST_GET_PLAN:
		return test_plan_ioctl(tf, cmd, argp);
	case VMREMAP_TEST_COUNTS:
		return test_counts_ioctl(tf, argp);
	case VMREMAP_TEST_FREE: {
		guard(mutex)(&tf->lock);
		return test_memory_free(tf, arg);
	}
	case VMREMAP_TEST_REFERENCES: {
		guard(mutex)(&tf->lock);
		return test_memory_references(tf, arg);
	}
	case VMREMAP_TEST_FRAGMENT: {
		guard(mutex)(&tf->lock);
		return test_fragment(&tf->fragments, arg);
	}
	default:
		return -ENOTTY;
	}
}

static int test_mmap(struct file *file, struct vm_area_struct *vma)
{
	return test_plan_mmap(file->private_data, vma);
}

static const struct file_operations test_mmap_fops = {
	.owner = THIS_MODULE,
	.open = test_open,
	.release = test_release,
	.unlocked_ioctl = test_ioctl,
	.mmap = test_mmap,
	.get_unmapped_area = vmremap_get_unmapped_area,
};

static const struct file_operations test_sync_fops = {
	.owner = THIS_MODULE,
	.open = test_open,
	.release = test_release,
	.unlocked_ioctl = test_ioctl,
	.mmap = test_mmap,
	.fsync = test_fsync,
};

static struct miscdevice test_devices[] = {
	{ MISC_DYNAMIC_MINOR, "vmremap-test", &test_mmap_fops },
	{ MISC_DYNAMIC_MINOR, "vmremap-test-sync", &test_sync_fops },
#ifndef VMREMAP_LACKS_MMAP_PREPARE
	{ MISC_DYNAMIC_MINOR, "vmremap-test-prepare", &test_prepare_fops },
	{ MISC_DYNAMIC_MINOR, "vmremap-test-nested", &test_nested_fops },
#endif
};

static void test_deregister(unsigned int devices)
{
	while (devices)
		misc_deregister(&test_devices[--devices]);
}

static int __init test_init(void)
{
	for (unsigned int n = 0; n < ARRAY_SIZE(test_devices); n++) {
		int ret = misc_register(&test_devices[n]);

		if (ret) {
			test_deregister(n);
			return ret;
		}
	}
	return 0;
}
module_init(test_init);

static void __exit test_exit(void)
{
	test_deregister(ARRAY_SIZE(test_devices));
}
module_exit(test_exit);

MODULE_DESCRIPTION("vmremap test module: calls the ABI as it is told");
MODULE_LICENSE("GPL");

// SPDX-License-Identifier: GPL-2.0
/* Call the functions of a plan in an .mmap_prepare callback, if the kernel has one. */

#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>

#include "test.h"
#include "vmremap.h"

static int test_plan_prepare(struct test_file *tf, struct vm_area_desc *desc)
{
	struct vmremap_test_plan *plan = &tf->plan;

	for (u32 n = 0; n < plan->count; n++) {
		struct vmremap_test_call *call = &plan->calls[n];
		struct test_memory mem;
		int ret;

		if (call->function != VMREMAP_TEST_AREA_MMAP ||
		    !test_memory_hold(tf, call->slot, &mem))
			return -ENXIO;
		if (call->flags & VMREMAP_TEST_PFNMAP)
			mmap_action_ioremap_full(desc, 0);
		if (call->flags & VMREMAP_TEST_COUNT)
			desc->vm_ops = &test_count_vm_ops;
		if (call->flags & VMREMAP_TEST_ACCESS)
			desc->vm_ops = &test_access_vm_ops;
		desc->private_data = &tf->counts;
		if (call->flags & VMREMAP_TEST_NO_VMA)
			desc = NULL;
		ret = vmremap_area_mmap_prepare(mem.area, desc, call->pgoff);
		if (!ret && call->flags & VMREMAP_TEST_COUNT)
			atomic_inc(&tf->counts.opened);
		call->result = ret;
		test_after(tf, call);
		test_memory_release(&mem);
		if (ret && !plan->go_on)
			return ret;
	}
	return 0;
}

static int test_mmap_prepare(struct vm_area_desc *desc)
{
	return test_plan_prepare(desc->file->private_data, desc);
}

/* Like uio_mmap(), which calls the .mmap_prepare of another driver. */
static int test_mmap_nested(struct file *file, struct vm_area_struct *vma)
{
	struct vm_area_desc desc;
	int ret;

	compat_set_desc_from_vma(&desc, file, vma);
	ret = test_plan_prepare(file->private_data, &desc);
	return ret ?: __compat_vma_mmap(&desc, vma);
}

const struct file_operations test_prepare_fops = {
	.owner = THIS_MODULE,
	.open = test_open,
	.release = test_release,
	.unlocked_ioctl = test_ioctl,
	.mmap_prepare = test_mmap_prepare,
	.get_unmapped_area = vmremap_get_unmapped_area,
};

const struct file_operations test_nested_fops = {
	.owner = THIS_MODULE,
	.open = test_open,
	.release = test_release,
	.unlocked_ioctl = test_ioctl,
	.mmap = test_mmap_nested,
	.get_unmapped_area = vmremap_get_unmapped_area,
};

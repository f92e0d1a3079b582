// SPDX-License-Identifier: GPL-2.0
/* Call the functions of a plan in an .mmap callback. */

#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>

#include "test.h"
#include "vmremap.h"

void test_after(struct test_file *tf, const struct vmremap_test_call *call)
{
	if (call->flags & VMREMAP_TEST_PUT)
		test_memory_free(tf, call->slot);
}

static int test_call(const struct test_memory *mem, struct vm_area_struct *vma,
		     const struct vmremap_test_call *call)
{
	unsigned long start = vma->vm_start;
	unsigned long uaddr = call->uaddr;
	void *kaddr = (void *)((unsigned long)mem->addr + (unsigned long)call->kaddr);

	if (!(call->flags & VMREMAP_TEST_ABSOLUTE))
		uaddr += start;
	if (call->flags & VMREMAP_TEST_PFNMAP)
		vm_flags_set(vma, VM_PFNMAP);
	if (call->flags & VMREMAP_TEST_COUNT)
		vma->vm_ops = &test_count_vm_ops;
	if (call->flags & VMREMAP_TEST_ACCESS)
		vma->vm_ops = &test_access_vm_ops;
	if (call->flags & VMREMAP_TEST_NO_VMA)
		vma = NULL;

	switch (call->function) {
	case VMREMAP_TEST_AREA_MMAP:
		return vmremap_area_mmap(mem->area, vma, call->pgoff);
	case VMREMAP_TEST_RANGE:
		return vmremap_range(vma, kaddr, call->pgoff);
	case VMREMAP_TEST_RANGE_PARTIAL:
		return vmremap_range_partial(vma, uaddr, kaddr, call->pgoff,
					     call->size);
	case VMREMAP_TEST_STOCK_RANGE:
		return remap_vmalloc_range(vma, kaddr, call->pgoff);
	default:
		return -ENXIO;
	}
}

int test_plan_mmap(struct test_file *tf, struct vm_area_struct *vma)
{
	struct vmremap_test_plan *plan = &tf->plan;

	for (u32 n = 0; n < plan->count; n++) {
		struct vmremap_test_call *call = &plan->calls[n];
		struct test_memory mem;
		int ret;

		if (!test_memory_hold(tf, call->slot, &mem))
			return -ENXIO;
		vma->vm_private_data = &tf->counts;
		ret = test_call(&mem, vma, call);
		if (!ret && call->flags & VMREMAP_TEST_COUNT)
			atomic_inc(&tf->counts.opened);
		call->result = ret;
		if (call->flags & VMREMAP_TEST_MIXEDMAP)
			vm_flags_set(vma, VM_MIXEDMAP);
		test_after(tf, call);
		test_memory_release(&mem);
		if (ret && !plan->go_on)
			return ret;
	}
	return 0;
}

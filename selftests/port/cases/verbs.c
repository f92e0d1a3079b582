// SPDX-License-Identifier: GPL-2.0
/* The subsystem sets vm_ops first. */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/vmalloc.h>
#include <rdma/ib_verbs.h>

static void *ring;

static int card_mmap(struct ib_ucontext *context, struct vm_area_struct *vma)
{
	return remap_vmalloc_range(vma, ring, 0);
}

const struct ib_device_ops card_ops = {
	.mmap = card_mmap,
};

static int __init verbs_start(void)
{
	ring = vmalloc_user(PAGE_SIZE);
	return ring ? 0 : -ENOMEM;
}

static void __exit verbs_stop(void)
{
	vfree(ring);
}
module_init(verbs_start);
module_exit(verbs_stop);
MODULE_DESCRIPTION("A case of tools/port");
MODULE_LICENSE("GPL");

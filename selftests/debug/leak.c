// SPDX-License-Identifier: GPL-2.0
/* A C driver that copies a byte which it has not initialized to an area. */
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/kmsan-checks.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "vmremap.h"

#define BYTES 16

static char *kind = "";
module_param(kind, charp, 0);
MODULE_PARM_DESC(kind, "what the byte reaches: see the table");

/* What selftests/module/memory.c does with each area. */
static void to_a_mapping(struct vmremap_area *area)
{
	kmsan_check_memory(vmremap_area_addr(area), vmremap_area_size(area));
}

static void to_a_program(struct vmremap_area *area)
{
	unsigned long uaddr = vm_mmap(NULL, 0, PAGE_SIZE, PROT_READ | PROT_WRITE,
				      MAP_PRIVATE | MAP_ANONYMOUS, 0);

	if (IS_ERR_VALUE(uaddr))
		return;
	if (copy_to_user((void __user *)uaddr, vmremap_area_addr(area), BYTES))
		pr_err("leak: a program's memory could not be written\n");
	vm_munmap(uaddr, PAGE_SIZE);
}

static void to_a_device(struct vmremap_area *area)
{
	struct platform_device *pdev = platform_device_register_simple("leak", -1, NULL, 0);
	struct sg_table sgt;

	if (IS_ERR(pdev))
		return;
	if (dma_coerce_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64)) ||
	    vmremap_area_sg_table(area, &sgt, GFP_KERNEL))
		goto unregister;
	if (dma_map_sgtable(&pdev->dev, &sgt, DMA_TO_DEVICE, 0))
		pr_err("leak: the device cannot read the area\n");
	else
		dma_unmap_sgtable(&pdev->dev, &sgt, DMA_TO_DEVICE, 0);
	sg_free_table(&sgt);
unregister:
	platform_device_unregister(pdev);
}

static const struct {
	const char *name;
	void (*leak)(struct vmremap_area *area);
} leaks[] = {
	{ "mapping", to_a_mapping },
	{ "program", to_a_program },
	{ "device", to_a_device },
};

static int __init leak_init(void)
{
	struct vmremap_area *area;
	char *buf;
	unsigned int i;

	area = vmremap_area_alloc(PAGE_SIZE, 0);
	if (IS_ERR(area))
		return PTR_ERR(area);
	buf = kmalloc(BYTES, GFP_KERNEL);
	if (!buf) {
		vmremap_area_put(area);
		return -ENOMEM;
	}
	memset(buf, 1, BYTES - 1);
	memcpy(vmremap_area_addr(area), buf, BYTES);
	for (i = 0; i < ARRAY_SIZE(leaks); i++)
		if (!strcmp(kind, leaks[i].name))
			leaks[i].leak(area);
	kfree(buf);
	vmremap_area_put(area);
	return 0;
}
module_init(leak_init);

static void __exit leak_exit(void)
{
}
module_exit(leak_exit);

MODULE_DESCRIPTION("vmremap: a driver that leaks a byte");
MODULE_LICENSE("GPL");

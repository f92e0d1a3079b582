// SPDX-License-Identifier: GPL-2.0
#include <linux/export.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>

#include "vmremap.h"

/*
 * As thp_get_unmapped_area() does it, but for mappings below the size of a PMD
 * too: ask for enough room to move the start to the next aligned place.
 */
unsigned long vmremap_get_unmapped_area(struct file *file, unsigned long addr,
					unsigned long len, unsigned long pgoff,
					unsigned long flags)
{
	unsigned long slack = min(rounddown_pow_of_two(max(len, PAGE_SIZE)), PMD_SIZE) - PAGE_SIZE;
	/* If the sum wraps, @len does not fit at this address, and the kernel refuses it. */
	unsigned long start = mm_get_unmapped_area(file, addr, len + slack, pgoff, flags);

	if (IS_ERR_VALUE(start))
		return mm_get_unmapped_area(file, addr, len, pgoff, flags);
	/* The hint is the program's own choice, and more so with MAP_FIXED. */
	if (start == addr)
		return addr;
	return start + (((pgoff << PAGE_SHIFT) - start) & slack);
}
EXPORT_SYMBOL_GPL(vmremap_get_unmapped_area);

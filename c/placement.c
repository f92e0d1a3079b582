// SPDX-License-Identifier: GPL-2.0
#include <linux/export.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>

#include "vmremap.h"

/*
 * Like thp_get_unmapped_area(), but also for mappings that are smaller than a PMD: ask for enough
 * room to move the start up to the next aligned address. If the program has given a hint, there may
 * be room for only @len bytes. As shmem_get_unmapped_area() does, use it then.
 */
unsigned long vmremap_get_unmapped_area(struct file *file, unsigned long addr,
					unsigned long len, unsigned long pgoff, unsigned long flags)
{
	unsigned long slack = min(rounddown_pow_of_two(max(len, PAGE_SIZE)), PMD_SIZE) - PAGE_SIZE;
	/* If the sum wraps, @len does not fit at this address, and the kernel refuses it. */
	unsigned long start = mm_get_unmapped_area(file, addr, len + slack, pgoff, flags);

	/* The program has chosen this address, by a hint or MAP_FIXED: do not align it. */
	if (start == addr || (addr && mm_get_unmapped_area(file, addr, len, pgoff, flags) == addr))
		return addr;
	if (IS_ERR_VALUE(start))
		return mm_get_unmapped_area(file, addr, len, pgoff, flags);
	return start + (((pgoff << PAGE_SHIFT) - start) & slack);
}
EXPORT_SYMBOL_GPL(vmremap_get_unmapped_area);

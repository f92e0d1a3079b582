// SPDX-License-Identifier: GPL-2.0
/* Areas for drivers that keep an address, as of vmalloc_user(), and no pointer to an area. */
#include <linux/err.h>
#include <linux/export.h>
#include <linux/vmalloc.h>

#include "area.h"

void *vmremap_alloc(size_t size, unsigned int flags)
{
	struct vmremap_area *area = vmremap_area_alloc(size, flags);

	if (IS_ERR(area))
		return NULL;
	WRITE_ONCE(area->by_address, 1);
	return area->addr;
}
EXPORT_SYMBOL_GPL(vmremap_alloc);

void vmremap_free(const void *addr)
{
	struct vmremap_area *area __free(vmremap_area) = vmremap_index_get((unsigned long)addr);

	if (!area)
		vfree(addr);
	else if (!WARN_ONCE(IS_ERR(area) || area->addr != addr || !xchg(&area->by_address, 0),
			    "vmremap: freed what vmremap_alloc() has not returned, or twice\n"))
		vmremap_area_put(area);
}
EXPORT_SYMBOL_GPL(vmremap_free);

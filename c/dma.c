// SPDX-License-Identifier: GPL-2.0
#include <linux/export.h>
#include <linux/scatterlist.h>

#include "area.h"

int vmremap_area_sg_table(struct vmremap_area *area, struct sg_table *sgt, gfp_t gfp)
{
	struct scatterlist *sg;
	struct folio *folio;
	size_t left;
	int err = IS_ERR_OR_NULL(area) || !sgt ? -EFAULT :
		  sg_alloc_table(sgt, list_count_nodes(&area->folios), gfp);

	if (err)
		return err;
	left = area->size;
	sg = sgt->sgl;
	list_for_each_entry(folio, &area->folios, lru) {
		sg_set_folio(sg, folio, min(left, folio_size(folio)), 0);
		left -= sg->length;
		sg = sg_next(sg);
	}
	return 0;
}
EXPORT_SYMBOL_GPL(vmremap_area_sg_table);

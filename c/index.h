/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VMREMAP_INDEX_H
#define VMREMAP_INDEX_H

#include <linux/types.h>

struct vmremap_area;

int vmremap_index_add(struct vmremap_area *area);
void vmremap_index_remove(struct vmremap_area *area);
struct vmremap_area *vmremap_index_get(u32 id);
struct vmremap_area *vmremap_index_get_by_addr(unsigned long kaddr);

#endif /* VMREMAP_INDEX_H */

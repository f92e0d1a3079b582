/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VMREMAP_CACHE_H
#define VMREMAP_CACHE_H

struct vmremap_area;

int vmremap_cache_fill(struct vmremap_area *area);
void vmremap_cache_drop(struct vmremap_area *area);

#endif /* VMREMAP_CACHE_H */

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VMREMAP_CACHE_H
#define VMREMAP_CACHE_H

struct file;
struct vmremap_area;

int vmremap_cache_make(struct vmremap_area *area);
struct vmremap_area *vmremap_cache_area(const struct file *file);
void vmremap_cache_drop(struct vmremap_area *area);

#endif /* VMREMAP_CACHE_H */

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VMREMAP_MAP_H
#define VMREMAP_MAP_H

#include <linux/mm_types.h>

#include "policy.h"

struct vmremap_area;

extern const struct vm_operations_struct vmremap_area_vm_ops;

enum vmremap_clause vmremap_check_vma(const struct vm_area_struct *vma);
int vmremap_map_vma(struct vmremap_area *area, struct vm_area_struct *vma,
		    unsigned long index, enum vmremap_private private);

#endif /* VMREMAP_MAP_H */

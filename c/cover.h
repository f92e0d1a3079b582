/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VMREMAP_COVER_H
#define VMREMAP_COVER_H

#include <linux/mm_types.h>

#include "policy.h"

struct vmremap_area;

extern const struct vm_operations_struct vmremap_area_vm_ops;

int vmremap_cover(struct vmremap_area *area, struct vm_area_struct *vma,
		  const struct vmremap_request *req, enum vmremap_private private);
int vmremap_cover_prefault(struct vmremap_area *area, struct vm_area_struct *vma);
vm_fault_t vmremap_cover_fault(struct vm_fault *vmf);
vm_fault_t vmremap_cover_huge_fault(struct vm_fault *vmf, unsigned int order);

#endif /* VMREMAP_COVER_H */

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VMREMAP_FAULT_H
#define VMREMAP_FAULT_H

#include "span.h"

int vmremap_insert(struct vm_area_struct *vma, const struct vmremap_span *span);
int vmremap_prefault(struct vm_area_struct *vma, const struct vmremap_span *span);
vm_fault_t vmremap_insert_fault(struct vm_fault *vmf, const struct vmremap_span *span);
vm_fault_t vmremap_fault(struct vm_fault *vmf, const struct vmremap_span *span);
vm_fault_t vmremap_huge_fault(struct vm_fault *vmf, unsigned int order,
			      const struct vmremap_span *span);

#endif /* VMREMAP_FAULT_H */

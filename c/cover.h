/* SPDX-License-Identifier: GPL-2.0 */
/* The ways to map: a whole VMA on one area, a piece of an area, and plain vmalloc memory. */
#ifndef VMREMAP_COVER_H
#define VMREMAP_COVER_H

#include <linux/mm_types.h>

#include "policy.h"

struct vmremap_area;

extern const struct vm_operations_struct vmremap_area_vm_ops, vmremap_pieces_vm_ops;

int vmremap_cover(struct vmremap_area *area, struct vm_area_struct *vma,
		  const struct vmremap_request *req, enum vmremap_private private);
vm_fault_t vmremap_cover_fault(struct vm_fault *vmf);
vm_fault_t vmremap_cover_huge_fault(struct vm_fault *vmf, unsigned int order);

/* Of pieces.c. */
int vmremap_map_piece(struct vmremap_area *area, struct vm_area_struct *vma,
		      const struct vmremap_request *req);

/* Of foreign.c. */
int vmremap_map_foreign(struct vm_area_struct *vma, const struct vmremap_request *req);

#endif /* VMREMAP_COVER_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* The ways to map: a whole VMA on one area, a piece of an area, and plain vmalloc memory. */
#ifndef VMREMAP_COVER_H
#define VMREMAP_COVER_H

#include <linux/mm.h>

#include "policy.h"

struct vmremap_area;

extern const struct vm_operations_struct vmremap_area_vm_ops, vmremap_pieces_vm_ops;

int vmremap_cover(struct vmremap_area *area, struct vm_area_struct *vma,
		  const struct vmremap_request *req, enum vmremap_private private);
void vmremap_cover_open(struct vm_area_struct *vma);
vm_fault_t vmremap_cover_map_pages(struct vm_fault *vmf, pgoff_t first, pgoff_t last);
vm_fault_t vmremap_cover_fault(struct vm_fault *vmf);
struct mempolicy *vmremap_cover_get_policy(struct vm_area_struct *vma, unsigned long addr,
					   pgoff_t *index);

#ifdef CONFIG_NUMA
#define VMREMAP_GET_POLICY	.get_policy = vmremap_cover_get_policy,
#else
#define VMREMAP_GET_POLICY
#endif

/* What all VMAs on one area have in common, by whichever hook they were made. */
#define VMREMAP_COVER_VM_OPS \
	.open = vmremap_cover_open, \
	.map_pages = vmremap_cover_map_pages, \
	.fault = vmremap_cover_fault, \
	VMREMAP_GET_POLICY

/*
 * Has userfaultfd(2) left a marker in place of the entry? vmf_insert_page_mkwrite() does not
 * replace it, finish_fault() does. Linux 6.15 to 6.19 allow one in any shared mapping.
 */
static inline bool vmremap_fault_has_marker(const struct vm_fault *vmf)
{
	return vmf->flags & FAULT_FLAG_ORIG_PTE_VALID && !pte_none(vmf->orig_pte);
}

/* Of pieces.c. */
int vmremap_map_piece(struct vmremap_area *area, struct vm_area_struct *vma,
		      const struct vmremap_request *req);

/* Of foreign.c. */
int vmremap_map_foreign(struct vm_area_struct *vma, const struct vmremap_request *req);

#endif /* VMREMAP_COVER_H */

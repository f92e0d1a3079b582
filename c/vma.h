/* SPDX-License-Identifier: GPL-2.0 */
/*
 * VMAs that are being set up, and the ways to map: a whole VMA on one area, a piece of an area, and
 * plain vmalloc memory.
 */
#ifndef VMREMAP_VMA_H
#define VMREMAP_VMA_H

#include "../out-of-tree/compat/quirks.h"
#include "area.h"

extern const struct vm_operations_struct vmremap_no_vm_ops;
extern const struct vm_operations_struct vmremap_area_vm_ops, vmremap_pieces_vm_ops;

/* vma.c: checks for all these ways to map. */
bool vmremap_has_owner(const struct vm_operations_struct *ops);
enum vmremap_clause vmremap_check_vma(const struct vm_area_struct *vma,
				      const struct vm_operations_struct *ours);
enum vmremap_clause vmremap_check_use(const struct vmremap_area *area,
				      enum vmremap_private private, vm_flags_t *vm_flags);

/*
 * Has vmremap set these vm_ops? It sets vmremap_no_vm_ops if a call fails after an earlier one has
 * succeeded, because pages of the earlier call may still be mapped.
 */
static inline bool vmremap_is_own(const struct vm_operations_struct *ops)
{
	return ops == &vmremap_area_vm_ops || ops == &vmremap_pieces_vm_ops ||
	       ops == &vmremap_no_vm_ops;
}

/* Do a driver's vm_ops count its VMAs? */
static inline bool vmremap_counts(const struct vm_operations_struct *ops)
{
	return ops && (ops->open || ops->close);
}

/* The kernel recomputes vm_page_prot from vm_flags only after mmap, so update it here. */
static inline void vmremap_set_vm_flags(struct vm_area_struct *vma, vm_flags_t vm_flags)
{
	if ((vma->vm_flags ^ vm_flags) & VM_EXEC)
		vma->vm_page_prot = vm_get_page_prot(vm_flags);
	vm_flags_init(vma, vm_flags);
}

/* cover.c */
int vmremap_cover(struct vmremap_area *area, struct vm_area_struct *vma,
		  const struct vmremap_request *req, enum vmremap_private private);
vm_fault_t vmremap_cover_map_pages(struct vm_fault *vmf, pgoff_t first, pgoff_t last);
vm_fault_t vmremap_cover_fault(struct vm_fault *vmf);

/* The vm_ops of a VMA on one area have these callbacks, whichever hook has set it up. */
#define VMREMAP_COVER_VM_OPS \
	.open = vmremap_vma_open, \
	.close = vmremap_vma_close, \
	.map_pages = vmremap_cover_map_pages, \
	.fault = vmremap_cover_fault,

/* mapping.c */
void vmremap_vma_open(struct vm_area_struct *vma);
void vmremap_vma_close(struct vm_area_struct *vma);
struct file *vmremap_mapping_open(struct vmremap_mapping *mapping, const char *name,
				  const struct vm_operations_struct *vm_ops, struct file *driver);
struct file *vmremap_mapping_file(struct vmremap_area *area, const struct vmremap_request *req,
				  const struct vm_operations_struct *vm_ops,
				  struct file *driver, unsigned long pgoff);

/* pieces.c */
int vmremap_map_piece(struct vmremap_area *area, struct vm_area_struct *vma,
		      const struct vmremap_request *req);

/* foreign.c */
int vmremap_map_foreign(struct vm_area_struct *vma, const struct vmremap_request *req);

#endif /* VMREMAP_VMA_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* A VMA that is being set up. */
#ifndef VMREMAP_VMA_H
#define VMREMAP_VMA_H

#include <linux/mm.h>

#include "policy.h"

struct vmremap_area;

extern const struct vm_operations_struct vmremap_no_vm_ops;

enum vmremap_clause vmremap_check_vma(const struct vm_area_struct *vma,
				      const struct vm_operations_struct *ours);
bool vmremap_end_copy(struct vm_area_struct *vma);
enum vmremap_clause vmremap_check_use(const struct vmremap_area *area,
				      enum vmremap_private private, vm_flags_t *vm_flags);

/* Of nested.c: what this kernel does with a descriptor's file. */
extern bool vmremap_nested_leaves_file;

/*
 * What the kernel has there for nobody has none of these. After a failed call that followed a
 * successful one, vm_ops is vmremap_no_vm_ops: pages of the first one may still be mapped.
 */
static inline bool vmremap_has_owner(const struct vm_operations_struct *ops)
{
	return ops && (ops->open || ops->close || ops->fault || ops == &vmremap_no_vm_ops);
}

/* The kernel takes vm_page_prot from vm_flags again, but only when mmap has ended. */
static inline void vmremap_set_vm_flags(struct vm_area_struct *vma, vm_flags_t vm_flags)
{
	if ((vma->vm_flags ^ vm_flags) & VM_EXEC)
		vma->vm_page_prot = vm_get_page_prot(vm_flags);
	vm_flags_init(vma, vm_flags);
}

#endif /* VMREMAP_VMA_H */

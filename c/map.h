/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VMREMAP_MAP_H
#define VMREMAP_MAP_H

#include <linux/mm.h>
#include <linux/personality.h>
#include <linux/sched.h>

#include "policy.h"

struct vmremap_area;

extern const struct vm_operations_struct vmremap_area_vm_ops;

enum vmremap_clause vmremap_check_vma(const struct vm_area_struct *vma);
int vmremap_map_vma(struct vmremap_area *area, struct vm_area_struct *vma,
		    unsigned long index, enum vmremap_private private);

static inline bool vmremap_read_implies_exec(void)
{
	return current->personality & READ_IMPLIES_EXEC;
}

/* The kernel takes vm_page_prot from vm_flags again, but only when mmap has ended. */
static inline void vmremap_set_vm_flags(struct vm_area_struct *vma, vm_flags_t vm_flags)
{
	if ((vma->vm_flags ^ vm_flags) & VM_EXEC)
		vma->vm_page_prot = vm_get_page_prot(vm_flags);
	vm_flags_init(vma, vm_flags);
}

#endif /* VMREMAP_MAP_H */

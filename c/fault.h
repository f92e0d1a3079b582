/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VMREMAP_FAULT_H
#define VMREMAP_FAULT_H

#include "span.h"

vm_fault_t vmremap_fault(struct vm_fault *vmf, const struct vmremap_span *span);
vm_fault_t vmremap_huge_fault(struct vm_fault *vmf, unsigned int order,
			      const struct vmremap_span *span);

/* Does the fault end in a private copy of the page? */
static inline bool vmremap_fault_copies(const struct vm_fault *vmf)
{
	return vmf->flags & FAULT_FLAG_WRITE && !(vmf->vma->vm_flags & VM_SHARED);
}

/* Give the page to the kernel, which copies it, or waits for its lock and maps it. */
static inline vm_fault_t vmremap_fault_give(struct vm_fault *vmf, struct page *page)
{
	get_page(page);
	vmf->page = page;
	return 0;
}

/* What a fault says of a VMA that is being set up. Failed memory is for a touch to find. */
static inline int vmremap_fault_errno(vm_fault_t ret)
{
	return vm_fault_to_errno(ret & ~(VM_FAULT_HWPOISON | VM_FAULT_HWPOISON_LARGE), 0);
}

#endif /* VMREMAP_FAULT_H */

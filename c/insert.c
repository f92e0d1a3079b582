// SPDX-License-Identifier: GPL-2.0
/* Map pages one by one: what any VMA takes, and what a few pages cost least by. */
#include "fault.h"
#include "insert.h"

/* How many pages a fault tries to map. */
#define AROUND_PAGES	16UL

/* No VM_MIXEDMAP is needed for this, which is for pages without references. */
static __always_inline vm_fault_t insert_page(struct vm_area_struct *vma, unsigned long addr,
					      struct page *page, bool write)
{
	struct vm_fault here = { .vma = vma, .address = addr };

	/* memory_failure() has marked it, and the kernel does not look here. */
	if (PageHWPoison(page))
		return VM_FAULT_HWPOISON;
	return vmf_insert_page_mkwrite(&here, page, write);
}

/**
 * vmremap_insert - map the pages of a span
 * @vma: the VMA that is being set up
 * @span: the pages to map, none of them mapped yet
 *
 * Contract: requires RangeInVma, RangeInArea, VmaInit, AreaOutlives;
 *	guarantees RightPage, PagesOutlive.
 * Context: mmap lock held for write. May sleep.
 * Return: 0, or -ENOMEM: the caller unmaps what was mapped by then. A page whose
 * memory has failed is left out.
 */
int vmremap_insert(struct vm_area_struct *vma, const struct vmremap_span *span)
{
	unsigned long addr;
	int err = 0;

	for (addr = span->start; !err && addr < span->end; addr += PAGE_SIZE)
		err = vmremap_fault_errno(insert_page(vma, addr,
						      vmremap_span_page(span, addr),
						      false));
	return err;
}

/**
 * vmremap_insert_fault - map the page that was touched, and some around it
 * @vmf: the fault
 * @span: the pages around it that may be mapped, all of them in the VMA
 *
 * Contract: requires RangeInVma, RangeInArea, AreaOutlives; guarantees
 *	RightPage, PagesOutlive.
 * Context: as vm_operations_struct.fault.
 * Return: as vm_operations_struct.fault.
 */
vm_fault_t vmremap_insert_fault(struct vm_fault *vmf,
				const struct vmremap_span *span)
{
	struct vmremap_span around = vmremap_span_around(span, vmf->address,
							 AROUND_PAGES << PAGE_SHIFT);
	vm_fault_t ret = VM_FAULT_NOPAGE;
	unsigned long addr;

	if (vmremap_fault_copies(vmf))
		return vmremap_fault_give(vmf, vmremap_span_page(span, vmf->address));

	for (addr = around.start; addr < around.end; addr += PAGE_SIZE) {
		bool touched = addr == vmf->address;
		vm_fault_t one;

		one = insert_page(vmf->vma, addr, vmremap_span_page(&around, addr),
				  touched && vmf->flags & FAULT_FLAG_WRITE);
		if (touched)
			ret = one;
	}
	return ret;
}

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What kernels lack of the newest one, which all else here is written for. A kernel
 * tree has none of this.
 */
#ifndef VMREMAP_COMPAT_H
#define VMREMAP_COMPAT_H

#include <linux/version.h>

/* For drivers, which are not built with the probes of probe.mk. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 2, 0)
struct vm_area_desc;
struct vmremap_area;

int vmremap_area_mmap_prepare(struct vmremap_area *area, struct vm_area_desc *desc,
			      unsigned long pgoff)
	__attribute__((unavailable("no .mmap_prepare in this kernel: use vmremap_area_mmap()")));
#endif

#ifdef VMREMAP_LACKS_MMAP_PREPARE
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sched/mm.h>
#endif

#ifdef VMREMAP_LACKS_ZAP_VMA_RANGE
#define zap_vma_range(vma, addr, size)	zap_page_range_single(vma, addr, size, NULL)
#endif

#ifdef VMREMAP_LACKS_MM_GET_UNMAPPED_AREA
#define mm_get_unmapped_area(...)	mm_get_unmapped_area(current->mm, __VA_ARGS__)
#endif

#ifdef VMREMAP_LACKS_INSERT_FOLIO_PMD
/*
 * There, filemap_map_pages() maps a PMD of the page cache by itself, where nothing is yet and
 * the kernel wants huge pages. It needs no more of a fault than vmf_insert_folio_pmd() does.
 * It leaves alone a PMD that is there, so one that is write-protected is taken away first: the
 * kernel does that when this falls back, and faults again.
 */
static inline vm_fault_t vmf_insert_folio_pmd(struct vm_fault *vmf, struct folio *folio, bool write)
{
	if (write && !pmd_none(pmdp_get_lockless(vmf->pmd)))
		return VM_FAULT_FALLBACK;
	vmf->flags = write ? FAULT_FLAG_WRITE : 0;
	return filemap_map_pages(vmf, folio->index, folio_next_index(folio) - 1) ?:
	       VM_FAULT_FALLBACK;
}
#endif

#ifdef VMREMAP_LACKS_INSERT_PAGE_MKWRITE
/*
 * vm_insert_page() makes the VMA a mixed map, which only mmap may do, and which keeps
 * PMDs out. So a fault lets the kernel map the page that was touched, and no other.
 */
static inline vm_fault_t vmf_insert_page_mkwrite(struct vm_fault *vmf, struct page *page,
						 bool write)
{
	bool mixed = vmf->vma->vm_flags & VM_MIXEDMAP;
	vm_fault_t ret;

	if (vmf->flags && !mixed) {
		/* Of a whole area, what filemap_map_pages() leaves out is locked, for a moment. */
		if (!vmf->pmd || vmf->vma->vm_ops->huge_fault)
			return VM_FAULT_NOPAGE;
		get_page(page);
		vmf->page = page;
		return 0;
	}
	ret = vmf_insert_page(vmf->vma, vmf->address, page);
	if (!mixed)
		vm_flags_clear(vmf->vma, VM_MIXEDMAP);
	return ret;
}
#endif

/* From 7.0 on, and in later releases of older series. */
#ifdef VMREMAP_LACKS_KZALLOC_OBJ
#define kzalloc_obj(obj)	kzalloc(sizeof(obj), GFP_KERNEL)
#endif

#endif /* VMREMAP_COMPAT_H */

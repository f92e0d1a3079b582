/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What some kernels do, although no header shows which of them. So this is compiled for each kernel,
 * and does nothing where it is not needed. A tree with the patches of the series needs none of it.
 */
#ifndef VMREMAP_QUIRKS_H
#define VMREMAP_QUIRKS_H

#include <linux/mm.h>

#include "../../c/vmremap.h"

/*
 * An .mmap hook may call another driver's .mmap_prepare through compat_vma_mmap(). Ours puts
 * a file with a reference into desc->vm_file. compat_vma_mmap() takes a second reference, and
 * in Linux 7.3 never puts the first. A later kernel may. This is true if compat_vma_mmap()
 * leaves the first reference to us to put.
 */
extern bool vmremap_nested_leaves_file;

/*
 * The largest order of the folios of an area. Revoke and freeze remove page table entries while
 * mremap(2) may be moving them. Before Linux 6.12, if a PMD entry goes away between two looks of
 * move_page_tables(), move_normal_pmd() installs the physical page 0 as a page table. So there, no
 * PMD maps an area that can be revoked. idle.c need not look at this flag when it reuses an area,
 * because it keeps only areas that are smaller than a PMD.
 */
static inline unsigned int vmremap_max_order(unsigned int order, unsigned int flags)
{
#ifdef VMREMAP_LACKS_LARGE_MAPCOUNT
	if (flags & VMREMAP_REVOCABLE && order >= PMD_ORDER)
		return PMD_ORDER - 1;
#endif
	return order;
}

bool vmremap_end_copy(struct vm_area_struct *vma);

/*
 * Has userfaultfd(2) left a marker in place of the entry? vmf_insert_page_mkwrite() does not
 * replace it, finish_fault() does. Linux 6.15 to 7.0 and the first releases of 7.1 allow one in any
 * shared mapping.
 */
static inline bool vmremap_fault_has_marker(const struct vm_fault *vmf)
{
	return vmf->flags & FAULT_FLAG_ORIG_PTE_VALID && !pte_none(vmf->orig_pte);
}

/*
 * Suppose that a page of a large folio is poisoned. Does finish_fault() then map only the page of
 * the fault? It does if there is a marker. In a kernel without vmf_insert_page_mkwrite(), it always
 * does. There, the page has to be given to finish_fault() with the folio locked: the replacement of
 * vmf_insert_page_mkwrite() gives it without the lock, so that revoke could miss the entry.
 */
static inline bool vmremap_maps_one_page(const struct vm_fault *vmf)
{
#ifdef VMREMAP_LACKS_INSERT_PAGE_MKWRITE
	return true;
#else
	return vmremap_fault_has_marker(vmf);
#endif
}

#endif /* VMREMAP_QUIRKS_H */

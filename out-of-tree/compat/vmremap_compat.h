/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Backports of newer kernel APIs. All other code is written for the newest kernel. A kernel
 * tree does not use this file.
 */
#ifndef VMREMAP_COMPAT_H
#define VMREMAP_COMPAT_H

#ifdef VMREMAP_LACKS_MMAP_PREPARE
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

#ifdef VMREMAP_LACKS_MM_GET_UNMAPPED_AREA
#define mm_get_unmapped_area(...)	mm_get_unmapped_area(current->mm, __VA_ARGS__)
#endif

#ifdef VMREMAP_LACKS_INSERT_PAGE_MKWRITE
/*
 * vm_insert_page() makes the VMA a mixed map, which only mmap may do, and which keeps
 * PMDs out. So a fault lets the kernel map the page.
 */
static inline vm_fault_t vmf_insert_page_mkwrite(struct vm_fault *vmf, struct page *page,
						 bool write)
{
	bool mixed = vmf->vma->vm_flags & VM_MIXEDMAP;
	vm_fault_t ret;

	/* While the VMA is being set up, there is no PMD yet. */
	if (vmf->pmd && !mixed) {
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

#ifdef VMREMAP_LACKS_INSERT_FOLIO_PMD
/* A folio that vm_file does not have is mapped page by page then. */
static inline vm_fault_t vmf_insert_folio_pmd(struct vm_fault *vmf, struct folio *folio, bool write)
{
	return vmf->vma->vm_file->f_mapping == folio->mapping ?
		filemap_map_pages(vmf, folio->index, folio->index + folio_nr_pages(folio) - 1) :
		VM_FAULT_FALLBACK;
}
#endif

#if defined(CONFIG_RISCV) && defined(CONFIG_64BIT)
#include <linux/pgtable.h>

/*
 * pmd_off() calls p4d_offset() and pud_offset(), which older kernels do not export on riscv. No
 * header shows that.
 */
static inline pmd_t *vmremap_pmd_off(struct mm_struct *mm, unsigned long addr)
{
	pgd_t *pgd = pgd_offset(mm, addr);
	p4d_t *p4d = pgtable_l5_enabled ? pgd_pgtable(pgdp_get(pgd)) + p4d_index(addr) :
					  (p4d_t *)pgd;
	pud_t *pud = pgtable_l4_enabled ? p4d_pgtable(p4dp_get(p4d)) + pud_index(addr) :
					  (pud_t *)p4d;

	return pmd_offset(pud, addr);
}

#define pmd_off	vmremap_pmd_off
#endif

/* Both are barriers that an area needs that is reused while lookups run under RCU. */
#ifdef VMREMAP_LACKS_REFCOUNT_ACQUIRE
#include <linux/refcount.h>
#define refcount_set_release(r, n)		atomic_set_release(&(r)->refs, n)
#define refcount_inc_not_zero_acquire(r) \
	({ bool _taken = refcount_inc_not_zero(r); smp_acquire__after_ctrl_dep(); _taken; })
#endif

#ifdef VMREMAP_LACKS_KZALLOC_OBJ
#define kzalloc_obj(obj)	kzalloc(sizeof(obj), GFP_KERNEL)
#endif

#ifdef VMREMAP_LACKS_INVALIDATE_MAPPINGS
#define dma_buf_invalidate_mappings(dmabuf)	dma_buf_move_notify(dmabuf)
#endif

#ifdef VMREMAP_LACKS_UNROLLED_COUNT
#define unrolled_count(n)
#endif

#ifdef VMREMAP_LACKS_HRTIMER_SETUP
#include <linux/hrtimer.h>

static inline void hrtimer_setup(struct hrtimer *timer,
				 enum hrtimer_restart (*function)(struct hrtimer *),
				 clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = function;
}
#endif

#endif /* VMREMAP_COMPAT_H */

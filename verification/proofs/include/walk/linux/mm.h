/* SPDX-License-Identifier: GPL-2.0 */
/* What the code that maps sees of the kernel in walk.c, which plays its part. */
#ifndef WALK_MM_H
#define WALK_MM_H

#include <asm/page.h>
#include <linux/align.h>
#include <linux/array_size.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/mm_types.h>
#include <linux/pgtable.h>
#include <uapi/asm-generic/errno-base.h>
#include <vm_flags.h>

#define CONFIG_TRANSPARENT_HUGEPAGE	1
#define CONFIG_XARRAY_MULTI		1
#define IS_ENABLED(CONFIG_option)	(CONFIG_option)

#define FAULT_FLAG_WRITE	0x1
#define FAULT_FLAG_ALLOW_RETRY	0x4
#define FAULT_FLAG_RETRY_NOWAIT	0x8
#define FAULT_FLAG_REMOTE	0x80
#define FAULT_FLAG_ORIG_PTE_VALID	0x400
#define VM_FAULT_OOM		0x1
#define VM_FAULT_SIGBUS		0x2
#define VM_FAULT_HWPOISON	0x10
#define VM_FAULT_NOPAGE		0x100
#define VM_FAULT_LOCKED		0x200
#define VM_FAULT_RETRY		0x400
#define VM_FAULT_ERROR		(VM_FAULT_OOM | VM_FAULT_SIGBUS)

#define vm_fault_t		unsigned int

struct page {
	struct folio *folio;
};

struct folio {
	struct list_head lru;
	unsigned long index;
	struct page *first;
	unsigned int order;
};

#define pmd_t			char
#define pte_t			char

struct mm_struct;

struct vm_area_struct {
	struct mm_struct *vm_mm;
	unsigned long vm_start;
	unsigned long vm_end;
	unsigned long vm_pgoff;
	struct file *vm_file;
	vm_flags_t vm_flags;
};

struct vm_fault {
	struct vm_area_struct *vma;
	unsigned long address;
	unsigned int flags;
	pmd_t *pmd;
	pte_t orig_pte;
	struct page *page;
	void *prealloc_pte;
};

/* Not zero where the entry maps a PMD. */
#define pmdp_get(pmd)		(*(pmd))
#define pmdp_get_lockless(pmd)	(*(pmd))
#define pmd_leaf(pmd)		((pmd) != 0)
#define pmd_none(pmd)		((pmd) == 0)
#define pte_none(pte)		((pte) == 0)
#define arch_needs_pgtable_deposit()	false

#define folio_order(folio)		((folio)->order)
#define folio_nr_pages(folio)		(1UL << (folio)->order)
#define folio_test_large(folio)		((folio)->order > 0)

#define page_folio(page)		((page)->folio)

static inline struct page *folio_page(struct folio *folio, unsigned long nr)
{
	return folio->first + nr;
}

static inline bool vma_is_accessible(const struct vm_area_struct *vma)
{
	return vma->vm_flags & (VM_READ | VM_WRITE | VM_EXEC);
}

/* No memory fails here. */
#define PageHWPoison(page)		((void)(page), false)
#define folio_set_has_hwpoisoned(folio)	((void)(folio))

/* No task is killed, and no folio is locked for long. */
#define folio_trylock(folio)		((void)(folio), true)
#define folio_lock_killable(folio)	((void)(folio), 0)
#define folio_unlock(folio)		((void)(folio))
#define folio_get(folio)		((void)(folio))

pmd_t *pmd_off(struct mm_struct *mm, unsigned long addr);
vm_fault_t vmf_insert_page_mkwrite(struct vm_fault *vmf, struct page *page, bool write);
vm_fault_t handle_mm_fault(struct vm_area_struct *vma, unsigned long addr, unsigned int flags,
			   void *regs);

#endif /* WALK_MM_H */

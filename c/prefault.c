// SPDX-License-Identifier: GPL-2.0
/* Map pages when a VMA is set up: all that faults would map at too high a cost. */
#include "fault.h"
#include "insert.h"
#include "prefault.h"
#include "vmremap.h"

/* So many pages of a page table cost less to insert than a fault would. */
#define CHEAP_PAGES	8UL

/*
 * One fault maps several PMDs: go on from @addr, past those that are mapped in
 * the same page table. It is there, for what ends at @addr has its entry in it.
 */
static unsigned long skip_mapped(struct mm_struct *mm, unsigned long addr)
{
	while (addr % PUD_SIZE && pmd_leaf(pmdp_get(pmd_off(mm, addr))))
		addr += PMD_SIZE;
	return addr;
}

/**
 * vmremap_prefault - map what faults would map at too high a cost
 * @vma: the VMA that is being set up, its vm_ops already in place
 * @span: the whole VMA, of which nothing is mapped yet
 *
 * For an area that is %VMREMAP_POPULATE, map the rest as well.
 *
 * Contract: requires RangeInVma, RangeInArea, VmaInit, AreaOutlives;
 *	guarantees RightPage, PagesOutlive.
 * Context: mmap lock held for write. May sleep.
 * Return: 0, or -ENOMEM: the caller unmaps what was mapped by then.
 */
int vmremap_prefault(struct vm_area_struct *vma,
		     const struct vmremap_span *span)
{
	unsigned long addr = span->start;
	int err = 0;

	while (!err && addr < span->end) {
		struct vmremap_span table = vmremap_span_around(span, addr, PMD_SIZE);

		if (table.end - addr <= CHEAP_PAGES << PAGE_SHIFT) {
			err = vmremap_insert(vma, &table);
		} else if (span->area->flags & VMREMAP_POPULATE && vma_is_accessible(vma)) {
			err = vmremap_fault_errno(handle_mm_fault(vma, addr,
								  FAULT_FLAG_REMOTE, NULL));
			if (!err)
				table.end = skip_mapped(vma->vm_mm, table.end);
		} else if (span->end - table.end > PMD_SIZE) {
			table.end = ALIGN_DOWN(span->end - 1, PMD_SIZE);
		}
		addr = table.end;
	}
	return err;
}

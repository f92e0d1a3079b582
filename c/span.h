/* SPDX-License-Identifier: GPL-2.0 */
/* Which pages of an area are at which addresses of a VMA. */
#ifndef VMREMAP_SPAN_H
#define VMREMAP_SPAN_H

#include <linux/fs.h>
#include <linux/mm.h>

#include "area.h"

extern const struct file_operations vmremap_mapping_fops;

/**
 * vmremap_mapping_of - get the mapping to which a file belongs
 * @file: any file
 *
 * Contract: guarantees AreaOutlives.
 * Return: the mapping, which lives as long as @file; or NULL if vmremap has not created @file.
 */
static inline struct vmremap_mapping *vmremap_mapping_of(const struct file *file)
{
	return file->f_op == &vmremap_mapping_fops ? file->private_data : NULL;
}

/**
 * struct vmremap_span - a range of a VMA that maps consecutive pages of an area
 * @area: the area
 * @start: user address of the first page
 * @end: user address after the last page
 * @index: index of the first page in the page cache of @area's file
 */
struct vmremap_span {
	struct vmremap_area *area;
	unsigned long start;
	unsigned long end;
	unsigned long index;
};

/* Index of the page at @addr, which may also lie beyond the span. */
static inline unsigned long vmremap_span_index(const struct vmremap_span *span, unsigned long addr)
{
	return span->index + ((addr - span->start) >> PAGE_SHIFT);
}

/* The folio at @addr, or NULL if @addr is outside of the area. */
static inline struct folio *vmremap_span_folio(const struct vmremap_span *span, unsigned long addr)
{
	struct folio *first = vmremap_first_folio(span->area);
	unsigned long index = vmremap_span_index(span, addr);

	if (index - first->index < folio_nr_pages(first))
		return first;
	return xa_load(&span->area->file->f_mapping->i_pages, index);
}

/* The page at @addr, or NULL if @addr is outside of the area. */
static inline struct page *vmremap_span_page(const struct vmremap_span *span, unsigned long addr)
{
	struct folio *folio = vmremap_span_folio(span, addr);

	return folio ? folio_page(folio, vmremap_span_index(span, addr) - folio->index) : NULL;
}

/* A whole VMA on one area. If the driver has changed vm_file, the area is NULL. */
static inline struct vmremap_span vmremap_span_of_vma(const struct vm_area_struct *vma)
{
	struct vmremap_mapping *mapping = vmremap_mapping_of(vma->vm_file);

	return (struct vmremap_span) {
		.area = mapping ? mapping->area : NULL,
		.start = vma->vm_start,
		.end = vma->vm_end,
		.index = vma->vm_pgoff,
	};
}

/* The part of the span in the naturally aligned window of @size around @addr. */
static inline struct vmremap_span
vmremap_span_around(const struct vmremap_span *span, unsigned long addr, unsigned long size)
{
	unsigned long start = ALIGN_DOWN(addr, size);
	struct vmremap_span part = { .area = span->area, .start = max(start, span->start) };

	part.index = vmremap_span_index(span, part.start);
	/* The last window ends at 2^BITS_PER_LONG, which wraps to 0, so compare last bytes. */
	part.end = min(start + size - 1, span->end - 1) + 1;
	return part;
}

/* Will the kernel give the program a private copy of the page? */
static inline bool vmremap_fault_copies(const struct vm_fault *vmf)
{
	return vmf->flags & FAULT_FLAG_WRITE && !(vmf->vma->vm_flags & VM_SHARED);
}

/* fault.c: insert page table entries. */
vm_fault_t vmremap_map_around(struct vm_fault *vmf, const struct vmremap_span *span);
vm_fault_t vmremap_give_locked(struct vm_fault *vmf, const struct vmremap_span *span);
vm_fault_t vmremap_insert_page(struct vm_fault *vmf, const struct vmremap_span *span);
void vmremap_prefault(struct vm_area_struct *vma);

#endif /* VMREMAP_SPAN_H */

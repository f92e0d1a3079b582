// SPDX-License-Identifier: GPL-2.0
/*
 * A whole VMA on one area: vm_file is the area's in place of the driver's, and
 * keeps the area; vm_pgoff is the index of the first page. The kernel keeps both
 * right through splits, moves and forks.
 */
#include <linux/err.h>
#include <linux/export.h>
#include <linux/file.h>
#include <linux/mm.h>

#include "cache.h"
#include "fault.h"
#include "map.h"
#include "nested.h"
#include "prefault.h"
#include "reject.h"
#include "takeback.h"
#include "vmremap.h"

static struct vmremap_span whole_vma(struct vmremap_area *area,
				     const struct vm_area_struct *vma)
{
	return (struct vmremap_span) {
		.area = area,
		.start = vma->vm_start,
		.end = vma->vm_end,
		.index = vma->vm_pgoff,
	};
}

static int prefault(struct vmremap_area *area, struct vm_area_struct *vma)
{
	struct vmremap_span span = whole_vma(area, vma);

	return vmremap_prefault(vma, &span);
}

static vm_fault_t area_vma_fault(struct vm_fault *vmf)
{
	struct vmremap_area *area = vmremap_cache_area(vmf->vma->vm_file);
	struct vmremap_span span = whole_vma(area, vmf->vma);

	return area ? vmremap_fault(vmf, &span) : VM_FAULT_SIGBUS;
}

static vm_fault_t area_vma_huge_fault(struct vm_fault *vmf, unsigned int order)
{
	struct vmremap_area *area = vmremap_cache_area(vmf->vma->vm_file);
	struct vmremap_span span = whole_vma(area, vmf->vma);

	return area ? vmremap_huge_fault(vmf, order, &span) : VM_FAULT_SIGBUS;
}

/*
 * For area_vma_mapped(): the kernel closes each VMA that a mapping replaces, and
 * takes its vm_ops away, before it calls the hook for the new one.
 */
static void area_vma_close(struct vm_area_struct *vma)
{
}

static const struct vm_operations_struct area_prepared_vm_ops;

/*
 * .mmap_prepare has no VMA yet to map into. Here it is in the tree, and is the only
 * one there that still has its vm_ops. From the compatibility layer for nested .mmap
 * hooks this is called before: then the tree has what is to be replaced, or nothing,
 * and all is left to faults.
 */
static int area_vma_mapped(unsigned long start, unsigned long end,
			   pgoff_t pgoff, const struct file *file,
			   void **vm_private_data)
{
	struct vm_area_struct *vma = vma_lookup(current->mm, start);
	struct vmremap_area *area = vmremap_cache_area(file);

	if (vma && vma->vm_ops == &area_prepared_vm_ops)
		return area ? prefault(area, vma) : 0;
	if (vmremap_nested_leaves_file())
		fput((struct file *)file);
	return 0;
}

const struct vm_operations_struct vmremap_area_vm_ops = {
	.fault = area_vma_fault,
	.huge_fault = area_vma_huge_fault,
};

/* The same for .mmap_prepare: the kernel refuses .mapped after .mmap. */
static const struct vm_operations_struct area_prepared_vm_ops = {
	.close = area_vma_close,
	.mapped = area_vma_mapped,
	.fault = area_vma_fault,
	.huge_fault = area_vma_huge_fault,
};

/* Does the range make sense, and does the area have it? */
static enum vmremap_clause check_range(const struct vmremap_area *area,
				       struct vmremap_request *req)
{
	enum vmremap_clause clause;

	if (IS_ERR_OR_NULL(area))
		return VMREMAP_AREA_VALID;
	req->kaddr = (unsigned long)area->addr;
	clause = vmremap_check_request(req);
	if (clause)
		return clause;
	return vmremap_check_in_area(req, req->kaddr, area->pages);
}

/* What the kernel has there for nobody has none of these. */
static bool has_owner(const struct vm_operations_struct *ops)
{
	return ops && (ops->open || ops->close || ops->fault);
}

/**
 * vmremap_check_vma - is the VMA free for vmremap?
 * @vma: the VMA
 *
 * Contract: checks VmaInit.
 * Return: VmaInit, or %VMREMAP_HOLDS: no owner has put its vm_ops or a map of
 * bare page frames there.
 */
enum vmremap_clause vmremap_check_vma(const struct vm_area_struct *vma)
{
	if (vma->vm_flags & VM_PFNMAP || has_owner(vma->vm_ops))
		return VMREMAP_VMA_INIT;
	return VMREMAP_HOLDS;
}

/**
 * vmremap_map_vma - cover a VMA with an area
 * @area: the area, NULL or ERR_PTR()
 * @vma: the VMA
 * @index: index in @area of the first page
 * @private: what a private mapping may do
 *
 * Contract: requires VmaInit, AreaOutlives; checks RangeNoWrap, AreaValid,
 *	RangeInArea, VmaInit, PolicyHeld; meets AddrAligned, SizeNonZero;
 *	guarantees RangeInVma, RightPage, PagesOutlive, AreaOutlives,
 *	AllOrNothing.
 * Context: An .mmap callback. May sleep.
 * Return: as vmremap_area_mmap().
 */
int vmremap_map_vma(struct vmremap_area *area, struct vm_area_struct *vma,
		    unsigned long index, enum vmremap_private private)
{
	const struct vm_operations_struct *old_ops = vma->vm_ops;
	unsigned long old_pgoff = vma->vm_pgoff;
	struct file *old_file = vma->vm_file;
	vm_flags_t old_flags = vma->vm_flags;
	pgprot_t old_prot = vma->vm_page_prot;
	struct vmremap_request req = {
		.uaddr = vma->vm_start,
		.pgoff = index,
		.size = vma->vm_end - vma->vm_start,
	};
	vm_flags_t vm_flags = old_flags;
	enum vmremap_clause clause;
	int err;

	clause = check_range(area, &req);
	if (!clause)
		clause = vmremap_check_vma(vma);
	if (!clause)
		clause = vmremap_policy(area->flags, private,
					vmremap_read_implies_exec(), &vm_flags);
	if (clause)
		return vmremap_reject(clause, &req);

	vmremap_set_vm_flags(vma, vm_flags);
	vma->vm_ops = &vmremap_area_vm_ops;
	vma->vm_pgoff = index;
	vma_set_file(vma, area->file);

	err = prefault(area, vma);
	if (err) {
		zap_vma_range(vma, req.uaddr, req.size);
		vm_flags_init(vma, old_flags);
		vma->vm_page_prot = old_prot;
		vma->vm_ops = old_ops;
		vma->vm_pgoff = old_pgoff;
		vma_set_file(vma, old_file);
	}
	return err;
}

static noinline __cold int reject_null(unsigned long pgoff)
{
	struct vmremap_request req = { .pgoff = pgoff };

	return vmremap_reject(VMREMAP_VMA_INIT, &req);
}

int vmremap_area_mmap(struct vmremap_area *area, struct vm_area_struct *vma,
		      unsigned long pgoff)
{
	int err;

	if (!vma)
		return reject_null(pgoff);
	err = vmremap_map_vma(area, vma, pgoff, VMREMAP_PRIVATE_RDONLY);
	return err ? vmremap_take_back(vma, err) : 0;
}
EXPORT_SYMBOL_GPL(vmremap_area_mmap);

/*
 * Undo what went well before a failure: the kernel does not give the file back
 * when an .mmap_prepare callback fails.
 */
static void take_back_desc(struct vm_area_desc *desc)
{
	if (desc->vm_ops != &area_prepared_vm_ops)
		return;
	fput(desc->vm_file);
	desc->vm_file = desc->file;
	desc->vm_ops = &vmremap_no_vm_ops;
}

int vmremap_area_mmap_prepare(struct vmremap_area *area,
			      struct vm_area_desc *desc, unsigned long pgoff)
{
	struct vmremap_request req = { .pgoff = pgoff };
	enum vmremap_clause clause;
	vm_flags_t old_flags, vm_flags;

	if (!desc)
		return reject_null(pgoff);
	req.uaddr = desc->start;
	req.size = desc->end - desc->start;
	old_flags = vma_flags_to_legacy(desc->vma_flags);
	vm_flags = old_flags;

	clause = check_range(area, &req);
	if (!clause && (desc->action.type != MMAP_NOTHING || has_owner(desc->vm_ops)))
		clause = VMREMAP_VMA_INIT;
	if (!clause)
		clause = vmremap_policy(area->flags, VMREMAP_PRIVATE_RDONLY,
					vmremap_read_implies_exec(), &vm_flags);
	if (clause) {
		take_back_desc(desc);
		return vmremap_reject(clause, &req);
	}

	desc->vm_file = get_file(area->file);
	desc->pgoff = pgoff;
	desc->vma_flags = legacy_to_vma_flags(vm_flags);
	if ((old_flags ^ vm_flags) & VM_EXEC)
		desc->page_prot = vm_get_page_prot(vm_flags);
	desc->vm_ops = &area_prepared_vm_ops;
	return 0;
}
EXPORT_SYMBOL_GPL(vmremap_area_mmap_prepare);

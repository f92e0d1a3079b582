// SPDX-License-Identifier: GPL-2.0
/*
 * A whole VMA on one area: vm_private_data is the area, on which the VMA holds
 * a reference, and vm_pgoff is the index of the first page, which the kernel
 * keeps right through splits and moves.
 */
#include <linux/err.h>
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/xarray.h>

#include "fault.h"
#include "index.h"
#include "map.h"
#include "prefault.h"
#include "reject.h"
#include "takeback.h"
#include "vmremap.h"

static struct vmremap_span whole_vma(const struct vm_area_struct *vma)
{
	return (struct vmremap_span) {
		.area = vma->vm_private_data,
		.start = vma->vm_start,
		.end = vma->vm_end,
		.index = vma->vm_pgoff,
	};
}

static void area_vma_open(struct vm_area_struct *vma)
{
	vmremap_area_get(vma->vm_private_data);
}

static void area_vma_close(struct vm_area_struct *vma)
{
	/* Still the id when area_vma_mapped() failed or was not reached. */
	if (!xa_is_value(vma->vm_private_data))
		vmremap_area_put(vma->vm_private_data);
}

static vm_fault_t area_vma_fault(struct vm_fault *vmf)
{
	struct vmremap_span span = whole_vma(vmf->vma);

	return vmremap_fault(vmf, &span);
}

static vm_fault_t area_vma_huge_fault(struct vm_fault *vmf, unsigned int order)
{
	struct vmremap_span span = whole_vma(vmf->vma);

	return vmremap_huge_fault(vmf, order, &span);
}

/*
 * The first moment at which mmap cannot fail any more without telling: take
 * the reference that area_vma_close() gives back. In the compatibility layer
 * for nested .mmap hooks the VMA cannot be found yet; then all is left to
 * faults.
 */
static int area_vma_mapped(unsigned long start, unsigned long end,
			   pgoff_t pgoff, const struct file *file,
			   void **vm_private_data)
{
	struct vmremap_request req = {
		.uaddr = start, .pgoff = pgoff, .size = end - start,
	};
	struct vm_area_struct *vma = find_vma(current->mm, start);
	void *id = *vm_private_data;
	bool found = vma && vma->vm_start == start && vma->vm_private_data == id;
	struct vmremap_area *area;
	struct vmremap_span span;
	int err;

	area = xa_is_value(id) ? vmremap_index_get(xa_to_value(id)) : NULL;
	if (!area) {
		/* area_vma_close() is to take it for an id, whatever it is. */
		if (found)
			vma->vm_private_data = xa_mk_value(0);
		return vmremap_reject(VMREMAP_AREA_OUTLIVES, &req);
	}

	if (found) {
		vma->vm_private_data = area;
		span = whole_vma(vma);
		err = vmremap_prefault(vma, &span);
		if (err) {
			vma->vm_private_data = id;
			vmremap_area_put(area);
			return err;
		}
	}
	*vm_private_data = area;
	return 0;
}

const struct vm_operations_struct vmremap_area_vm_ops = {
	.open = area_vma_open,
	.close = area_vma_close,
	.fault = area_vma_fault,
	.huge_fault = area_vma_huge_fault,
};

/* The same for .mmap_prepare: the kernel refuses .mapped after .mmap. */
static const struct vm_operations_struct area_prepared_vm_ops = {
	.open = area_vma_open,
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
	const struct vm_operations_struct *ops = vma->vm_ops;

	if (vma->vm_flags & VM_PFNMAP ||
	    (ops && (ops->open || ops->close || ops->fault)))
		return VMREMAP_VMA_INIT;
	return VMREMAP_HOLDS;
}

/**
 * vmremap_map_vma - cover a VMA with an area
 * @area: the area, NULL or ERR_PTR()
 * @vma: the VMA, or NULL
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
	struct vmremap_request req = { .pgoff = index };
	const struct vm_operations_struct *old_ops;
	vm_flags_t vm_flags, old_flags;
	enum vmremap_clause clause;
	struct vmremap_span span;
	unsigned long old_pgoff;
	void *old_private;
	int err;

	if (!vma)
		return vmremap_reject(VMREMAP_VMA_INIT, &req);
	req.uaddr = vma->vm_start;
	req.size = vma->vm_end - vma->vm_start;
	vm_flags = vma->vm_flags;

	clause = check_range(area, &req);
	if (!clause)
		clause = vmremap_check_vma(vma);
	if (!clause)
		clause = vmremap_policy(area->flags, private, &vm_flags);
	if (clause)
		return vmremap_reject(clause, &req);

	old_flags = vma->vm_flags;
	old_ops = vma->vm_ops;
	old_private = vma->vm_private_data;
	old_pgoff = vma->vm_pgoff;

	vm_flags_init(vma, vm_flags);
	vma->vm_ops = &vmremap_area_vm_ops;
	vma->vm_private_data = area;
	vma->vm_pgoff = index;

	span = whole_vma(vma);
	err = vmremap_prefault(vma, &span);
	if (err) {
		zap_vma_range(vma, req.uaddr, req.size);
		vm_flags_init(vma, old_flags);
		vma->vm_ops = old_ops;
		vma->vm_private_data = old_private;
		vma->vm_pgoff = old_pgoff;
		return err;
	}
	vmremap_area_get(area);
	return 0;
}

int vmremap_area_mmap(struct vmremap_area *area, struct vm_area_struct *vma,
		      unsigned long pgoff)
{
	int err = vmremap_map_vma(area, vma, pgoff, VMREMAP_PRIVATE_RDONLY);

	return vma ? vmremap_take_back(vma, err) : err;
}
EXPORT_SYMBOL_GPL(vmremap_area_mmap);

int vmremap_area_mmap_prepare(struct vmremap_area *area,
			      struct vm_area_desc *desc, unsigned long pgoff)
{
	struct vmremap_request req = { .pgoff = pgoff };
	enum vmremap_clause clause;
	vm_flags_t vm_flags;

	if (!desc)
		return vmremap_reject(VMREMAP_VMA_INIT, &req);
	req.uaddr = desc->start;
	req.size = desc->end - desc->start;
	vm_flags = vma_flags_to_legacy(desc->vma_flags);

	clause = check_range(area, &req);
	if (!clause && desc->action.type != MMAP_NOTHING)
		clause = VMREMAP_VMA_INIT;
	if (!clause)
		clause = vmremap_policy(area->flags, VMREMAP_PRIVATE_RDONLY,
					&vm_flags);
	if (clause)
		return vmremap_reject(clause, &req);

	desc->pgoff = pgoff;
	desc->vma_flags = legacy_to_vma_flags(vm_flags);
	desc->vm_ops = &area_prepared_vm_ops;
	desc->private_data = xa_mk_value(area->id);
	return 0;
}
EXPORT_SYMBOL_GPL(vmremap_area_mmap_prepare);

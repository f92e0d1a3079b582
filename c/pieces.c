// SPDX-License-Identifier: GPL-2.0
/*
 * A VMA with parts of areas in it: vm_private_data is the list of the pieces.
 * Their places are counted in vm_pgoff, which the kernel keeps right through
 * splits and moves. Faults map the pages. An .mmap callback maps none, because it may
 * still fail, or overlook that a later piece is refused, and no function that modules
 * may call unmaps a VMA that is being set up.
 */
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/pagemap.h>
#include <linux/slab.h>

#include "cover.h"
#include "span.h"
#include "vma.h"
#include "vmremap.h"

/**
 * struct piece - a row of pages of one area
 * @area: the area, on which the piece holds a reference
 * @index: index in @area of the first page
 * @pgoff: place of the first page, as vm_pgoff counts
 * @pages: how many pages
 */
struct piece {
	struct vmremap_area *area;
	unsigned long index;
	unsigned long pgoff;
	unsigned long pages;
};

/**
 * struct pieces - all pieces of a VMA, and of those that were split off it
 * @refs: one for each of these VMAs
 * @nr: how many pieces there are
 * @piece: the pieces, in no order
 *
 * Nothing but @refs changes once mmap has ended.
 */
struct pieces {
	refcount_t refs;
	unsigned int nr;
	struct piece piece[] __counted_by(nr);
};

static void pieces_vma_open(struct vm_area_struct *vma)
{
	struct pieces *pieces = vma->vm_private_data;

	refcount_inc(&pieces->refs);
}

static void pieces_vma_close(struct vm_area_struct *vma)
{
	struct pieces *pieces = vma->vm_private_data;
	unsigned int nr;

	if (!refcount_dec_and_test(&pieces->refs))
		return;
	for (nr = 0; nr < pieces->nr; nr++)
		vmremap_area_put(pieces->piece[nr].area);
	kfree(pieces);
}

/* A piece that has one of these places, or NULL. */
static struct piece *find(struct pieces *pieces, unsigned long pgoff, unsigned long pages)
{
	unsigned int nr;

	for (nr = 0; nr < pieces->nr; nr++) {
		struct piece *piece = &pieces->piece[nr];

		if (pgoff < piece->pgoff + piece->pages && piece->pgoff < pgoff + pages)
			return piece;
	}
	return NULL;
}

static vm_fault_t pieces_vma_fault(struct vm_fault *vmf)
{
	struct piece *piece = find(vmf->vma->vm_private_data, vmf->pgoff, 1);
	struct vmremap_span page = { .start = vmf->address, .end = vmf->address + PAGE_SIZE };

	if (!piece)
		return VM_FAULT_SIGBUS;
	page.area = piece->area;
	page.index = piece->index + (vmf->pgoff - piece->pgoff);
	return vmremap_fault_copies(vmf) ? vmremap_give_locked(vmf, &page) :
					   vmremap_insert_page(vmf, &page);
}

const struct vm_operations_struct vmremap_pieces_vm_ops = {
	.open = pieces_vma_open,
	.close = pieces_vma_close,
	.fault = pieces_vma_fault,
	VMREMAP_GET_POLICY
};

/* Allocate @vma's list of pieces, or grow it by one entry. */
static struct pieces *make_room(struct vm_area_struct *vma)
{
	struct pieces *old = vma->vm_ops == &vmremap_pieces_vm_ops ? vma->vm_private_data : NULL;
	unsigned int nr = old ? old->nr + 1 : 1;
	struct pieces *pieces = krealloc(old, struct_size(pieces, piece, nr), GFP_KERNEL);

	if (!pieces)
		return NULL;
	if (!old) {
		refcount_set(&pieces->refs, 1);
		vma->vm_ops = &vmremap_pieces_vm_ops;
	}
	pieces->nr = nr;
	vma->vm_private_data = pieces;
	return pieces;
}

/**
 * vmremap_map_piece - map a part of an area to a part of a VMA
 * @area: the area
 * @vma: the VMA
 * @req: a request that stays in both
 *
 * Contract: requires AddrAligned, SizeNonZero, RangeNoWrap, RangeInVma,
 *	RangeInArea, VmaInit, AreaOutlives; checks VmaInit (2), NotRevoked,
 *	PolicyHeld (2);
 *	guarantees RightPage, PagesOutlive, AreaOutlives.
 * Context: An .mmap callback. May sleep.
 * Return: as vmremap_range_partial(). After a failure the caller takes
 * back what is mapped.
 */
int vmremap_map_piece(struct vmremap_area *area, struct vm_area_struct *vma,
		      const struct vmremap_request *req)
{
	struct piece piece = {
		.area = area,
		.index = vmremap_area_index(area, req),
		.pgoff = linear_page_index(vma, req->uaddr),
		.pages = PFN_UP(req->size),
	};
	vm_flags_t vm_flags = vma->vm_flags;
	enum vmremap_clause clause = VMREMAP_HOLDS;
	struct pieces *pieces;

	if (vma->vm_ops != &vmremap_pieces_vm_ops)
		clause = vmremap_check_vma(vma);
	else if (find(vma->vm_private_data, piece.pgoff, piece.pages))
		clause = VMREMAP_VMA_INIT;
	if (!clause)
		clause = vmremap_check_use(area, VMREMAP_PRIVATE_COPIES, &vm_flags);
	/* Who takes an area back does not find this VMA: its file is the driver's. */
	if (!clause && area->flags & VMREMAP_REVOCABLE)
		clause = VMREMAP_POLICY_HELD;
	if (clause)
		return vmremap_reject(clause, req);

	pieces = make_room(vma);
	if (!pieces)
		return -ENOMEM;
	pieces->piece[pieces->nr - 1] = piece;
	vmremap_area_get(area);
	vmremap_set_vm_flags(vma, vm_flags);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * A VMA with parts of areas in it: vm_private_data is the list of the pieces. The place of a
 * piece is a page offset as vm_pgoff counts, which the kernel keeps right through splits, moves
 * and forks. Faults map the pages. An .mmap callback maps none, because the driver may still
 * fail, or ignore that a later piece was refused: the entries would then have to be zapped, and
 * no exported function can do that to a VMA that is being set up.
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
 * @index: index of the first page in the page cache of @area's file
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
 * struct pieces - all pieces of a VMA, and of those that were split or copied from it
 * @refs: one for each of these VMAs
 * @dontcopy: an area among them is %VMREMAP_DONTCOPY
 * @nr: how many pieces there are
 * @piece: the pieces, in no order
 *
 * Nothing but @refs changes once mmap has ended.
 */
struct pieces {
	refcount_t refs;
	bool dontcopy;
	unsigned int nr;
	struct piece piece[] __counted_by(nr);
};

static void pieces_vma_open(struct vm_area_struct *vma)
{
	struct pieces *pieces = vma->vm_private_data;

	if (!pieces->dontcopy || !vmremap_end_copy(vma))
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

/* A piece that overlaps the places from @pgoff on, or NULL. */
static struct piece *find_overlap(struct pieces *pieces, unsigned long pgoff, unsigned long pages)
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
	struct piece *piece = find_overlap(vmf->vma->vm_private_data, vmf->pgoff, 1);
	struct vmremap_span span = { .start = vmf->address, .end = vmf->address + PAGE_SIZE };

	if (!piece)
		return VM_FAULT_SIGBUS;
	span.area = piece->area;
	span.index = piece->index + (vmf->pgoff - piece->pgoff);
	return vmremap_fault_copies(vmf) ? vmremap_give_locked(vmf, &span) :
					   vmremap_insert_page(vmf, &span);
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
		pieces->dontcopy = false;
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
 * @req: a request that lies within both
 *
 * Contract: requires AddrAligned, SizeNonZero, RangeNoWrap, RangeInVma,
 *	RangeInArea, VmaInit, AreaOutlives; checks VmaInit (2), NotRevoked,
 *	PolicyHeld (2);
 *	guarantees RightPage, PagesOutlive, AreaOutlives.
 * Context: An .mmap callback. May sleep.
 * Return: as vmremap_range_partial(). After a failure take_back() in mmap.c gives earlier
 * pieces back.
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
	else if (find_overlap(vma->vm_private_data, piece.pgoff, piece.pages))
		clause = VMREMAP_VMA_INIT;
	if (!clause)
		clause = vmremap_check_use(area, VMREMAP_PRIVATE_COPIES, &vm_flags);
	/* Revoke and freeze find VMAs by the area's file, but this one has the driver's. */
	if (!clause && area->flags & VMREMAP_REVOCABLE)
		clause = VMREMAP_POLICY_HELD;
	if (clause)
		return vmremap_reject(clause, req);

	pieces = make_room(vma);
	if (!pieces)
		return -ENOMEM;
	pieces->piece[pieces->nr - 1] = piece;
	pieces->dontcopy |= !!(area->flags & VMREMAP_DONTCOPY);
	vmremap_area_get(area);
	vmremap_set_vm_flags(vma, vm_flags);
	return 0;
}

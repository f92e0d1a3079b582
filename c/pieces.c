// SPDX-License-Identifier: GPL-2.0
/*
 * A VMA with parts of areas in it: its vm_file is a file that has the list of the pieces. So the
 * kernel keeps the list as long as a VMA has it, and drops it if the .mmap callback fails in
 * the end. The place of a piece is a page offset as vm_pgoff counts, which the kernel keeps right
 * through splits, moves and forks. Faults map the pages. An .mmap callback maps none, because the
 * driver may still fail, or ignore that a later piece was refused: the entries would then have
 * to be zapped, and no exported function can do that to a VMA that is being set up.
 */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/module.h>
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
 * @dontcopy: an area among them is %VMREMAP_DONTCOPY
 * @nr: how many pieces there are
 * @piece: the pieces, in no order
 *
 * Nothing changes once mmap has ended.
 */
struct pieces {
	bool dontcopy;
	unsigned int nr;
	struct piece piece[] __counted_by(nr);
};

static int release(struct inode *inode, struct file *file)
{
	struct pieces *pieces = file->private_data;

	/* There is none if there was no memory for it. */
	while (pieces && pieces->nr)
		vmremap_area_put(pieces->piece[--pieces->nr].area);
	kfree(pieces);
	return 0;
}

static const struct file_operations pieces_fops = {
	.owner = THIS_MODULE,
	.release = release,
	/* msync(2) has nothing to write back. */
	.fsync = noop_fsync,
};

static struct pieces *pieces_of(const struct vm_area_struct *vma)
{
	return vma->vm_file->private_data;
}

static void pieces_vma_open(struct vm_area_struct *vma)
{
	if (pieces_of(vma)->dontcopy)
		vmremap_end_copy(vma);
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
	struct piece *piece = find_overlap(pieces_of(vmf->vma), vmf->pgoff, 1);
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
	.fault = pieces_vma_fault,
	VMREMAP_GET_POLICY
};

/* Allocate @vma's file and its list of pieces, or grow that by one entry. */
static struct pieces *make_room(struct vm_area_struct *vma)
{
	struct pieces *old, *pieces;
	unsigned int nr;

	if (vma->vm_ops != &vmremap_pieces_vm_ops) {
		struct file *file = anon_inode_getfile("[vmremap]", &pieces_fops, NULL, O_RDWR);

		if (IS_ERR(file))
			return ERR_CAST(file);
		vma_set_file(vma, file);
		fput(file);
		vma->vm_ops = &vmremap_pieces_vm_ops;
	}
	old = pieces_of(vma);
	nr = old ? old->nr + 1 : 1;
	pieces = krealloc(old, struct_size(pieces, piece, nr), GFP_KERNEL | __GFP_ZERO);
	if (!pieces)
		return ERR_PTR(-ENOMEM);
	pieces->nr = nr;
	vma->vm_file->private_data = pieces;
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
 * Return: as vmremap_range_partial().
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
	else if (find_overlap(pieces_of(vma), piece.pgoff, piece.pages))
		clause = VMREMAP_VMA_INIT;
	if (!clause)
		clause = vmremap_check_use(area, VMREMAP_PRIVATE_COPIES, &vm_flags);
	/* Revoke and freeze find VMAs by the area's file, but this one has another. */
	if (!clause && area->flags & VMREMAP_REVOCABLE)
		clause = VMREMAP_POLICY_HELD;
	if (clause)
		return vmremap_reject(clause, req);

	pieces = make_room(vma);
	if (IS_ERR(pieces))
		return PTR_ERR(pieces);
	pieces->piece[pieces->nr - 1] = piece;
	pieces->dontcopy |= !!(area->flags & VMREMAP_DONTCOPY);
	vmremap_area_get(area);
	vmremap_set_vm_flags(vma, vm_flags);
	return 0;
}

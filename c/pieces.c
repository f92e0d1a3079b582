// SPDX-License-Identifier: GPL-2.0
/*
 * A VMA onto which several areas, or parts of them, are mapped: the *pieces*. Its vm_file is an
 * anonymous file whose private_data holds the pieces. So they exist as long as a VMA refers to the
 * file, and are freed if the .mmap callback fails. A piece's position is a page offset that counts
 * like vm_pgoff, which the kernel adjusts when it splits, moves or copies a VMA.
 *
 * Faults map the pages. An .mmap callback inserts no page table entries: if a later piece is
 * refused and the driver ignores that, every access to the VMA has to raise SIGBUS, and upstream
 * exports no function that zaps the entries of a VMA that is being set up.
 */
#include <linux/file.h>
#include <linux/maple_tree.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "span.h"
#include "vma.h"

/**
 * struct piece - contiguous pages of one area
 * @area: the area, on whose file the piece holds a reference
 * @index: index of the first page in the page cache of @area's file
 * @pgoff: position of the first page, to be compared with vmf->pgoff
 * @pages: number of pages
 */
struct piece {
	struct vmremap_area *area;
	unsigned long index;
	unsigned long pgoff;
	unsigned long pages;
};

/**
 * struct pieces - the pieces of a VMA, shared by the VMAs that were split or copied from it
 * @mapping: the private_data of the file
 * @inserting: held while a page table entry is inserted
 * @tree: the pieces, by position
 *
 * @mapping and @tree are constant after the .mmap callback has returned.
 */
struct pieces {
	struct vmremap_mapping mapping;
	struct mutex inserting;	/* serialises the two fault handlers */
	struct maple_tree tree;
};

static void release(struct vmremap_mapping *mapping)
{
	struct pieces *pieces = container_of(mapping, struct pieces, mapping);
	unsigned long pgoff = 0;
	struct piece *piece;

	mt_for_each(&pieces->tree, piece, pgoff, ULONG_MAX) {
		fput(piece->area->file);
		kfree(piece);
	}
	mtree_destroy(&pieces->tree);
	kfree(pieces);
}

/* Returns NULL if the driver has changed vm_file. */
static struct pieces *pieces_of(const struct vm_area_struct *vma)
{
	struct vmremap_mapping *mapping = vmremap_mapping_of(vma->vm_file);

	return mapping && !mapping->area ? container_of(mapping, struct pieces, mapping) : NULL;
}

/* Find the piece at the fault's address, clipped to the VMA. Return false if there is none. */
static bool find_span(const struct vm_fault *vmf, struct vmremap_span *span)
{
	struct vm_area_struct *vma = vmf->vma;
	struct pieces *pieces = pieces_of(vma);
	unsigned long first, end;
	struct piece *piece;

	if (WARN_ONCE(!pieces || vma->vm_flags & VM_PFNMAP,
		      "vmremap: the driver has changed vm_file, or set VM_PFNMAP\n"))
		return false;
	piece = mtree_load(&pieces->tree, vmf->pgoff);
	if (!piece)
		return false;
	first = max(piece->pgoff, vma->vm_pgoff);
	end = min(piece->pgoff + piece->pages, vma->vm_pgoff + vma_pages(vma));
	span->area = piece->area;
	span->start = vma->vm_start + ((first - vma->vm_pgoff) << PAGE_SHIFT);
	span->end = vma->vm_start + ((end - vma->vm_pgoff) << PAGE_SHIFT);
	span->index = piece->index + (first - piece->pgoff);
	return true;
}

/* Maps nothing. But without a .map_pages, the kernel would call .fault only with the mmap lock. */
static vm_fault_t pieces_vma_map_pages(struct vm_fault *vmf, pgoff_t first, pgoff_t last)
{
	return 0;
}

static vm_fault_t pieces_vma_fault(struct vm_fault *vmf)
{
	struct vmremap_span span;

	if (!find_span(vmf, &span))
		return VM_FAULT_SIGBUS;
	if (vmremap_fault_copies(vmf) || vmremap_fault_has_marker(vmf))
		return vmremap_give_locked(vmf, &span);
	/* So that no other thread inserts a PMD after vmremap_insert_page() has looked for one. */
	guard(mutex)(&pieces_of(vmf->vma)->inserting);
	return vmremap_insert_page(vmf, &span);
}

/*
 * Calls vmf_insert_folio_pmd(), because filemap_map_pages() maps only the page cache of vm_file,
 * which here is not the area's file. vmf_insert_folio_pmd() does nothing if another thread has
 * installed an entry meanwhile. It warns about a PTE table only if its argument @write is true.
 */
static vm_fault_t pieces_vma_huge_fault(struct vm_fault *vmf, unsigned int order)
{
	struct vm_area_struct *vma = vmf->vma;
	struct vmremap_span span, part;
	struct folio *folio;

	/*
	 * A kernel without huge pages has no vmf_insert_folio_pmd() to link with. If there is a
	 * PMD entry already, this is a write to a write-protected entry, which the kernel splits.
	 */
	if (!IS_ENABLED(CONFIG_TRANSPARENT_HUGEPAGE) || order != PMD_ORDER ||
	    !pmd_none(pmdp_get_lockless(vmf->pmd)) || vma->vm_flags & VM_MIXEDMAP ||
	    vmremap_fault_copies(vmf) || !find_span(vmf, &span))
		return VM_FAULT_FALLBACK;
	part = vmremap_span_around(&span, vmf->address, PMD_SIZE);
	folio = vmremap_span_folio(&part, part.start);
	if (part.end - part.start != PMD_SIZE || part.index % PTRS_PER_PTE ||
	    folio_order(folio) != PMD_ORDER || vmremap_cache_failed(folio))
		return VM_FAULT_FALLBACK;
	/*
	 * While the kernel tracks writes, the entry would be write-protected. The kernel would
	 * split it, return to take the mmap lock, and call this function again, for ever.
	 */
	if (vmf->flags & FAULT_FLAG_WRITE &&
	    !pte_write(pfn_pte(folio_pfn(folio), vma->vm_page_prot)))
		return VM_FAULT_FALLBACK;
	guard(mutex)(&pieces_of(vma)->inserting);
	return vmf_insert_folio_pmd(vmf, folio, false);
}

const struct vm_operations_struct vmremap_pieces_vm_ops = {
	.open = vmremap_vma_open,
	.close = vmremap_vma_close,
	.map_pages = pieces_vma_map_pages,
	.fault = pieces_vma_fault,
	.huge_fault = pieces_vma_huge_fault,
};

/* Set the vm_file of @vma to a new file with an empty tree of pieces. */
static struct pieces *begin(struct vm_area_struct *vma)
{
	struct pieces *pieces __free(kfree) = kzalloc_obj(*pieces);
	struct file *file;

	if (!pieces)
		return ERR_PTR(-ENOMEM);
	mutex_init(&pieces->inserting);
	/* A broken driver may add a piece after its callback, while faults search the tree. */
	mt_init_flags(&pieces->tree, MT_FLAGS_USE_RCU);
	pieces->mapping.release = release;
	file = vmremap_mapping_open(&pieces->mapping, NULL, vma->vm_ops, vma->vm_file);
	if (IS_ERR(file))
		return ERR_CAST(file);
	vma_set_file(vma, file);
	fput(file);
	vma->vm_ops = &vmremap_pieces_vm_ops;
	return no_free_ptr(pieces);
}

static int add(struct pieces *pieces, const struct piece *new)
{
	struct piece *piece = kmemdup(new, sizeof(*new), GFP_KERNEL_ACCOUNT);
	int err = piece ? mtree_insert_range(&pieces->tree, new->pgoff,
					     new->pgoff + new->pages - 1, piece, GFP_KERNEL) :
			  -ENOMEM;

	if (err)
		kfree(piece);
	return err;
}

/**
 * vmremap_map_piece - add a piece, whose pages are then mapped by faults
 * @area: the area
 * @vma: the VMA
 * @req: a request that lies within both
 *
 * Contract: requires AddrAligned, SizeNonZero, RangeNoWrap, RangeInVma,
 *	RangeInArea, VmaInit, AreaOutlives; checks VmaInit (3), NotRevoked,
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
	bool first = vma->vm_ops != &vmremap_pieces_vm_ops;
	enum vmremap_clause clause = vmremap_check_vma(vma, &vmremap_pieces_vm_ops);
	struct pieces *pieces = first ? NULL : pieces_of(vma);
	vm_flags_t vm_flags = vma->vm_flags;
	int err;

	/* The driver has changed vm_file. */
	if (!clause && !first && !pieces)
		clause = VMREMAP_VMA_INIT;
	clause = clause ?: vmremap_check_use(area, VMREMAP_PRIVATE_COPIES, &vm_flags);
	/*
	 * Revoke and freeze search the i_mmap of the area's file. This VMA is in the i_mmap of
	 * another file.
	 */
	if (!clause && area->flags & VMREMAP_REVOCABLE)
		clause = VMREMAP_POLICY_HELD;
	if (clause)
		return vmremap_reject(clause, req);

	if (first)
		pieces = begin(vma);
	if (IS_ERR(pieces))
		return PTR_ERR(pieces);
	err = add(pieces, &piece);
	if (err)
		return err == -EEXIST ? vmremap_reject(VMREMAP_VMA_INIT, req) : err;
	pieces->mapping.dontcopy |= !!(area->flags & VMREMAP_DONTCOPY);
	get_file(area->file);
	vmremap_set_vm_flags(vma, vm_flags);
	return 0;
}

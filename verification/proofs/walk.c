// SPDX-License-Identifier: GPL-2.0
/*
 * Proves: vmremap_prefault() and the fault handlers map every page of a span exactly once,
 *	each to the area's page that belongs there, and nothing outside of the span.
 * Clauses: RightPage RangeInVma RangeInArea
 * Assumes: areas of up to 20 and of 33 pages in all layouts, and six of up to 113 pages,
 *	where page tables have 32 entries; all spans of these, at all places in a page table,
 *	and each page touched first (of more than 40 pages, each 13th length and each 7th
 *	page); filemap_map_pages() maps those of the pages from first to last that are not
 *	mapped, and not locked, by a PMD if the folio has one; vmf_insert_folio_pmd() maps a
 *	folio by a PMD; xa_load() gives the folio that a page is in; nobody kills the task.
 * Code: c/fault.c
 * Pages: 64/12/5 32/12/5
 * Cases: all
 */
#include "span.h"
#include "vmremap.h"

#define MOST_PAGES	128
/* The span begins somewhere in the second page table, and ends in the sixth. */
#define TABLES		7
#define BASE		0x40000000UL
#define ENTRIES		(TABLES * PTRS_PER_PTE)

const struct file_operations vmremap_mapping_fops = {};

static struct page memory[MOST_PAGES];
static struct folio folios[MOST_PAGES];
static struct address_space mapping;
static struct vmremap_area area;
static struct file file = { &vmremap_mapping_fops, &area.mapping, &mapping };
static struct vmremap_span span = { .area = &area };
static struct vm_area_struct vma;
static struct page *entries[ENTRIES];
static pmd_t pmds[TABLES];
static unsigned long cases;
static unsigned long nr_folios;
/* The fault that is being handled, or NULL while a VMA is set up. */
static struct vm_fault *fault;

static void fail(const char *what)
{
	__builtin_printf("%s: %lu pages from page %lu of %lu on, at entry %lu; blocks:", what,
			 (span.end - span.start) / PAGE_SIZE, span.index, area.pages,
			 (span.start - BASE) / PAGE_SIZE);
	for (unsigned long i = 0; i < nr_folios; i++)
		__builtin_printf(" %u", folios[i].order);
	__builtin_printf("\n");
	__builtin_exit(1);
}

static struct page **entry(unsigned long addr)
{
	if (addr < span.start || addr >= span.end || addr % PAGE_SIZE)
		fail("mapped outside of the span");
	return &entries[(addr - BASE) / PAGE_SIZE];
}

static void map(unsigned long addr, struct page *page)
{
	struct page **here = entry(addr);

	if (*here)
		fail("mapped twice");
	if (page != &memory[span.index + (addr - span.start) / PAGE_SIZE])
		fail("not the right page");
	*here = page;
}

void *xa_load(struct xarray *xa, unsigned long index)
{
	if (xa != &mapping.i_pages)
		fail("another file's pages");
	return index - folios[0].index < area.pages ? memory[index].folio : NULL;
}

/* Is the folio locked by somebody else? */
static bool locked;

static bool table_is_empty(unsigned long addr);
static pmd_t *pmd_of(unsigned long addr);

/* As do_set_pmd() and filemap_map_folio_range(): a PMD, or what is not there yet of a table. */
vm_fault_t filemap_map_pages(struct vm_fault *vmf, unsigned long first, unsigned long last)
{
	unsigned long from = span.start + (first - span.index) * PAGE_SIZE;
	unsigned long to = span.start + (last - span.index) * PAGE_SIZE, addr;
	struct folio *folio = memory[first].folio;
	/* As thp_vma_suitable_order(): the VMA has all of the PMD, and the folio fits. */
	bool by_pmd = *vmf->pmd || (table_is_empty(vmf->address) && folio->order == PMD_ORDER &&
				    folio->index == first && from % PMD_SIZE == 0 &&
				    from + PMD_SIZE <= span.end);

	if (from > vmf->address || to < vmf->address || from / PMD_SIZE != to / PMD_SIZE)
		fail("not the pages of one table around the fault");
	if (vmf->pmd != pmd_of(vmf->address))
		fail("another PMD's entry");
	if (!fault || vmf != fault)
		fail("not the fault");
	if (locked)
		return 0;
	for (addr = from; addr <= to; addr += PAGE_SIZE)
		if (!*entry(addr))
			map(addr, &memory[first + (addr - from) / PAGE_SIZE]);
	if (by_pmd)
		*vmf->pmd = 1;
	return VM_FAULT_NOPAGE;
}

/* As insert_pmd(): a PMD, unless an entry is there. */
vm_fault_t vmf_insert_folio_pmd(struct vm_fault *vmf, struct folio *folio, bool write)
{
	if (write || vmf->flags)
		fail("written by another fault");
	if (folio->order != PMD_ORDER || vmf->address % PMD_SIZE)
		fail("not a PMD");
	if (vmf->pmd != pmd_of(vmf->address))
		fail("another PMD's entry");
	if (locked)
		fail("mapped with the folio locked");
	if (!table_is_empty(vmf->address))
		fail("mapped over another entry");
	for (unsigned long i = 0; i < PTRS_PER_PTE; i++)
		map(vmf->address + i * PAGE_SIZE, &folio->first[i]);
	*vmf->pmd = 1;
	return VM_FAULT_NOPAGE;
}

vm_fault_t vmf_insert_page_mkwrite(struct vm_fault *vmf, struct page *page, bool write)
{
	struct page **here = entry(vmf->address);

	if (write != (fault && fault->flags & FAULT_FLAG_WRITE))
		fail("written by another fault");
	if (!*here)
		map(vmf->address, page);
	else if (*here != page)
		fail("not the right page");
	return VM_FAULT_NOPAGE;
}

/* No memory fails here. */
bool vmremap_cache_failed(struct folio *folio)
{
	return false;
}

static bool table_is_empty(unsigned long addr)
{
	unsigned long first = ALIGN_DOWN((addr - BASE) / PAGE_SIZE, PTRS_PER_PTE);

	for (unsigned long i = first; i < first + PTRS_PER_PTE; i++)
		if (entries[i])
			return false;
	return true;
}

static pmd_t *pmd_of(unsigned long addr)
{
	return &pmds[(addr - BASE) / PMD_SIZE];
}

pmd_t *pmd_off(struct mm_struct *mm, unsigned long addr)
{
	/* What maps the page before it is in the same table. */
	if (addr % PUD_SIZE == 0 || !*entry(addr - PAGE_SIZE))
		fail("a table that may not be there");
	return pmd_of(addr);
}

/* The kernel maps the page that it is given. */
static vm_fault_t finish(struct vm_fault *vmf, vm_fault_t ret)
{
	if (ret != VM_FAULT_LOCKED)
		return ret;
	if (!locked)
		fail("given to the kernel without need");
	map(vmf->address, vmf->page);
	return VM_FAULT_NOPAGE;
}

/* As vmremap_cover_fault(), or for a mixed map as pieces_vma_fault(). */
vm_fault_t handle_mm_fault(struct vm_area_struct *unused, unsigned long addr, unsigned int flags,
			   void *regs)
{
	struct vm_fault vmf = {
		.vma = &vma, .address = addr, .flags = flags, .pmd = pmd_of(addr),
	};
	vm_fault_t ret;

	if (*entry(addr))
		return 0;
	fault = &vmf;
	if (vma.vm_flags & VM_MIXEDMAP)
		ret = vmremap_insert_page(&vmf, &span);
	else
		ret = vmremap_map_around(&vmf, &span);
	if (!ret)
		ret = finish(&vmf, vmremap_give_locked(&vmf, &span));
	fault = NULL;
	if (ret != VM_FAULT_NOPAGE)
		fail("a fault fails");
	if (!*entry(addr))
		fail("a fault does not map the page");
	return 0;
}

static void forget(void)
{
	for (unsigned long i = 0; i < ENTRIES; i++)
		entries[i] = NULL;
	for (unsigned long i = 0; i < TABLES; i++)
		pmds[i] = 0;
	cases++;
}

static void all_mapped(bool by_faults)
{
	for (unsigned long addr = span.start; addr < span.end; addr += PAGE_SIZE) {
		if (*entry(addr))
			continue;
		if (!by_faults)
			fail("a page is left out");
		handle_mm_fault(&vma, addr, 0, NULL);
	}
}

static void set_up(unsigned int flags)
{
	forget();
	area.flags = flags;
	area.file = &file;
	area.mapping.area = &area;
	vma.vm_start = span.start;
	vma.vm_end = span.end;
	vma.vm_pgoff = span.index;
	vma.vm_file = &file;
	vma.vm_flags = VM_READ | VM_WRITE | VM_SHARED | VM_MAYSHARE;
	vmremap_prefault(&vma);
	if (vma.vm_flags & VM_MIXEDMAP)
		fail("it stays a mixed map");
}

static void one_span(void)
{
	unsigned long step = span.end - span.start > 40 * PAGE_SIZE ? 7 : 1;

	set_up(VMREMAP_POPULATE);
	all_mapped(false);
	set_up(0);
	all_mapped(true);
	set_up(0);
	locked = true;
	all_mapped(true);
	locked = false;
	/* After a zap, a page at each place of a block is the first to be touched. */
	for (unsigned long addr = span.start; addr < span.end; addr += step * PAGE_SIZE) {
		forget();
		handle_mm_fault(&vma, addr, FAULT_FLAG_WRITE, NULL);
		/* As a mixed map, or as a piece. */
		forget();
		vma.vm_flags |= VM_MIXEDMAP;
		handle_mm_fault(&vma, addr, FAULT_FLAG_WRITE, NULL);
		vma.vm_flags &= ~VM_MIXEDMAP;
	}
}

static unsigned long end_index(void)
{
	return folios[0].index + area.pages;
}

static void all_spans(void)
{
	for (unsigned long place = 0; place < PTRS_PER_PTE; place++) {
		span.start = BASE + (PTRS_PER_PTE + place) * PAGE_SIZE;
		for (span.index = folios[0].index; span.index < end_index(); span.index++) {
			unsigned long nr = end_index() - span.index;

			for (; nr > 0; nr -= nr > 40 ? 13 : 1) {
				span.end = span.start + nr * PAGE_SIZE;
				one_span();
			}
		}
	}
}

static void add(unsigned int order)
{
	struct folio *folio = &folios[nr_folios++];

	folio->order = order;
	/* As vmremap_cache_fill(). */
	folio->index = nr_folios == 1 ? 1UL << order : end_index();
	folio->first = &memory[folio->index];
	for (unsigned long i = 0; i < 1UL << order; i++)
		memory[folio->index + i].folio = folio;
	list_add_tail(&folio->lru, &area.folios);
	area.pages += 1UL << order;
}

static void remove_last(void)
{
	area.pages -= 1UL << folios[--nr_folios].order;
	area.folios.prev = folios[nr_folios].lru.prev;
	area.folios.prev->next = &area.folios;
}

/* Add blocks of every order up to @limit, in every number that fits. */
static void layouts(int limit, unsigned long most)
{
	if (area.pages == most)
		all_spans();
	for (int order = limit; order >= 0; order--) {
		if (area.pages + (1UL << order) > most)
			continue;
		add(order);
		layouts(order, most);
		remove_last();
	}
}

int main(void)
{
	unsigned int large, small;

	INIT_LIST_HEAD(&area.folios);
	for (unsigned long most = 1; most <= 33; most += most < 20 ? 1 : 13)
		layouts(5, most);

	for (large = 1; large <= 3; large++) {
		for (small = 0; small <= 5; small += 4) {
			for (unsigned int i = 0; i < large; i++)
				add(5);
			if (small)
				add(small);
			add(0);
			all_spans();
			while (nr_folios)
				remove_last();
		}
	}
	__builtin_printf("%lu\n", cases);
	return 0;
}

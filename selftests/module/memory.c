// SPDX-License-Identifier: GPL-2.0
/* Memory of every kind, which vmremap may or may not map. */

#include <linux/errno.h>
#include <linux/io.h>
#include <linux/kmsan-checks.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "test.h"
#include "vmremap.h"

/* Legacy video memory, which every PC has and which is never RAM. */
#define TEST_IO_ADDR 0xa0000

struct test_memory *test_memory_get(struct test_file *tf, u32 slot)
{
	if (slot >= VMREMAP_TEST_SLOTS)
		return NULL;
	return &tf->slots[array_index_nospec(slot, VMREMAP_TEST_SLOTS)];
}

/*
 * For an mmap callback: copy a slot to @mem, and take a reference on its area, because another
 * thread may empty the slot at any time.
 */
bool test_memory_hold(struct test_file *tf, u32 nr, struct test_memory *mem)
{
	struct test_memory *slot = test_memory_get(tf, nr);

	if (!slot)
		return false;
	guard(spinlock)(&tf->slots_lock);
	*mem = *slot;
	if (mem->used && mem->kind == VMREMAP_TEST_AREA)
		vmremap_area_get(mem->area);
	return mem->used;
}

void test_memory_release(struct test_memory *mem)
{
	if (mem->kind == VMREMAP_TEST_AREA)
		vmremap_area_put(mem->area);
}

static void *test_vmap(struct test_memory *mem)
{
	unsigned int n = PFN_UP(mem->size), got = 0;
	void *addr = NULL;

	mem->pages = kvcalloc(n, sizeof(*mem->pages), GFP_KERNEL);
	if (!mem->pages)
		return NULL;
	while (got < n) {
		mem->pages[got] = alloc_page(GFP_KERNEL | __GFP_ZERO);
		if (!mem->pages[got])
			break;
		got++;
	}
	if (got == n)
		addr = vmap(mem->pages, n, VM_MAP, PAGE_KERNEL);
	if (!addr) {
		while (got)
			__free_page(mem->pages[--got]);
		kvfree(mem->pages);
	}
	return addr;
}

static void *test_freed(u64 size)
{
	void *addr = vmalloc_user(size);

	vfree(addr);
	return addr;
}

static void *test_address(struct test_memory *mem)
{
	switch (mem->kind) {
	case VMREMAP_TEST_VMALLOC_USER:
		return vmalloc_user(mem->size);
	case VMREMAP_TEST_VMALLOC:
		return vzalloc(mem->size);
	case VMREMAP_TEST_VMALLOC_FREED:
		return test_freed(mem->size);
	case VMREMAP_TEST_VMALLOC_NEVER:
		return (void *)PAGE_ALIGN(VMALLOC_START / 2 + VMALLOC_END / 2);
	case VMREMAP_TEST_VMAP:
		return test_vmap(mem);
	case VMREMAP_TEST_KMALLOC:
		return kzalloc(PAGE_ALIGN(mem->size), GFP_KERNEL);
	case VMREMAP_TEST_STACK:
		return (void *)PAGE_ALIGN_DOWN((unsigned long)task_stack_page(current));
	case VMREMAP_TEST_TEXT:
		return (void *)PAGE_ALIGN_DOWN((unsigned long)test_memory_alloc);
	case VMREMAP_TEST_IOREMAP:
		return (void __force *)ioremap(TEST_IO_ADDR, mem->size);
	case VMREMAP_TEST_USER:
		return (void *)PAGE_ALIGN_DOWN(current->mm->start_code);
	default:
		return NULL;
	}
}

/* With KMSAN, report each byte of an area that nobody has initialized: programs can read it. */
static void test_memory_check(const struct test_memory *mem)
{
	if (mem->kind == VMREMAP_TEST_AREA || mem->kind == VMREMAP_TEST_BY_ADDRESS)
		kmsan_check_memory(mem->addr, PAGE_ALIGN(mem->size));
}

static int test_area(struct test_memory *mem, u32 flags)
{
	/* mem->size is wider than size_t on a 32-bit kernel. */
	if (mem->size > SIZE_MAX)
		return -EOVERFLOW;
	mem->area = vmremap_area_alloc(mem->size, flags);
	if (IS_ERR(mem->area))
		return PTR_ERR(mem->area);
	mem->addr = vmremap_area_addr(mem->area);
	return 0;
}

int test_memory_alloc(struct test_file *tf, struct vmremap_test_memory *req)
{
	struct test_memory *slot = test_memory_get(tf, req->slot);
	struct test_memory mem = {
		.used = true, .kind = req->kind, .size = req->size,
	};
	int ret = 0;

	if (!slot || req->kind >= VMREMAP_TEST_KINDS)
		return -ENXIO;
	if (slot->used)
		return -EEXIST;

	switch (req->kind) {
	case VMREMAP_TEST_AREA:
		ret = test_area(&mem, req->flags);
		break;
	case VMREMAP_TEST_BY_ADDRESS:
		mem.addr = vmremap_alloc(mem.size, req->flags);
		ret = mem.addr ? 0 : -ENOMEM;
		break;
	case VMREMAP_TEST_AREA_NULL:
		break;
	case VMREMAP_TEST_AREA_ERROR:
		mem.area = ERR_PTR(-ENOMEM);
		mem.addr = (void *)PAGE_ALIGN_DOWN((unsigned long)mem.area);
		break;
	default:
		mem.addr = test_address(&mem);
		if (!mem.addr)
			ret = -ENOMEM;
	}
	if (ret)
		return ret;
	test_memory_check(&mem);

	scoped_guard(spinlock, &tf->slots_lock) {
		*slot = mem;
	}
	req->addr = (unsigned long)mem.addr;
	return 0;
}

int test_memory_info(struct test_file *tf, struct vmremap_test_memory *req)
{
	struct test_memory *slot = test_memory_get(tf, req->slot);

	if (!slot || !slot->used)
		return -ENXIO;

	req->kind = slot->kind;
	req->size = slot->size;
	req->addr = (unsigned long)slot->addr;
	if (slot->kind == VMREMAP_TEST_AREA) {
		req->size = vmremap_area_size(slot->area);
		req->addr = (unsigned long)vmremap_area_addr(slot->area);
	}
	return 0;
}

int test_memory_free(struct test_file *tf, u32 nr)
{
	struct test_memory *slot = test_memory_get(tf, nr), mem;
	unsigned int n;

	if (!slot)
		return -ENXIO;
	scoped_guard(spinlock, &tf->slots_lock) {
		mem = *slot;
		*slot = (struct test_memory){};
	}
	if (!mem.used)
		return -ENXIO;

	test_memory_check(&mem);
	switch (mem.kind) {
	case VMREMAP_TEST_AREA:
	case VMREMAP_TEST_AREA_NULL:
	case VMREMAP_TEST_AREA_ERROR:
		vmremap_area_put(mem.area);
		break;
	case VMREMAP_TEST_VMALLOC_USER:
	case VMREMAP_TEST_VMALLOC:
	case VMREMAP_TEST_BY_ADDRESS:
		vmremap_free(mem.addr);
		break;
	case VMREMAP_TEST_VMAP:
		vunmap(mem.addr);
		for (n = 0; n < PFN_UP(mem.size); n++)
			__free_page(mem.pages[n]);
		kvfree(mem.pages);
		break;
	case VMREMAP_TEST_KMALLOC:
		kfree(mem.addr);
		break;
	case VMREMAP_TEST_IOREMAP:
		iounmap((void __iomem __force *)mem.addr);
		break;
	}
	return 0;
}

/* Does the slot hold memory of its own that consists of pages? */
static bool test_memory_plain(const struct test_memory *slot)
{
	return slot && slot->used &&
	       (slot->kind == VMREMAP_TEST_AREA ||
		slot->kind == VMREMAP_TEST_BY_ADDRESS ||
		slot->kind == VMREMAP_TEST_VMALLOC_USER ||
		slot->kind == VMREMAP_TEST_VMALLOC);
}

/* The references on a folio, without those of its page cache, one for each page. */
static int test_references(struct folio *folio)
{
	return folio_ref_count(folio) - (folio->mapping ? folio_nr_pages(folio) : 0);
}

int test_memory_references(struct test_file *tf, u32 nr)
{
	struct test_memory *slot = test_memory_get(tf, nr);
	int refs = 0;

	if (!test_memory_plain(slot))
		return -ENXIO;
	for (u64 n = 0; n < PFN_UP(slot->size); n++) {
		struct page *page = vmalloc_to_page(slot->addr + n * PAGE_SIZE);

		refs += test_references(page_folio(page));
	}
	return refs;
}

int test_memory_access(struct test_file *tf, bool write,
		       const struct vmremap_test_access *req)
{
	struct test_memory *slot = test_memory_get(tf, req->slot);
	u64 end, value = req->value;
	void *addr;

	if (!test_memory_plain(slot))
		return -ENXIO;
	if (check_add_overflow(req->offset, (u64)req->count << PAGE_SHIFT, &end) ||
	    end > PAGE_ALIGN(slot->size) || req->offset % sizeof(u64))
		return -ENXIO;

	addr = slot->addr + req->offset;
	for (u32 n = 0; n < req->count; n++, value++, addr += PAGE_SIZE) {
		u64 *word = addr;

		if (write)
			WRITE_ONCE(*word, value);
		else if (READ_ONCE(*word) != value)
			return -EILSEQ;
	}
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/* Makes every kind of mistake that a kernel of tools/debug-kernel has to detect. */
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

static char *kind = "";
module_param(kind, charp, 0);
MODULE_PARM_DESC(kind, "which mistake: see the table");

static void lock_order(void)
{
	static DEFINE_MUTEX(a);
	static DEFINE_MUTEX(b);

	mutex_lock(&a);
	mutex_lock(&b);
	mutex_unlock(&b);
	mutex_unlock(&a);
	mutex_lock(&b);
	mutex_lock(&a);
	mutex_unlock(&a);
	mutex_unlock(&b);
}

static void atomic_sleep(void)
{
	static DEFINE_SPINLOCK(lock);

	spin_lock(&lock);
	might_sleep();
	spin_unlock(&lock);
}

static void slab_bounds(void)
{
	char *buf = kmalloc(16, GFP_KERNEL);

	OPTIMIZER_HIDE_VAR(buf);
	if (buf)
		WRITE_ONCE(buf[16], 1);
	kfree(buf);
}

static void vmalloc_bounds(void)
{
	char *buf = vmalloc(PAGE_SIZE + 1);

	OPTIMIZER_HIDE_VAR(buf);
	if (buf)
		WRITE_ONCE(buf[PAGE_SIZE + 1], 1);
	vfree(buf);
}

static void page_after_free(void)
{
	struct page *page = alloc_page(GFP_KERNEL);
	char *addr = page ? page_address(page) : NULL;

	if (!page)
		return;
	__free_page(page);
	WRITE_ONCE(*addr, 1);
}

/* Not checked by KASAN, like a write by a program or a device. */
static void __no_sanitize_address poisoned_page(void)
{
	struct page *page = alloc_page(GFP_KERNEL);
	char *addr = page ? page_address(page) : NULL;

	if (!page)
		return;
	__free_page(page);
	WRITE_ONCE(*addr, 1);
	page = alloc_page(GFP_KERNEL);
	if (page)
		__free_page(page);
}

static void bad_page(void)
{
	struct page *page = alloc_page(GFP_KERNEL);

	if (!page)
		return;
	page->mapping = (void *)page;
	__free_page(page);
}

static void shift(void)
{
	unsigned int by = 32, result;

	OPTIMIZER_HIDE_VAR(by);
	result = 1U << by;
	OPTIMIZER_HIDE_VAR(result);
}

static void vm_assertion(void)
{
	VM_WARN_ON_ONCE(kind);
}

static void refcount(void)
{
	refcount_t refs = REFCOUNT_INIT(0);

	refcount_inc(&refs);
}

static void list(void)
{
	LIST_HEAD(head);
	struct list_head entry;

	list_add(&entry, &head);
	entry.next = &entry;
	list_del(&entry);
}

/* Leak many, because pointers to the last ones stay in lists of the allocator. */
static void leak(void)
{
	unsigned int i;

	for (i = 0; i < 1000; i++) {
		void *lost = kmalloc(100, GFP_KERNEL);

		OPTIMIZER_HIDE_VAR(lost);
	}
}

static int takes_an_int(int value)
{
	return value;
}

static void wrong_type(void)
{
	int (*call)(char *) = (void *)takes_an_int;

	OPTIMIZER_HIDE_VAR(call);
	call(kind);
}

static const struct {
	const char *name;
	void (*make)(void);
} mistakes[] = {
	{ "lock-order", lock_order },
	{ "atomic-sleep", atomic_sleep },
	{ "slab-bounds", slab_bounds },
	{ "vmalloc-bounds", vmalloc_bounds },
	{ "page-after-free", page_after_free },
	{ "poisoned-page", poisoned_page },
	{ "bad-page", bad_page },
	{ "shift", shift },
	{ "vm-assertion", vm_assertion },
	{ "refcount", refcount },
	{ "leak", leak },
	{ "list", list },
	{ "wrong-type", wrong_type },
};

static int __init trouble_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(mistakes); i++) {
		if (!strcmp(kind, mistakes[i].name)) {
			mistakes[i].make();
			return 0;
		}
	}
	return -EINVAL;
}
module_init(trouble_init);

static void __exit trouble_exit(void)
{
}
module_exit(trouble_exit);

MODULE_DESCRIPTION("vmremap: mistakes that the debug kernel finds");
MODULE_LICENSE("GPL");

// SPDX-License-Identifier: GPL-2.0
/*
 * The file vmremap/areas in debugfs: a line for each area. Only root can read it, and it has no
 * addresses. This is written after vmalloc_info_show() in mm/vmalloc.c, and differs from it in
 * these points:
 *
 * * Names, not addresses, tell areas apart. The name comes last, because it may contain blanks.
 * * The state of an area, its mappings and its pins can change while they are shown, because the
 *   lock of the index does not protect them. So a line may combine values of different moments.
 *   But whatever is read stays: the area as long as that lock is held, the VMAs under the lock of
 *   i_mmap, and the name under RCU.
 * * If the buffer is full, the other areas are skipped, because seq_read() then calls
 *   areas_show() again with a larger buffer.
 *
 * Like vmalloc_info_show() with NUMA, it looks at each block of pages of each area, and also at
 * each VMA, with a spinlock held. It takes no reference on an area, a file or a folio. So it makes
 * neither vmremap_area_freeze() nor vmremap_area_is_sole_reference() fail, does not make
 * vmremap_area_is_mapped() true, and keeps no area from being cached. It delays the freeing of an
 * area only by the time for which it holds the lock, which .release of the area's file takes.
 */
#include <linux/bitops.h>
#include <linux/cleanup.h>
#include <linux/dcache.h>
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/seq_file.h>

#include "../c/area.h"

/* Of VMREMAP_FLAGS, by bit. */
static const char *const flags[] = {
	"rdonly", "dontcopy", "account", "populate", "revocable", "dma32",
};

static_assert(BIT(ARRAY_SIZE(flags)) - 1 == VMREMAP_FLAGS);

static const char *const states[] = {
	[VMREMAP_OPEN] = "open",
	[VMREMAP_FREEZING] = "freezing",
	[VMREMAP_FROZEN] = "frozen",
	[VMREMAP_REVOKED] = "revoked",
	[VMREMAP_CACHED] = "cached",
};

/*
 * Count the VMAs that map the page cache of the area's file. The lock of i_mmap sleeps, so it
 * cannot be waited for under the spinlock of the index. Return -1 if a program holds it, because
 * it changes its mappings of the area.
 */
static long mappings(struct address_space *mapping)
{
	long nr = 0;

	if (!i_mmap_trylock_read(mapping))
		return -1;
	for (struct rb_node *node = rb_first_cached(&mapping->i_mmap); node; node = rb_next(node))
		nr++;
	i_mmap_unlock_read(mapping);
	return nr;
}

/*
 * Like vmremap_pinned(), but the area may be mapped. Then each page table entry holds a reference,
 * too, which folio_mapcount() counts. While a page is being mapped or unmapped, it may look pinned,
 * because the reference is taken before it is counted, and dropped after.
 */
static bool pinned(const struct vmremap_area *area)
{
	struct folio *folio;

	list_for_each_entry(folio, &area->folios, lru)
		if (folio_ref_count(folio) - folio_mapcount(folio) > 1 + folio_nr_pages(folio))
			return true;
	return false;
}

static void show_area(const struct vmremap_area *area, void *data)
{
	unsigned long bits = READ_ONCE(area->flags), bit;
	size_t size = READ_ONCE(area->size);
	struct seq_file *s = data;
	const char *name;
	long nr;

	/* If the area has no size, it is still being made. */
	if (!size || seq_has_overflowed(s))
		return;
	nr = mappings(area->file->f_mapping);
	seq_printf(s, "%12zu %4u ", size, refcount_read(&area->refs));
	if (nr < 0)
		seq_puts(s, "       ?");
	else
		seq_printf(s, "%8ld", nr);
	seq_printf(s, " %-6s %-8s ", pinned(area) ? "yes" : "no", states[READ_ONCE(area->state)]);
	for_each_set_bit(bit, &bits, ARRAY_SIZE(flags)) {
		seq_puts(s, flags[bit]);
		bits &= ~BIT(bit);
		seq_putc(s, bits ? ',' : ' ');
	}
	if (!READ_ONCE(area->flags))
		seq_puts(s, "- ");
	guard(rcu)();
	name = READ_ONCE(area->name);
	seq_escape(s, name ?: "-", "\n");
	seq_putc(s, '\n');
}

static int areas_show(struct seq_file *s, void *unused)
{
	seq_puts(s, "        size refs mappings pinned state    flags name\n");
	vmremap_index_walk(show_area, s);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(areas);

static struct dentry *file;

/*
 * Another module may have files in the same folder. So use the folder if it exists, and never
 * remove it, because that would remove the files of the other module, too.
 */
static int __init vmremap_debugfs_init(void)
{
	struct dentry *dir = debugfs_lookup("vmremap", NULL);

	file = debugfs_create_file("areas", 0400, dir ?: debugfs_create_dir("vmremap", NULL),
				   NULL, &areas_fops);
	dput(dir);
	return PTR_ERR_OR_ZERO(file);
}
module_init(vmremap_debugfs_init);

static void __exit vmremap_debugfs_exit(void)
{
	debugfs_remove(file);
}
module_exit(vmremap_debugfs_exit);

MODULE_DESCRIPTION("List the memory that vmremap shares with programs in debugfs");
MODULE_AUTHOR("The vmremap authors");
MODULE_VERSION(VMREMAP_VERSION);
MODULE_LICENSE("GPL");

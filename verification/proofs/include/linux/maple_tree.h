/* SPDX-License-Identifier: GPL-2.0 */
/* Of include/linux/maple_tree.h, what an index of areas needs. */
#define MT_FLAGS_USE_RCU	0x02
#define MTREE_INIT(name, __flags)	{ .lock = &(name), .flags = (__flags) }
#define GFP_KERNEL		0

struct maple_tree {
	void *lock;
	unsigned int flags;
};

int mtree_insert_range(struct maple_tree *mt, unsigned long first, unsigned long last, void *entry,
		       int gfp);
void *mtree_load(struct maple_tree *mt, unsigned long index);
void *mtree_erase(struct maple_tree *mt, unsigned long index);

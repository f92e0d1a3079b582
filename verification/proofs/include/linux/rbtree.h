/* SPDX-License-Identifier: GPL-2.0 */
/* Of include/linux/rbtree.h, what an index of areas needs; the proof has the tree. */
#ifndef _LINUX_RBTREE_H
#define _LINUX_RBTREE_H

#include <linux/types.h>

struct rb_node {
	unsigned long known;
};

struct rb_root {
	struct rb_node *rb_node;
};

#define RB_ROOT			((struct rb_root) { NULL })
#define rb_entry(ptr, type, member)	container_of(ptr, type, member)
#define rb_entry_safe(ptr, type, member) \
	({ struct rb_node *_node = (ptr); _node ? rb_entry(_node, type, member) : NULL; })

void rb_add(struct rb_node *node, struct rb_root *tree,
	    bool (*less)(struct rb_node *, const struct rb_node *));
struct rb_node *rb_first(const struct rb_root *tree);
struct rb_node *rb_next(const struct rb_node *node);
void rb_erase(struct rb_node *node, struct rb_root *tree);
struct rb_node *rb_find(const void *key, const struct rb_root *tree,
			int (*cmp)(const void *key, const struct rb_node *));

#endif /* _LINUX_RBTREE_H */

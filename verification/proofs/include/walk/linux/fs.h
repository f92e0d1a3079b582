/* SPDX-License-Identifier: GPL-2.0 */
#ifndef WALK_FS_H
#define WALK_FS_H

#include <linux/xarray.h>

struct address_space {
	struct xarray i_pages;
};

struct file_operations {
	void *owner;
};

struct file {
	const struct file_operations *f_op;
	void *private_data;
	struct address_space *f_mapping;
};

#endif /* WALK_FS_H */

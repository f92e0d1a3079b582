/* SPDX-License-Identifier: GPL-2.0 */
#ifndef WALK_XARRAY_H
#define WALK_XARRAY_H

struct xarray {
	int unused;
};

void *xa_load(struct xarray *xa, unsigned long index);

#endif /* WALK_XARRAY_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* Of include/linux/xarray.h, what the page cache needs. */
struct xarray {
	int unused;
};

void *xa_load(struct xarray *xa, unsigned long index);

/* SPDX-License-Identifier: GPL-2.0 */
#include <linux/refcount_types.h>

bool refcount_inc_not_zero_acquire(refcount_t *refs);

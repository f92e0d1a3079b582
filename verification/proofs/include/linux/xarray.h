/* SPDX-License-Identifier: GPL-2.0 */
/* Of include/linux/xarray.h, what an index of areas needs. */
#include <linux/limits.h>
#include <linux/types.h>

struct xarray {
	int unused;
};

struct xa_limit {
	u32 max;
	u32 min;
};

#define XA_FLAGS_ALLOC1			1
#define XA_FLAGS_LOCK_IRQ		2
#define DEFINE_XARRAY_FLAGS(name, flags)	struct xarray name = { flags }
#define xa_lock_irqsave(xa, flags)	xa_lock_irqsave_flags(xa, &(flags))
#define XA_LIMIT(_min, _max)		((struct xa_limit) { .min = _min, .max = _max })
#define GFP_KERNEL			0

int xa_alloc_irq(struct xarray *xa, u32 *id, void *entry, struct xa_limit limit, int gfp);
void *__xa_erase(struct xarray *xa, unsigned long index);
void xa_lock_irqsave_flags(struct xarray *xa, unsigned long *flags);
void xa_unlock_irqrestore(struct xarray *xa, unsigned long flags);
void *xa_load(struct xarray *xa, unsigned long index);
void rcu_read_lock(void);
void rcu_read_unlock(void);

static inline void *xa_mk_value(unsigned long v)
{
	return (void *)((v << 1) | 1);
}

static inline bool xa_is_value(const void *entry)
{
	return (unsigned long)entry & 1;
}

static inline unsigned long xa_to_value(const void *entry)
{
	return (unsigned long)entry >> 1;
}

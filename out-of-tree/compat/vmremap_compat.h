/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Backports of newer kernel APIs for vmremap and for drivers that use it. All other code is
 * written for the newest kernel. A kernel tree does not use this file.
 */
#ifndef VMREMAP_COMPAT_H
#define VMREMAP_COMPAT_H

#ifdef VMREMAP_LACKS_MMAP_PREPARE
struct vm_area_desc;
struct vmremap_area;

int vmremap_area_mmap_prepare(struct vmremap_area *area, struct vm_area_desc *desc,
			      unsigned long pgoff)
	__attribute__((unavailable("no .mmap_prepare in this kernel: use vmremap_area_mmap()")));
#endif

#ifdef VMREMAP_LACKS_KZALLOC_OBJ
#define kzalloc_obj(obj)	kzalloc(sizeof(obj), GFP_KERNEL)
#endif

#ifdef VMREMAP_LACKS_HRTIMER_SETUP
#include <linux/hrtimer.h>

static inline void hrtimer_setup(struct hrtimer *timer,
				 enum hrtimer_restart (*function)(struct hrtimer *),
				 clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = function;
}
#endif

#endif /* VMREMAP_COMPAT_H */

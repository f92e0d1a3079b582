/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VMREMAP_REVOKE_H
#define VMREMAP_REVOKE_H

#include <linux/mm_types.h>
#include <linux/wait_bit.h>

#include "area.h"
#include "vmremap.h"

vm_fault_t vmremap_wait_thawed(struct vmremap_area *area, struct vm_fault *vmf);
bool vmremap_thaw(struct vmremap_area *area);
bool vmremap_pinned(const struct vmremap_area *area);

static inline void vmremap_insert_end(struct vmremap_area *area)
{
	if (area->flags & VMREMAP_REVOCABLE && atomic_dec_and_test(&area->inserting) &&
	    unlikely(READ_ONCE(area->state) != VMREMAP_OPEN))
		wake_up_var(&area->inserting);
}

/*
 * Only between this and vmremap_insert_end() are page table entries made for an area
 * that can be revoked: who takes it back waits until they are made, and then finds them.
 * Return: false where none may be made now.
 */
static inline bool vmremap_insert_begin(struct vmremap_area *area)
{
	if (!(area->flags & VMREMAP_REVOCABLE))
		return true;
	atomic_inc(&area->inserting);
	/* Pairs with the change of the state: one of the two sees the other. */
	smp_mb__after_atomic();
	if (likely(READ_ONCE(area->state) == VMREMAP_OPEN))
		return true;
	vmremap_insert_end(area);
	return false;
}

#endif /* VMREMAP_REVOKE_H */

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VMREMAP_REVOKE_H
#define VMREMAP_REVOKE_H

#include <linux/wait_bit.h>

#include "area.h"

vm_fault_t vmremap_wait_thawed(struct vmremap_area *area, struct vm_fault *vmf);
int vmremap_freeze(struct vmremap_area *area, unsigned int waits);
int vmremap_thaw(struct vmremap_area *area, enum vmremap_state from);
bool vmremap_pinned(const struct vmremap_area *area);

static inline void vmremap_insert_end(struct vmremap_area *area)
{
	if (area->flags & VMREMAP_REVOCABLE && atomic_dec_and_test(&area->inserting) &&
	    unlikely(READ_ONCE(area->state) != VMREMAP_OPEN))
		wake_up_var(&area->inserting);
}

/*
 * Page table entries for an area that can be revoked are inserted only between this function and
 * vmremap_insert_end(), or under the lock of a folio: revoke waits for both, and then finds
 * the entries.
 * Return: false if no entry may be inserted now.
 */
static inline bool vmremap_insert_begin(struct vmremap_area *area)
{
	if (!(area->flags & VMREMAP_REVOCABLE))
		return true;
	/* Check before counting, so that new faults cannot make revoke wait for ever. */
	if (unlikely(READ_ONCE(area->state) != VMREMAP_OPEN))
		return false;
	atomic_inc(&area->inserting);
	/*
	 * Pairs with the change of the state: either this task sees the new state, or revoke sees
	 * the count.
	 */
	smp_mb__after_atomic();
	if (likely(READ_ONCE(area->state) == VMREMAP_OPEN))
		return true;
	vmremap_insert_end(area);
	return false;
}

#endif /* VMREMAP_REVOKE_H */

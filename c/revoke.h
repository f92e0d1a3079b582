/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VMREMAP_REVOKE_H
#define VMREMAP_REVOKE_H

#include <linux/fs.h>
#include <linux/mm_types.h>

#include "area.h"
#include "vmremap.h"

vm_fault_t vmremap_wait_thawed(struct vmremap_area *area, struct vm_fault *vmf);
void vmremap_thaw_forgotten(struct vmremap_area *area);

/*
 * Only between these two are page table entries made for an area that can be
 * revoked: who takes it back waits until they are made, and then finds them.
 * Return: false where none may be made now.
 */
static inline bool vmremap_insert_begin(struct vmremap_area *area)
{
	if (!(area->flags & VMREMAP_REVOCABLE))
		return true;
	filemap_invalidate_lock_shared(area->file->f_mapping);
	if (likely(READ_ONCE(area->state) == VMREMAP_OPEN))
		return true;
	filemap_invalidate_unlock_shared(area->file->f_mapping);
	return false;
}

static inline void vmremap_insert_end(struct vmremap_area *area)
{
	if (area->flags & VMREMAP_REVOCABLE)
		filemap_invalidate_unlock_shared(area->file->f_mapping);
}

#endif /* VMREMAP_REVOKE_H */

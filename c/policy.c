// SPDX-License-Identifier: GPL-2.0
#include <linux/mm.h>

#include "check.h"
#include "vmremap.h"

/**
 * vmremap_policy - apply an area's flags to a mapping, also for later calls such as mprotect()
 * @area_flags: VMREMAP_* flags of the area
 * @private: what a private mapping may do
 * @read_implies_exec: do_mmap() has added VM_EXEC if the mapping is readable
 * @vm_flags: in: the VMA's flags as mmap(2) has set them; out: the flags to set, which also
 *	restrict mprotect(), mremap() and fork()
 *
 * Contract: checks PolicyHeld.
 * Return: PolicyHeld, with @vm_flags as they were, or %VMREMAP_HOLDS.
 */
enum vmremap_clause vmremap_policy(unsigned int area_flags, enum vmremap_private private,
				   bool read_implies_exec, vm_flags_t *vm_flags)
{
	vm_flags_t refused = VM_EXEC, dropped = VM_MAYEXEC | VM_MIXEDMAP;

	if (read_implies_exec && *vm_flags & VM_READ) {
		refused &= ~VM_EXEC;
		dropped |= VM_EXEC;
	}
	if (area_flags & VMREMAP_RDONLY)
		refused |= VM_WRITE;
	/* A write to a private mapping makes a copy, which revoke could not take back. */
	if (!(*vm_flags & VM_MAYSHARE) &&
	    (private == VMREMAP_PRIVATE_RDONLY || area_flags & VMREMAP_REVOCABLE))
		refused |= VM_WRITE;
	if (*vm_flags & refused)
		return VMREMAP_POLICY_HELD;

	/* Without VM_MAYWRITE, mprotect() cannot add VM_WRITE. */
	if (refused & VM_WRITE)
		*vm_flags &= ~VM_MAYWRITE;
	/* VM_MIXEDMAP rules out PMDs, and is not needed, because all pages are refcounted. */
	*vm_flags &= ~dropped;
	*vm_flags |= VM_DONTEXPAND | VM_DONTDUMP;
	if (area_flags & VMREMAP_DONTCOPY)
		*vm_flags |= VM_DONTCOPY;
	return VMREMAP_HOLDS;
}

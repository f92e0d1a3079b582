// SPDX-License-Identifier: GPL-2.0
#include <linux/mm.h>

#include "check.h"
#include "vmremap.h"

/**
 * vmremap_policy - hold a mapping to its area's flags, now and for ever
 * @area_flags: VMREMAP_* flags of the area
 * @private: what a private mapping may do
 * @read_implies_exec: do_mmap() adds VM_EXEC to what is readable, asked for or not
 * @vm_flags: in: flags that mmap(2) asks for; out: flags that mprotect(),
 *	mremap() and fork() keep to
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
	/* A copy could not be taken back. */
	if (!(*vm_flags & VM_MAYSHARE) &&
	    (private == VMREMAP_PRIVATE_RDONLY || area_flags & VMREMAP_REVOCABLE))
		refused |= VM_WRITE;
	if (*vm_flags & refused)
		return VMREMAP_POLICY_HELD;

	/* mprotect() adds VM_x only where VM_MAYx says that it may. */
	if (refused & VM_WRITE)
		*vm_flags &= ~VM_MAYWRITE;
	/* VM_MIXEDMAP is not needed, because all pages are refcounted, and it rules out PMDs. */
	*vm_flags &= ~dropped;
	*vm_flags |= VM_DONTEXPAND | VM_DONTDUMP;
	if (area_flags & VMREMAP_DONTCOPY)
		*vm_flags |= VM_DONTCOPY;
	return VMREMAP_HOLDS;
}

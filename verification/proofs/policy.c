// SPDX-License-Identifier: GPL-2.0
/*
 * Proves: vmremap_policy() refuses what the contract refuses, and leaves a mapping no
 *	way around it.
 * Clauses: PolicyHeld
 * Assumes: mprotect(2) adds VM_x only where VM_MAYx is set.
 * Code: c/policy.c
 * Pages: 64/12 32/12
 */
#include <linux/mm.h>

#include "../../c/check.h"
#include "../../c/vmremap.h"
#include "proof.h"

#define ACCESS	(VM_READ | VM_WRITE | VM_EXEC)

/* What mprotect(2) makes of a mapping's flags; see do_mprotect_pkey(). */
static vm_flags_t mprotect(vm_flags_t flags)
{
	vm_flags_t wanted, may = flags >> 4;

	assume(!(wanted & ~ACCESS) && !(wanted & ~may));
	return (flags & ~ACCESS) | wanted;
}

void proof(void)
{
	unsigned int area_flags;
	enum vmremap_private private;
	vm_flags_t before, flags, later;
	enum vmremap_clause clause;
	bool read_implies_exec, rdonly, implied, fits;
	vm_flags_t took, gave;

	assume(private == VMREMAP_PRIVATE_RDONLY || private == VMREMAP_PRIVATE_COPIES);
	flags = before;
	clause = vmremap_policy(area_flags, private, read_implies_exec, &flags);

	rdonly = area_flags & VMREMAP_RDONLY ||
		 (!(before & VM_MAYSHARE) &&
		  (private == VMREMAP_PRIVATE_RDONLY || area_flags & VMREMAP_REVOCABLE));
	implied = read_implies_exec && before & VM_READ;
	fits = (implied || !(before & VM_EXEC)) && !(rdonly && before & VM_WRITE);
	prove(clause == (fits ? VMREMAP_HOLDS : VMREMAP_POLICY_HELD),
	      "the answer is the contract's");
	if (clause) {
		prove(flags == before, "what is refused stays as it was");
		return;
	}

	later = mprotect(flags);
	prove(!(later & VM_EXEC), "it is never executable");
	prove(!rdonly || !(later & VM_WRITE), "what is to be read only is never writable");

	prove(!(flags & VM_EXEC), "nor is it from the start");
	took = VM_MAYEXEC | VM_MIXEDMAP | (implied ? VM_EXEC : 0) | (rdonly ? VM_MAYWRITE : 0);
	gave = VM_DONTEXPAND | VM_DONTDUMP | (area_flags & VMREMAP_DONTCOPY ? VM_DONTCOPY : 0);
	prove(flags == ((before & ~took) | gave), "no other flag changes");
}

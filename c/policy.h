/* SPDX-License-Identifier: GPL-2.0 */
/* What an area's flags make of a mapping's flags. Pure, like check.h. */
#ifndef VMREMAP_POLICY_H
#define VMREMAP_POLICY_H

#include <linux/mm_types.h>

#include "check.h"

/**
 * enum vmremap_private - may a mapping be private and writable?
 * @VMREMAP_PRIVATE_RDONLY: no, for its copies would silently part from the area
 * @VMREMAP_PRIVATE_COPIES: yes, as remap_vmalloc_range() has it
 */
enum vmremap_private {
	VMREMAP_PRIVATE_RDONLY,
	VMREMAP_PRIVATE_COPIES,
};

enum vmremap_clause vmremap_policy(unsigned int area_flags, enum vmremap_private private,
				   bool read_implies_exec, vm_flags_t *vm_flags);

#endif /* VMREMAP_POLICY_H */

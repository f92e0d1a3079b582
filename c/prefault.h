/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VMREMAP_PREFAULT_H
#define VMREMAP_PREFAULT_H

#include "span.h"

int vmremap_prefault(struct vm_area_struct *vma,
		     const struct vmremap_span *span);

#endif /* VMREMAP_PREFAULT_H */

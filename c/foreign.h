/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VMREMAP_FOREIGN_H
#define VMREMAP_FOREIGN_H

#include <linux/mm_types.h>

#include "check.h"

int vmremap_map_foreign(struct vm_area_struct *vma, const struct vmremap_request *req);

#endif /* VMREMAP_FOREIGN_H */

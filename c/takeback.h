/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VMREMAP_TAKEBACK_H
#define VMREMAP_TAKEBACK_H

#include <linux/mm_types.h>

extern const struct vm_operations_struct vmremap_no_vm_ops;

int vmremap_take_back(struct vm_area_struct *vma, int err);

#endif /* VMREMAP_TAKEBACK_H */

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VMREMAP_PIECES_H
#define VMREMAP_PIECES_H

#include <linux/mm_types.h>

#include "check.h"

struct vmremap_area;
struct vm_operations_struct;

extern const struct vm_operations_struct vmremap_pieces_vm_ops;

int vmremap_map_piece(struct vmremap_area *area, struct vm_area_struct *vma,
		      const struct vmremap_request *req);

#endif /* VMREMAP_PIECES_H */

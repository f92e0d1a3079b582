/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VMREMAP_REJECT_H
#define VMREMAP_REJECT_H

#include "check.h"

int vmremap_reject(enum vmremap_clause clause, const struct vmremap_request *req);

#endif /* VMREMAP_REJECT_H */

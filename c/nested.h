/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VMREMAP_NESTED_H
#define VMREMAP_NESTED_H

#include <linux/types.h>

bool vmremap_nested_leaves_file(void);

#endif /* VMREMAP_NESTED_H */

/* SPDX-License-Identifier: GPL-2.0 */
#include <asm/page.h>

#define PMD_ORDER (CONFIG_PMD_SHIFT - PAGE_SHIFT)

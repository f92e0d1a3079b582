/* SPDX-License-Identifier: GPL-2.0 */
#define PMD_ORDER (CONFIG_PMD_SHIFT - PAGE_SHIFT)

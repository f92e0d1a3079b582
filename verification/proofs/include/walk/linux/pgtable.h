/* SPDX-License-Identifier: GPL-2.0 */
#define PMD_SHIFT	CONFIG_PMD_SHIFT
#define PMD_ORDER	(PMD_SHIFT - PAGE_SHIFT)
#define PMD_SIZE	(PAGE_SIZE << PMD_ORDER)
#define PTRS_PER_PTE	((int)(PMD_SIZE / PAGE_SIZE))
#define PUD_SIZE	(4 * PMD_SIZE)

#define pte_index(addr)	(((addr) >> PAGE_SHIFT) & (PTRS_PER_PTE - 1))

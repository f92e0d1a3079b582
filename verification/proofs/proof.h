/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the proofs are written in. The numbers of docs/contract.md are natural
 * ones: 128 bits hold every sum of them that occurs.
 */
#ifndef VMREMAP_PROOF_H
#define VMREMAP_PROOF_H

#include <linux/types.h>
#include <asm/page.h>

#ifdef CONFIG_64BIT
#define natural unsigned __int128
#else
#define natural unsigned long long
#endif

#define PAGE	((natural)PAGE_SIZE)
#define W	((natural)~0UL + 1)

/* The smallest multiple of PAGE that is not less than @n. */
static inline natural up(natural n)
{
	return (n + PAGE - 1) / PAGE * PAGE;
}

#define assume(condition)	__CPROVER_assume(condition)
#define prove(condition, what)	__CPROVER_assert(condition, what)

#endif /* VMREMAP_PROOF_H */

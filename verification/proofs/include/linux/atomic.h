/* SPDX-License-Identifier: GPL-2.0 */
/* Of include/linux/atomic.h, what counts who maps pages. A proof has one thread. */
#ifndef PROOF_ATOMIC_H
#define PROOF_ATOMIC_H

#include <linux/types.h>

static inline void atomic_inc(atomic_t *count)
{
	count->counter++;
}

static inline bool atomic_dec_and_test(atomic_t *count)
{
	return !--count->counter;
}

#endif /* PROOF_ATOMIC_H */

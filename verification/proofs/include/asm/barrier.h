/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PROOF_BARRIER_H
#define PROOF_BARRIER_H

/* A proof has one thread: a load orders itself. */
#define smp_load_acquire(p)		(*(p))

/* So does a store. */
#define smp_store_release(p, v)		(*(p) = (v))

#endif /* PROOF_BARRIER_H */

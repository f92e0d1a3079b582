/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The prover does not know the attribute cleanup: a guard is taken, and a proof assumes that it is
 * released at the end of its scope. No pointer is freed.
 */
#define DEFINE_FREE(name, ...)	struct name##_is_not_freed
#define guard(lock)		guard_##lock
#define guard_spinlock(lock)	spin_lock(lock)

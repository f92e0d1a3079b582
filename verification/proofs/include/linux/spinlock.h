/* SPDX-License-Identifier: GPL-2.0 */
struct spinlock {
	int taken;
};

#define DEFINE_SPINLOCK(name)	struct spinlock name

void spin_lock(struct spinlock *lock);

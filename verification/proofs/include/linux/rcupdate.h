/* SPDX-License-Identifier: GPL-2.0 */
void rcu_read_lock(void);
void rcu_read_unlock(void);

/* SPDX-License-Identifier: GPL-2.0 */
/* Nobody kills the task. */
#define fatal_signal_pending(task)	0

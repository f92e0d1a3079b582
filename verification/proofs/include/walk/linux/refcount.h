/* SPDX-License-Identifier: GPL-2.0 */
#define refcount_t int

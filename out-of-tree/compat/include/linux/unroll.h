/* SPDX-License-Identifier: GPL-2.0 */
/* For a kernel without this header. What it would define is in internal.h. */

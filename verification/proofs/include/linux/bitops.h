/* SPDX-License-Identifier: GPL-2.0 */
#include <linux/bits.h>
#include <asm/bitops.h>

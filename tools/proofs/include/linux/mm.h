/* SPDX-License-Identifier: GPL-2.0 */
#include <linux/mm_types.h>
#include <vm_flags.h>

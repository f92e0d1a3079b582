/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LINUX_MM_H
#define _LINUX_MM_H

#include <asm/page.h>
#include <linux/mm_types.h>
#include <vm_flags.h>

struct folio {
	struct list_head lru;
	unsigned long index;
};

#endif /* _LINUX_MM_H */

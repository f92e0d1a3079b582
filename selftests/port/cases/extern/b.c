// SPDX-License-Identifier: GPL-2.0
#include <linux/vmalloc.h>
#include "ring.h"

void drop_early(void)
{
	vfree(ring);
}

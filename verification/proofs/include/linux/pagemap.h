/* SPDX-License-Identifier: GPL-2.0 */
/* Of include/linux/pagemap.h, the order that area.h asks for. */
#include <linux/mm.h>

#define MAX_PAGECACHE_ORDER	PMD_ORDER

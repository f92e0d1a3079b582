/* SPDX-License-Identifier: GPL-2.0 */
#include <linux/mm.h>

#define MAX_PAGECACHE_ORDER	PMD_ORDER

vm_fault_t filemap_map_pages(struct vm_fault *vmf, unsigned long first, unsigned long last);

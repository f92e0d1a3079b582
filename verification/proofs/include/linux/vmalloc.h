/* SPDX-License-Identifier: GPL-2.0 */
#include <linux/types.h>

bool is_vmalloc_addr(const void *addr);
struct page *vmalloc_to_page(const void *addr);

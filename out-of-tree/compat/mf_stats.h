/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For c/cache.c, if the kernel counts the pages whose memory has failed only for the whole machine,
 * and exports this count to no module: any folio may have such a page.
 */
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/vmstat.h>

static const struct {
	struct {
		unsigned long total;
	} mf_stats;
} vmremap_node = { { .total = 1 } };

#undef NODE_DATA
#define NODE_DATA(nid)	(&vmremap_node)

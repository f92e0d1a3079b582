/* SPDX-License-Identifier: GPL-2.0 */
/* What bindgen reads: the ABI, and nothing beside it. */
#include "../c/vmremap.h"
#include "../dma-buf/vmremap_dma_buf.h"

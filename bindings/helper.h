/* SPDX-License-Identifier: GPL-2.0 */
/* bindgen reads this file. It contains only the ABI. */
#include "../c/vmremap.h"
#include "../dma-buf/vmremap_dma_buf.h"

/* SPDX-License-Identifier: GPL-2.0 */
#include <vdso/page.h>

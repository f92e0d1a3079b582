/* SPDX-License-Identifier: GPL-2.0 */
/* The parameter of a test that maps by each of the hooks. */
#ifndef VMREMAP_KUNIT_HOOKS_H
#define VMREMAP_KUNIT_HOOKS_H

#include <kunit/test.h>

#include "device.h"

static const struct hook_case {
	const char *name;
	enum hook hook;
} hooks[] = {
	{ "mmap", HOOK_MMAP },
	{ "mmap_prepare", HOOK_PREPARE },
	{ "nested mmap_prepare", HOOK_NESTED },
};

KUNIT_ARRAY_PARAM_DESC(hook, hooks, name);

#endif /* VMREMAP_KUNIT_HOOKS_H */

// SPDX-License-Identifier: GPL-2.0
/* vmremap_policy(): every combination of area flags on every kind of mapping. */
#include <kunit/test.h>
#include <linux/mm.h>

#include "../c/check.h"
#include "../c/vmremap.h"

#define ASKED	(VM_READ | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC)
#define SHARED	(ASKED | VM_SHARED | VM_MAYSHARE)
#define KEPT	(VM_DONTEXPAND | VM_DONTDUMP)

static const struct policy_case {
	const char *name;
	unsigned int area_flags;
	enum vmremap_private private;
	vm_flags_t asked;
	vm_flags_t kept;	/* 0: refused */
	bool read_implies_exec;
} cases[] = {
	{ "shared and writable", 0, VMREMAP_PRIVATE_RDONLY, SHARED | VM_WRITE,
	  KEPT | ((SHARED | VM_WRITE) & ~VM_MAYEXEC) },
	{ "shared, only read, may become writable", 0, VMREMAP_PRIVATE_RDONLY,
	  SHARED, KEPT | (SHARED & ~VM_MAYEXEC) },
	{ "shared on a file that is open for reading", 0, VMREMAP_PRIVATE_RDONLY,
	  (SHARED & ~VM_SHARED & ~VM_MAYWRITE),
	  KEPT | (SHARED & ~VM_SHARED & ~VM_MAYWRITE & ~VM_MAYEXEC) },
	{ "no access yet", 0, VMREMAP_PRIVATE_RDONLY, SHARED & ~VM_READ,
	  KEPT | (SHARED & ~VM_READ & ~VM_MAYEXEC) },
	{ "private, only read, for ever", 0, VMREMAP_PRIVATE_RDONLY, ASKED,
	  KEPT | (ASKED & ~VM_MAYWRITE & ~VM_MAYEXEC) },
	{ "private and writable", 0, VMREMAP_PRIVATE_RDONLY, ASKED | VM_WRITE, 0 },
	{ "private and writable by the drop-in", 0, VMREMAP_PRIVATE_COPIES,
	  ASKED | VM_WRITE, KEPT | ((ASKED | VM_WRITE) & ~VM_MAYEXEC) },
	{ "executable", 0, VMREMAP_PRIVATE_RDONLY, SHARED | VM_EXEC, 0 },
	{ "executable by the drop-in", 0, VMREMAP_PRIVATE_COPIES,
	  ASKED | VM_EXEC, 0 },
	{ "executable and nothing else", 0, VMREMAP_PRIVATE_RDONLY,
	  (SHARED & ~VM_READ) | VM_EXEC, 0 },
	{ "executable because it is readable", 0, VMREMAP_PRIVATE_RDONLY,
	  SHARED | VM_EXEC, KEPT | (SHARED & ~VM_MAYEXEC),
	  .read_implies_exec = true },
	{ "executable though it is not readable", 0, VMREMAP_PRIVATE_RDONLY,
	  (SHARED & ~VM_READ) | VM_EXEC, 0, .read_implies_exec = true },
	{ "executable for that reason, but writable", VMREMAP_RDONLY,
	  VMREMAP_PRIVATE_RDONLY, SHARED | VM_EXEC | VM_WRITE, 0,
	  .read_implies_exec = true },
	{ "read-only area, only read, for ever", VMREMAP_RDONLY,
	  VMREMAP_PRIVATE_RDONLY, SHARED,
	  KEPT | (SHARED & ~VM_MAYWRITE & ~VM_MAYEXEC) },
	{ "read-only area, writable", VMREMAP_RDONLY, VMREMAP_PRIVATE_RDONLY,
	  SHARED | VM_WRITE, 0 },
	{ "read-only area, private copies", VMREMAP_RDONLY,
	  VMREMAP_PRIVATE_COPIES, ASKED | VM_WRITE, 0 },
	{ "read-only area, private, only read, by the drop-in", VMREMAP_RDONLY,
	  VMREMAP_PRIVATE_COPIES, ASKED,
	  KEPT | (ASKED & ~VM_MAYWRITE & ~VM_MAYEXEC) },
	{ "revocable, private copies", VMREMAP_REVOCABLE, VMREMAP_PRIVATE_COPIES,
	  ASKED | VM_WRITE, 0 },
	{ "revocable, private, only read, by the drop-in", VMREMAP_REVOCABLE,
	  VMREMAP_PRIVATE_COPIES, ASKED,
	  KEPT | (ASKED & ~VM_MAYWRITE & ~VM_MAYEXEC) },
	{ "revocable, shared", VMREMAP_REVOCABLE, VMREMAP_PRIVATE_COPIES,
	  SHARED | VM_WRITE, KEPT | ((SHARED | VM_WRITE) & ~VM_MAYEXEC) },
	{ "not for children", VMREMAP_DONTCOPY, VMREMAP_PRIVATE_RDONLY,
	  SHARED | VM_WRITE,
	  KEPT | VM_DONTCOPY | ((SHARED | VM_WRITE) & ~VM_MAYEXEC) },
	{ "read-only and not for children", VMREMAP_RDONLY | VMREMAP_DONTCOPY,
	  VMREMAP_PRIVATE_RDONLY, SHARED,
	  KEPT | VM_DONTCOPY | (SHARED & ~VM_MAYWRITE & ~VM_MAYEXEC) },
	{ "flags that say nothing about mappings",
	  VMREMAP_ACCOUNT | VMREMAP_POPULATE, VMREMAP_PRIVATE_RDONLY,
	  SHARED | VM_WRITE, KEPT | ((SHARED | VM_WRITE) & ~VM_MAYEXEC) },
	{ "flags of others stay", 0, VMREMAP_PRIVATE_RDONLY,
	  SHARED | VM_LOCKED | VM_ACCOUNT,
	  KEPT | VM_LOCKED | VM_ACCOUNT | (SHARED & ~VM_MAYEXEC) },
};

KUNIT_ARRAY_PARAM_DESC(policy, cases, name);

static void policy_test(struct kunit *test)
{
	const struct policy_case *c = test->param_value;
	vm_flags_t vm_flags = c->asked;
	enum vmremap_clause clause;

	clause = vmremap_policy(c->area_flags, c->private, c->read_implies_exec, &vm_flags);

	KUNIT_EXPECT_EQ(test, clause, c->kept ? VMREMAP_HOLDS : VMREMAP_POLICY_HELD);
	KUNIT_EXPECT_EQ(test, vm_flags, c->kept ?: c->asked);
}

static struct kunit_case policy_cases[] = {
	KUNIT_CASE_PARAM(policy_test, policy_gen_params),
	{}
};

static struct kunit_suite policy_suite = {
	.name = "vmremap-policy",
	.test_cases = policy_cases,
};

kunit_test_suite(policy_suite);

// SPDX-License-Identifier: GPL-2.0
/* Protection: mprotect(2), protection keys, mseal(2). */
#include "calls.h"

#ifndef SYS_mseal
#define SYS_mseal 462
#endif

static void protect(struct mapping *m)
{
	say_result(m, mprotect(m->addr, m->size, m->number));
}

#define PROTECT(name, prots, text)	ROW(name, "`mprotect(" text ")`", protect, prots)

PROTECT(none, PROT_NONE, "PROT_NONE")
PROTECT(read, PROT_READ, "PROT_READ")
PROTECT(write, PROT_WRITE, "PROT_WRITE")
PROTECT(read_write, PROT_READ | PROT_WRITE, "PROT_READ \\| PROT_WRITE")

/* Can memory be readable though it is mapped only for execution? */
static bool execution_implies_reading(void)
{
	void *page = mmap(NULL, PAGE_SIZE, PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	bool readable = !touch(page, false);

	munmap(page, PAGE_SIZE);
	return readable;
}

CALL(exec, "`mprotect(PROT_EXEC)`")
{
	if (execution_implies_reading())
		m->skip = "this machine has no memory that is only for execution";
	say_result(m, mprotect(m->addr, m->size, PROT_EXEC));
}

PROTECT(read_exec, PROT_READ | PROT_EXEC, "PROT_READ \\| PROT_EXEC")
PROTECT(read_write_exec, PROT_READ | PROT_WRITE | PROT_EXEC,
	"PROT_READ \\| PROT_WRITE \\| PROT_EXEC")
PROTECT(grows_down, PROT_READ | PROT_GROWSDOWN, "PROT_READ \\| PROT_GROWSDOWN")
PROTECT(grows_up, PROT_READ | PROT_GROWSUP, "PROT_READ \\| PROT_GROWSUP")

CALL(of_a_page, "`mprotect(PROT_NONE)` of a page in the middle, and back")
{
	char *middle = m->addr + m->size / 2;

	say_result(m, mprotect(middle, PAGE_SIZE, PROT_NONE));
	say(m, "%s", signal_names[touch(middle, false)]);
	say_result(m, mprotect(middle, PAGE_SIZE, m->kind->prot));
}

static void protect_by_key(struct mapping *m, unsigned int rights)
{
	int key = pkey_alloc(0, rights);

	if (key < 0) {
		m->skip = "the CPU or the kernel has no protection keys";
		return;
	}
	say_result(m, pkey_mprotect(m->addr, m->size, m->kind->prot, key));
	say_what_is_left(m);
	/* Delivering the signal has reset the rights of this thread. */
	pkey_set(key, 0);
	pkey_mprotect(m->addr, m->size, m->kind->prot, -1);
	pkey_free(key);
}

CALL(key_without_access, "`pkey_mprotect()`, a key without access, and back")
{
	protect_by_key(m, PKEY_DISABLE_ACCESS);
}

CALL(key_without_write, "`pkey_mprotect()`, a key without writing, and back")
{
	protect_by_key(m, PKEY_DISABLE_WRITE);
}

/* In a child, because only its exit unmaps a sealed mapping. */
static void seal(struct mapping *m)
{
	long ret = syscall(SYS_mseal, m->addr, m->size, 0);

	say_result(m, ret);
	say_result(m, mprotect(m->addr, m->size, PROT_NONE));
	say_result(m, munmap(m->addr, m->size));
	say_result(m, (long)mremap(m->addr, m->size, m->size / 2, 0) < 0 ? -1 : 0);
	say_what_is_left(m);
}

CALL(mseal, "`mseal()`; then `mprotect()`, `munmap()`, `mremap()`")
{
	/* If the kernel has it, it refuses a flag that does not exist. */
	if (syscall(SYS_mseal, m->addr, m->size, 1) && errno != EINVAL)
		m->skip = "the kernel has no mseal()";
	else
		say_of_child(m, seal);
}

TEST_HARNESS_MAIN

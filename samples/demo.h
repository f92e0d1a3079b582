/* SPDX-License-Identifier: GPL-2.0 */
/* Helpers of the demo programs. */
#ifndef VMREMAP_DEMO_H
#define VMREMAP_DEMO_H

#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>

static int passed, failed;

static inline bool check(bool ok, const char *what)
{
	printf("  %-6s  %s\n", ok ? "ok" : "FAILED", what);
	if (ok)
		passed++;
	else
		failed++;
	return ok;
}

static sigjmp_buf survived;

static inline void survive(int sig)
{
	siglongjmp(survived, sig);
}

/* Write to memory that may be revoked. Returns SIGBUS if it is, and 0 otherwise. */
static inline int signal_of_write(void *memory)
{
	int sig;

	signal(SIGBUS, survive);
	sig = sigsetjmp(survived, 1);
	if (!sig)
		__atomic_store_n((char *)memory, 1, __ATOMIC_RELAXED);
	signal(SIGBUS, SIG_DFL);
	return sig;
}

#endif /* VMREMAP_DEMO_H */

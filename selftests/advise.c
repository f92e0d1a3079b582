// SPDX-License-Identifier: GPL-2.0
/* madvise(2) and process_madvise(2), with every advice. */
#include <sys/pidfd.h>

#include "calls.h"

/* Values that the C library may lack. */
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL	102
#define MADV_GUARD_REMOVE	103
#endif
#ifndef MADV_HWPOISON
#define MADV_HWPOISON		100
#endif
#ifndef MADV_SOFT_OFFLINE
#define MADV_SOFT_OFFLINE	101
#endif

static void advise(struct mapping *m)
{
	say_result(m, madvise(m->addr, m->size, m->number));
}

#define ADVICE(name)	ROW(name, "`MADV_" #name "`", advise, MADV_##name)

ADVICE(NORMAL)
ADVICE(RANDOM)
ADVICE(SEQUENTIAL)
ADVICE(WILLNEED)
ADVICE(DONTNEED)
ADVICE(DONTNEED_LOCKED)
ADVICE(FREE)
ADVICE(REMOVE)
ADVICE(DONTFORK)
ADVICE(DOFORK)
ADVICE(MERGEABLE)
ADVICE(UNMERGEABLE)
ADVICE(COLLAPSE)
ADVICE(DONTDUMP)
ADVICE(DODUMP)
ADVICE(WIPEONFORK)
ADVICE(KEEPONFORK)
ADVICE(COLD)
ADVICE(PAGEOUT)
ADVICE(POPULATE_READ)
ADVICE(POPULATE_WRITE)
ADVICE(GUARD_INSTALL)
ADVICE(GUARD_REMOVE)

static void advise_huge(struct mapping *m)
{
	if (access(THP, F_OK))
		m->skip = NO_THP;
	else
		advise(m);
}

ROW(HUGEPAGE, "`MADV_HUGEPAGE`", advise_huge, MADV_HUGEPAGE)
ROW(NOHUGEPAGE, "`MADV_NOHUGEPAGE`", advise_huge, MADV_NOHUGEPAGE)

/* All values without a name: the result of the first one that is not refused. */
CALL(unknown, "any other value below 200")
{
	static const char known[200] = {
		[MADV_NORMAL ... MADV_DONTNEED] = 1, [MADV_FREE ... MADV_COLLAPSE] = 1,
		[MADV_HWPOISON] = 1, [MADV_SOFT_OFFLINE] = 1,
		[MADV_GUARD_INSTALL] = 1, [MADV_GUARD_REMOVE] = 1,
	};

	for (int advice = 0; advice < (int)sizeof(known); advice++)
		if (!known[advice] && (!madvise(m->addr, m->size, advice) || errno != EINVAL))
			return say(m, "%d is known", advice);
	say(m, "EINVAL");
}

/* The advice that a process may give another one. */
static void advise_parent(struct mapping *m)
{
	static const int advice[] = { MADV_COLD, MADV_PAGEOUT, MADV_WILLNEED, MADV_COLLAPSE };
	struct iovec range = { m->addr, m->size };
	int parent = pidfd_open(getppid(), 0);

	for (size_t n = 0; n < ARRAY_SIZE(advice); n++)
		say_result(m, process_madvise(parent, &range, 1, advice[n], 0) < 0 ? -1 : 0);
	close(parent);
}

CALL(process_madvise, "`process_madvise()` of another process: COLD, PAGEOUT, WILLNEED, COLLAPSE")
{
	say_of_child(m, advise_parent);
}

static void advise_itself(struct mapping *m, int advice)
{
	struct iovec range = { m->addr, m->size };
	int self = pidfd_open(getpid(), 0);

	say_result(m, process_madvise(self, &range, 1, advice, 0) < 0 ? -1 : 0);
	close(self);
}

CALL(process_madvise_dontneed, "`process_madvise()` of itself: `MADV_DONTNEED`")
{
	advise_itself(m, MADV_DONTNEED);
}

CALL(process_madvise_guard, "`process_madvise()` of itself: `MADV_GUARD_INSTALL`")
{
	advise_itself(m, MADV_GUARD_INSTALL);
}

/* All pages but the first, so that a PMD has to be split. */
CALL(dontneed_of_a_part, "`MADV_DONTNEED` of all but a page")
{
	say_result(m, madvise(m->addr + PAGE_SIZE, m->size - PAGE_SIZE, MADV_DONTNEED));
}

TEST_HARNESS_MAIN

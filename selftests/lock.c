// SPDX-License-Identifier: GPL-2.0
/* Calls that lock pages in memory, or report whether they are resident. */
#include "calls.h"

CALL(mlock, "`mlock()`, `munlock()`")
{
	say_result(m, mlock(m->addr, m->size));
	say_what_is_left(m);
	say_result(m, munlock(m->addr, m->size));
}

CALL(mlock2, "`mlock2(MLOCK_ONFAULT)`")
{
	say_result(m, mlock2(m->addr, m->size, MLOCK_ONFAULT));
}

CALL(mlockall, "`mlockall(MCL_CURRENT \\| MCL_FUTURE)`, mapped again, `munlockall()`")
{
	say_result(m, mlockall(MCL_CURRENT | MCL_FUTURE));
	say_map(m, map_again(m, NULL, 0));
	say_result(m, munlockall());
}

CALL(dontneed_of_locked, "`MADV_DONTNEED` after `mlock()`")
{
	mlock(m->addr, m->size);
	say_result(m, madvise(m->addr, m->size, MADV_DONTNEED));
}

CALL(dontneed_locked_of_locked, "`MADV_DONTNEED_LOCKED` after `mlock()`")
{
	mlock(m->addr, m->size);
	say_result(m, madvise(m->addr, m->size, MADV_DONTNEED_LOCKED));
}

CALL(msync_async, "`msync(MS_ASYNC)`")
{
	say_result(m, msync(m->addr, m->size, MS_ASYNC));
}

CALL(msync_sync, "`msync(MS_SYNC)`")
{
	say_result(m, msync(m->addr, m->size, MS_SYNC));
}

CALL(msync_invalidate, "`msync(MS_INVALIDATE)`")
{
	say_result(m, msync(m->addr, m->size, MS_INVALIDATE));
}

CALL(msync_invalidate_locked, "`msync(MS_INVALIDATE)` after `mlock()`")
{
	mlock(m->addr, m->size);
	say_result(m, msync(m->addr, m->size, MS_INVALIDATE));
}

/* Says the first page that is not resident, or the number of pages. */
CALL(mincore, "`mincore()`")
{
	unsigned char in_core[PMD_SIZE / PAGE_SIZE];
	size_t page = 0;

	say_result(m, mincore(m->addr, m->size, in_core));
	while (page < m->pages && in_core[page] & 1)
		page++;
	if (page < m->pages)
		say(m, "not all in core");
}

TEST_HARNESS_MAIN

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of race.c share: kinds of mappings, operations, and the memory in which
 * the processes of one cell meet.
 */
#ifndef VMREMAP_SELFTESTS_RACE_H
#define VMREMAP_SELFTESTS_RACE_H

#include <sched.h>
#include <linux/futex.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "clock.h"
#include "plan.h"

#define PROGRAM_UID 1000

/* Every process knows where the victim has its mapping, and where it moves it. */
#define BASE ((char *)(1UL << 40))
#define SECOND ((char *)(2UL << 40))

/* The area, and another one for operations that allocate. */
#define SLOT 0
#define SPARE_SLOT 1

#define ACTORS 4

/*
 * The last pages of a mapping belong to operations that change bytes: the kernel writes
 * a signal frame, a thread id or a disk's bytes there. All others keep their first word.
 */
#define SCRATCH_PAGES 16UL
#define SCRATCH_PER_ACTOR 3
#define STAMP 0x5eed000000000000ULL

/* A mapping of SMALL_PAGES has no PMD. */
#define SMALL_PAGES 64UL
#define LARGE_PAGES (2 * PMD_SIZE / PAGE_SIZE + SCRATCH_PAGES + 3)

/*
 * What an operation does to others. An outcome is right if it is success, if the
 * operation can always have it, or if an effect excuses it.
 */
enum effect {
	UNMAPS = 1 << 0,	/* for a while there is no mapping */
	PROTECTS = 1 << 1,	/* for a while less is allowed */
	ZAPS = 1 << 2,		/* entries go, those of plain vmalloc memory for good */
	REVOKES = 1 << 3,
	PUTS = 1 << 4,		/* the driver gives the area back */
	FREEZES = 1 << 5,
	PINS = 1 << 6,		/* holds pages for a while */
	POISONS = 1 << 7,
	ENDS = 1 << 8,		/* the victim ends */
	SIGNALS = 1 << 9,	/* a signal or a tracer interrupts system calls */
	SPLITS = 1 << 10,	/* leaves more than one VMA behind */
	NO_THP_LEFT = 1 << 11,	/* huge pages are off afterwards */
	NO_FORK = 1 << 12,	/* a child may not inherit the mapping */
	LOCKS = 1 << 13,	/* mlock() */
	MOVES = 1 << 14,	/* migrates pages, or isolates them */
	TRACES = 1 << 15,	/* ptrace(2) has one tracer */
	EXECS = 1 << 16,	/* other threads end, and locks in the mapping are waited for */
	LOADS = 1 << 17,	/* loads and unloads a module, which one task can do at a time */
};

/* What an operation does itself: this decides what excuses it. */
enum class {
	TOUCHES,	/* a load or store */
	COPIES,		/* a system call that copies from or to the mapping */
	POPULATES,
	ADVISES,	/* a system call for a range of addresses */
	REMAPS,
	MAPS,
	FORKS,
	REACHES,	/* from another process */
	DRIVES,		/* a call that the driver makes on its area */
	OTHERWISE,
};

/* Where an operation runs. */
enum who {
	THREAD,		/* of the victim, which is not root */
	OTHER,		/* another process of the same user */
	DRIVER,		/* likewise, but on the open device */
	ROOT,
};

/* What came of an operation: 0, an errno, a signal, or other bytes. */
#define SIGNAL(sig) (1000 + (sig))
#define WRONG_BYTES 2000

struct turn;

struct op {
	const char *name;
	enum who who;
	enum class class;
	int (*run)(const struct turn *turn);
	unsigned int effects;
	long arg;
	/* It may wait while the area is frozen, or fails because it cannot drop a lock to wait. */
	bool waits, at_once;
	/* Only on such a mapping: of an area, that can be revoked, or that can be written. */
	bool of_area, revocable, writable;
	/* One round in so many, because it takes long. */
	unsigned int cost;
	/* Errnos that it can always have, of which the first 0 is the end. */
	int also[6];
};

struct kind {
	const char *name;
	const char *device;
	size_t pages;
	__u32 memory;
	__u32 flags;
	__u32 function;
	__u32 call;
	int prot;
	int map;
	bool pieces;
};

/* An operation in one round. */
struct turn {
	const struct op *op;
	const struct kind *kind;
	int slot;
	int fd;
	unsigned long delay;
	size_t page;
	size_t first;
	size_t pages;
	bool write;
};

/* Operations that race, on a kind of mapping. */
struct cell {
	int kind;
	int nr;
	int ops[ACTORS];
	unsigned long rounds;
};

struct actor {
	struct turn turn;
	unsigned int acted;	/* the round in which it last ended its operation */
	unsigned int finished;	/* and looked at a page afterwards */
	int outcome;
	int seen;		/* what came of that look */
	unsigned long took;	/* ns */
	unsigned long usual;
};

/* What all processes of a cell share. */
struct arena {
	struct cell cell;
	struct actor actors[ACTORS];
	unsigned int effects;
	unsigned int go;	/* the round */
	unsigned int ready;
	unsigned int missing;	/* threads that have not begun */
	unsigned long left;	/* rounds */
	bool over;
	bool failed;
	pid_t victim;
	__u64 random;
	char why[512];
};

extern struct arena *arena;

static inline bool is_over(void)
{
	return __atomic_load_n(&arena->over, __ATOMIC_ACQUIRE);
}

static inline char *address_of(const struct turn *turn)
{
	return BASE + turn->page * PAGE_SIZE;
}

static inline char *start_of(const struct turn *turn)
{
	return BASE + turn->first * PAGE_SIZE;
}

static inline size_t size_of(const struct turn *turn)
{
	return turn->pages * PAGE_SIZE;
}

/* The pages that an operation which writes bytes of its own has: each actor has others. */
static inline char *scratch_of(const struct turn *turn)
{
	return BASE + (turn->kind->pages - SCRATCH_PAGES + 1 +
		       turn->slot * SCRATCH_PER_ACTOR) * PAGE_SIZE;
}

static inline bool is_writable(const struct kind *kind)
{
	return kind->prot & PROT_WRITE;
}

static inline bool is_area(const struct kind *kind)
{
	return kind->memory == VMREMAP_TEST_AREA;
}

/* Look at a page: 0, SIGNAL(), or WRONG_BYTES. */
int look(const struct kind *kind, char *addr, size_t page, bool write);

/* Map the area of @kind once more, at @addr or anywhere. */
void *map_once_more(const struct kind *kind, int fd, void *addr, int flags);

#endif /* VMREMAP_SELFTESTS_RACE_H */

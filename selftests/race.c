// SPDX-License-Identifier: GPL-2.0
/*
 * Races of each pair of the operations in race_ops.h, on each kind of mapping, as a
 * program without privileges.
 *
 * A cell is a kind of mapping and two to four operations. For each cell, a process is the
 * victim: it has the mapping, and one of its threads prepares each round and judges what came
 * of it. Each operation is an actor: a thread of the victim's, or another process. In each
 * round, the actors start at once, but for a delay that is swept over the time that they
 * take. Then the threads look at a page. The first process outlives all, and finds what
 * does not end, or leaves something behind.
 *
 * "sweep" runs every pair, or one in SHARE of them; "random" runs two to four operations at
 * random for SOAK seconds; 0 is for neither. SEED=number repeats the choices, not what they
 * meet. RACE="KIND:OP:OP" runs these pairs alone: each is a name, or "*". A cell has ROUNDS
 * rounds, or fewer if an operation takes long.
 */

#include <dirent.h>
#include <grp.h>
#include <pthread.h>
#include <stdarg.h>

#include "areas.h"
#include "cgroup.h"
#include "cpu.h"
#include "race.h"

static int take_signal_on_stack(void);

#include "race_ops.h"

#define ROUNDS_DEFAULT 200
#define SOAK_DEFAULT 60
#define RANDOM_ROUNDS 60
#define DELAY_MAX_NS 2000000UL
#define DELAY_MORE_NS 10000
#define SPINS 1000

/* What has not ended after so many seconds does not end. */
#define STUCK_SECONDS patience(120)

struct arena *arena;

static const struct kind kinds[] = {
	{ "shared", TEST_MMAP, LARGE_PAGES, .prot = PROT_READ | PROT_WRITE, .map = MAP_SHARED },
	{ "prepared", TEST_PREPARE, LARGE_PAGES, .prot = PROT_READ | PROT_WRITE,
	  .map = MAP_SHARED },
	{ "nested", TEST_NESTED, SMALL_PAGES, .prot = PROT_READ | PROT_WRITE, .map = MAP_SHARED },
	{ "private", TEST_MMAP, LARGE_PAGES, .prot = PROT_READ, .map = MAP_PRIVATE },
	{ "copied", TEST_MMAP, LARGE_PAGES, .function = VMREMAP_TEST_RANGE,
	  .prot = PROT_READ | PROT_WRITE, .map = MAP_PRIVATE },
	{ "read-only", TEST_PREPARE, SMALL_PAGES, .flags = VMREMAP_RDONLY, .prot = PROT_READ,
	  .map = MAP_SHARED },
	{ "populated", TEST_MMAP, LARGE_PAGES, .flags = VMREMAP_POPULATE | VMREMAP_ACCOUNT,
	  .prot = PROT_READ | PROT_WRITE, .map = MAP_SHARED },
	{ "revocable", TEST_MMAP, LARGE_PAGES, .flags = VMREMAP_REVOCABLE,
	  .prot = PROT_READ | PROT_WRITE, .map = MAP_SHARED },
	{ "revocable-small", TEST_MMAP, SMALL_PAGES, .flags = VMREMAP_REVOCABLE,
	  .prot = PROT_READ | PROT_WRITE, .map = MAP_SHARED },
	{ "revocable-populated", TEST_PREPARE, SMALL_PAGES,
	  .flags = VMREMAP_REVOCABLE | VMREMAP_POPULATE,
	  .prot = PROT_READ | PROT_WRITE, .map = MAP_SHARED },
	{ "pieces", TEST_MMAP, LARGE_PAGES, .function = VMREMAP_TEST_RANGE_PARTIAL,
	  .prot = PROT_READ | PROT_WRITE, .map = MAP_SHARED, .pieces = true },
	{ "counted", TEST_MMAP, LARGE_PAGES, .flags = VMREMAP_REVOCABLE,
	  .call = VMREMAP_TEST_COUNT, .prot = PROT_READ | PROT_WRITE, .map = MAP_SHARED },
	{ "counted-prepared", TEST_PREPARE, SMALL_PAGES, .call = VMREMAP_TEST_COUNT,
	  .prot = PROT_READ | PROT_WRITE, .map = MAP_SHARED },
	{ "counted-pieces", TEST_MMAP, LARGE_PAGES, .function = VMREMAP_TEST_RANGE_PARTIAL,
	  .call = VMREMAP_TEST_COUNT, .prot = PROT_READ | PROT_WRITE, .map = MAP_SHARED,
	  .pieces = true },
	{ "vmalloc", TEST_MMAP, SMALL_PAGES, .memory = VMREMAP_TEST_VMALLOC_USER,
	  .function = VMREMAP_TEST_RANGE, .prot = PROT_READ | PROT_WRITE, .map = MAP_SHARED },
};

#define KINDS ((int)ARRAY_SIZE(kinds))

/*
 * What an operation may come to because of the others' effects. Whatever is not here, and
 * neither 0 nor one of the operation's own errnos, is a fault.
 */
static const struct {
	enum class class;
	unsigned int effects;
	int outcome;
} excuses[] = {
	{ TOUCHES, UNMAPS | PROTECTS, SIGNAL(SIGSEGV) },
	{ TOUCHES, REVOKES | POISONS, SIGNAL(SIGBUS) },
	{ COPIES, UNMAPS | PROTECTS | REVOKES | POISONS, EFAULT },
	{ COPIES, POISONS, EHWPOISON },
	{ COPIES, SIGNALS, EINTR },
	{ POPULATES, UNMAPS, ENOMEM },
	{ POPULATES, PROTECTS, EINVAL },
	{ POPULATES, REVOKES, EFAULT },
	{ POPULATES, POISONS, EHWPOISON },
	{ POPULATES, POISONS, EFAULT },
	{ ADVISES, UNMAPS, ENOMEM },
	/* mbind(2) says so of a hole. */
	{ ADVISES, UNMAPS, EFAULT },
	/* MADV_DONTNEED and others refuse what is locked. */
	{ ADVISES, LOCKS, EINVAL },
	/* mlock(2) cannot have what it is about. */
	{ ADVISES, REVOKES | POISONS | PROTECTS, ENOMEM },
	{ REMAPS, UNMAPS | SPLITS, EFAULT },
	{ MAPS, REVOKES, ENODEV },
	{ MAPS, REVOKES | POISONS, SIGNAL(SIGBUS) },
	{ MAPS, PUTS, ENXIO },
	{ FORKS, UNMAPS | PROTECTS | NO_FORK, SIGNAL(SIGSEGV) },
	{ FORKS, REVOKES | POISONS, SIGNAL(SIGBUS) },
	{ REACHES, UNMAPS | PROTECTS | REVOKES | POISONS, EFAULT },
	{ REACHES, UNMAPS | PROTECTS | REVOKES | POISONS, EIO },
	{ REACHES, UNMAPS, ENOMEM },
	{ REACHES, LOCKS, EINVAL },
	{ REACHES, TRACES, EPERM },
	{ REACHES, ENDS, ESRCH },
	{ REACHES, ENDS, ENOENT },
	{ REACHES, ENDS, ECHILD },
	{ REACHES, ENDS, EFAULT },
	{ REACHES, ENDS, EIO },
	{ REACHES, ENDS, EINVAL },
	/* After exec, nothing is mapped at the address. */
	{ REACHES, ENDS, ENOMEM },
	/* The process ends, or becomes another that is not to be looked into. */
	{ REACHES, ENDS, EPERM },
	{ REACHES, ENDS, EACCES },
	{ DRIVES, REVOKES, ENODEV },
	{ DRIVES, PUTS, ENXIO },
	{ DRIVES, PINS | FREEZES | MOVES | POISONS, EBUSY },
	{ OTHERWISE, LOADS, EBUSY },
	{ OTHERWISE, LOADS, EEXIST },
};

static __u64 below(__u64 limit)
{
	/* xorshift64* */
	arena->random ^= arena->random >> 12;
	arena->random ^= arena->random << 25;
	arena->random ^= arena->random >> 27;
	return (__u32)(arena->random * 0x2545f4914f6cdd1dULL >> 32) % limit;
}

static void blame(const char *format, ...)
{
	va_list args;

	if (__atomic_exchange_n(&arena->failed, true, __ATOMIC_ACQ_REL))
		return;
	va_start(args, format);
	vsnprintf(arena->why, sizeof(arena->why), format, args);
	va_end(args);
}

static void take_nothing(int sig)
{
	(void)sig;
}

static void take_signals(void)
{
	struct sigaction nothing = { .sa_handler = take_nothing };
	struct sigaction on_stack = { .sa_handler = take_nothing, .sa_flags = SA_ONSTACK };

	sigaction(SIGUSR1, &nothing, NULL);
	sigaction(SIGUSR2, &on_stack, NULL);
}

int look(const struct kind *kind, char *addr, size_t page, bool write)
{
	__u64 *word = (__u64 *)addr, found;
	int sig = catch_signal();

	if (sig)
		return SIGNAL(sig);
	/* A store comes first, to be the one that faults. */
	if (write && is_writable(kind))
		__atomic_store_n(word, STAMP + page, __ATOMIC_RELAXED);
	found = __atomic_load_n(word, __ATOMIC_RELAXED);
	set_catch(false);
	return found == STAMP + page ? 0 : WRONG_BYTES;
}

static int take_signal_on_stack(void)
{
	int sig = catch_signal();

	if (sig)
		return SIGNAL(sig);
	syscall(SYS_tgkill, syscall(SYS_getpid), syscall(SYS_gettid), SIGUSR2);
	set_catch(false);
	return 0;
}

static const char *outcome_name(int outcome)
{
	static char buf[32];

	if (outcome == WRONG_BYTES)
		return "wrong bytes";
	if (outcome > 1000) {
		snprintf(buf, sizeof(buf), "SIG%s", sigabbrev_np(outcome - 1000));
		return buf;
	}
	return outcome ? strerrorname_np(outcome) ?: "an unknown errno" : "success";
}

static const struct kind *cell_kind(void)
{
	return &kinds[arena->cell.kind];
}

static const struct op *cell_op(int n)
{
	return &ops[arena->cell.ops[n]];
}

/* The effects of all operations of a cell, but for one. */
static unsigned int effects_of(const struct cell *cell, int but)
{
	unsigned int effects = 0;
	bool over = false;

	for (int n = 0; n < cell->nr; n++) {
		over |= ops[cell->ops[n]].run == run_mmap_over;
		if (n != but)
			effects |= ops[cell->ops[n]].effects;
	}
	/* What is to be replaced is gone when that fails. */
	if (over && effects & (REVOKES | PUTS))
		effects |= UNMAPS;
	return effects;
}

static bool excused(enum class class, unsigned int effects, int outcome)
{
	if (!outcome)
		return true;
	if (effects & ZAPS && !is_area(cell_kind())) {
		/* What is zapped there does not come back. */
		effects |= REVOKES;
	}
	for (size_t n = 0; n < ARRAY_SIZE(excuses); n++)
		if (excuses[n].class == class && excuses[n].effects & effects &&
		    excuses[n].outcome == outcome)
			return true;
	return false;
}

static bool is_right(int n)
{
	const struct op *op = cell_op(n);
	int outcome = arena->actors[n].outcome;

	for (size_t i = 0; i < ARRAY_SIZE(op->also); i++)
		if (op->also[i] && op->also[i] == outcome)
			return true;
	if (op->at_once && arena->effects & FREEZES && (outcome == EFAULT || outcome == EIO))
		return true;
	return excused(op->class, effects_of(&arena->cell, n), outcome);
}

/* After a round: of the operations that the victim's end did not take away. */
static void judge(bool threads)
{
	for (int n = 0; n < arena->cell.nr; n++) {
		const struct actor *actor = &arena->actors[n];

		if (cell_op(n)->who == THREAD && !threads)
			continue;
		if (!is_right(n))
			blame("round %u, delays %lu and %lu ns: %s: %s", arena->go,
			      arena->actors[0].turn.delay, arena->actors[1].turn.delay,
			      cell_op(n)->name, outcome_name(actor->outcome));
		if (!excused(TOUCHES, effects_of(&arena->cell, -1), actor->seen))
			blame("round %u, delays %lu and %lu ns: page %zu after %s: %s", arena->go,
			      arena->actors[0].turn.delay, arena->actors[1].turn.delay,
			      actor->turn.page, cell_op(n)->name, outcome_name(actor->seen));
	}
}

/* Wait a moment: the other one is there soon, or takes its time. */
static void relax(unsigned int *spins)
{
	if ((*spins)++ < SPINS)
		sched_yield();
	else
		usleep(100);
}

/* Make the operation when all are there, and then look at a page. */
static void take_turn(struct actor *actor, unsigned int round)
{
	const struct turn turn = actor->turn;
	unsigned int spins = 0;
	__u64 since;

	__atomic_add_fetch(&arena->ready, 1, __ATOMIC_ACQ_REL);
	while (__atomic_load_n(&arena->ready, __ATOMIC_ACQUIRE) < arena->cell.nr && !is_over())
		relax(&spins);
	since = now();
	while (now() - since < turn.delay)
		;
	since = now();
	actor->outcome = turn.op->run(&turn);
	actor->took = now() - since;
	__atomic_store_n(&actor->acted, round, __ATOMIC_RELEASE);
	actor->seen = 0;
	if (turn.op->who == THREAD)
		actor->seen = look(turn.kind, address_of(&turn), turn.page, turn.write);
	__atomic_store_n(&actor->finished, round, __ATOMIC_RELEASE);
}

/* A turn in each round that another one leads. */
static void act(int slot)
{
	struct actor *actor = &arena->actors[slot];
	unsigned int seen = __atomic_load_n(&actor->finished, __ATOMIC_ACQUIRE), spins = 0;

	run_on(slot % 2);
	while (!is_over()) {
		unsigned int go = __atomic_load_n(&arena->go, __ATOMIC_ACQUIRE);

		if (go == seen) {
			relax(&spins);
			continue;
		}
		take_turn(actor, go);
		seen = go;
		spins = 0;
	}
}

static bool all_finished(void)
{
	for (int n = 0; n < arena->cell.nr; n++)
		if (__atomic_load_n(&arena->actors[n].finished, __ATOMIC_ACQUIRE) != arena->go)
			return false;
	return true;
}

/* Of the victim: its open device, and what its threads hold when it ends. */
static int device = -1;
static struct robust_list_head robust[ACTORS + 1];

static __u64 *robust_entry(int n)
{
	return page_word(BASE, cell_kind()->pages - SCRATCH_PAGES) + 4 * n;
}

/* A lock in the mapping, which the kernel releases when the thread ends. */
static void hold_robust_lock(int n)
{
	robust[n].list.next = (struct robust_list *)robust_entry(n);
	robust[n].futex_offset = sizeof(__u64);
	syscall(SYS_set_robust_list, &robust[n], sizeof(robust[n]));
}

static pid_t tids[ACTORS + 1];

static void write_robust_locks(void)
{
	if (!is_writable(cell_kind()))
		return;
	for (int n = 0; n <= ACTORS; n++) {
		robust_entry(n)[0] = (unsigned long)&robust[n].list;
		robust_entry(n)[1] = tids[n] | FUTEX_WAITERS;
	}
}

static bool set_plan(const struct kind *kind, int fd)
{
	size_t half = kind->pages / 2;
	struct vmremap_test_plan plan = { .count = 1, .calls = { {
		.function = kind->function, .slot = SLOT,
	} } };

	if (kind->pieces) {
		plan.count = 2;
		plan.calls[0].size = half * PAGE_SIZE;
		plan.calls[1] = plan.calls[0];
		plan.calls[1].uaddr = half * PAGE_SIZE;
		plan.calls[1].pgoff = half;
		plan.calls[1].size = (kind->pages - half) * PAGE_SIZE;
	}
	plan.calls[0].flags = kind->call;
	return !ioctl(fd, VMREMAP_TEST_SET_PLAN, &plan);
}

void *map_once_more(const struct kind *kind, int fd, void *addr, int flags)
{
	return mmap(addr, kind->pages * PAGE_SIZE, kind->prot, kind->map | flags, fd, 0);
}

static bool make_memory(const struct kind *kind, int fd)
{
	errno = memory_alloc(fd, SLOT, kind->memory, kind->pages * PAGE_SIZE, kind->flags);
	return !errno && !memory_poke(fd, SLOT, kind->pages - SCRATCH_PAGES, STAMP);
}

static void wrong(const char *what)
{
	blame("%s: %m", what);
	_exit(1);
}

/* Map it as if nothing had happened. */
static void map_anew(unsigned int effects)
{
	const struct kind *kind = cell_kind();
	size_t size = kind->pages * PAGE_SIZE;

	munmap(SECOND, size);
	munmap(BASE, size);
	if (effects & (REVOKES | PUTS)) {
		memory_free(device, SLOT);
		if (!make_memory(kind, device))
			wrong("alloc for a round");
	}
	if (map_once_more(kind, device, BASE, MAP_FIXED) == MAP_FAILED)
		wrong("mmap for a round");
	write_robust_locks();
}

/* What is mapped when a round begins: nothing, large pages, small ones, or as before. */
static void prepare_pages(void)
{
	size_t size = cell_kind()->pages * PAGE_SIZE;
	enum { AS_BEFORE, LARGE, SMALL, NONE } how = below(6);

	if (!is_area(cell_kind()) || how == AS_BEFORE)
		return;
	if (how != LARGE)
		madvise(BASE, size, MADV_DONTNEED);
	/* As often as all else together: most races are of faults. */
	if (how >= NONE)
		return;
	if (how == SMALL)
		prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	madvise(BASE, size, MADV_POPULATE_READ);
	if (how == SMALL)
		prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0);
}

/* A range about @page: that page, its page table's pages, or all. */
static void choose_range(struct turn *turn)
{
	const size_t table = PMD_SIZE / PAGE_SIZE;
	size_t pages = turn->kind->pages;

	turn->first = 0;
	turn->pages = pages;
	switch (below(3)) {
	case 0:
		turn->first = turn->page;
		turn->pages = 1;
		break;
	case 1:
		turn->first = turn->page / table * table;
		turn->pages = turn->first + table > pages ? pages - turn->first : table;
		break;
	}
}

/*
 * How long an actor takes when it does all of its work: it may fail early in one round, and
 * wait for a processor in another.
 */
static unsigned long usual_time(struct actor *actor)
{
	unsigned long took = actor->took;

	if (actor->usual && took > 4 * actor->usual)
		took = 4 * actor->usual;
	actor->usual -= actor->usual / 32;
	if (took > actor->usual)
		actor->usual = took;
	if (actor->usual > DELAY_MAX_NS)
		actor->usual = DELAY_MAX_NS;
	return actor->usual;
}

/*
 * Sweep the start of the first actor over the time that the second takes, and the other
 * way round: so each part of one meets each part of the other.
 */
static void choose_turns(void)
{
	size_t pages = cell_kind()->pages - SCRATCH_PAGES, page = below(pages);
	unsigned long span[2];
	long at;

	for (int n = 0; n < 2; n++)
		span[n] = usual_time(&arena->actors[n]) + DELAY_MORE_NS;
	at = (long)below(span[0] + span[1]) - (long)span[1];
	for (int n = 0; n < arena->cell.nr; n++) {
		struct turn *turn = &arena->actors[n].turn;

		turn->op = cell_op(n);
		turn->kind = cell_kind();
		turn->slot = n;
		turn->fd = device;
		turn->write = below(2);
		/* The same one, or one near it. */
		turn->page = n && below(2) ? page ^ (1 + below(15)) : page;
		if (turn->page >= pages)
			turn->page = page;
		choose_range(turn);
		turn->delay = below(span[0] + span[1]);
	}
	arena->actors[0].turn.delay = at < 0 ? -at : 0;
	arena->actors[1].turn.delay = at < 0 ? 0 : at;
}

static void prepare_round(bool first)
{
	unsigned int effects = arena->effects;
	/* The memory is new when the first of all rounds begins. */
	unsigned int before = arena->go ? effects : 0;

	if (effects & NO_THP_LEFT)
		prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0);
	if (first || effects & (UNMAPS | REVOKES | PUTS | POISONS | NO_FORK | SPLITS) ||
	    (effects & ZAPS && !is_area(cell_kind())))
		map_anew(before);
	prepare_pages();
	choose_turns();
}

/* As a program that has nothing but an open device. */
static void drop_privileges(void)
{
	struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };

	setrlimit(RLIMIT_CORE, &unlimited);
	setrlimit(RLIMIT_MEMLOCK, &unlimited);
	if (setgroups(0, NULL) || setgid(PROGRAM_UID) || setuid(PROGRAM_UID))
		wrong("setuid");
	/* So that others of the same user reach it. */
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

/*
 * As many rounds as the victim lives to see. Whoever leads them is one of its threads, and
 * has the turns of the actor @slot, too, where it is one: so nobody waits for a third.
 */
static void lead(int slot)
{
	bool first = true;

	run_on(slot < 0 ? 0 : slot % 2);
	while (arena->left && !arena->failed) {
		unsigned int spins = 0;

		prepare_round(first);
		first = false;
		arena->left--;
		arena->ready = 0;
		__atomic_add_fetch(&arena->go, 1, __ATOMIC_ACQ_REL);
		if (slot >= 0)
			take_turn(&arena->actors[slot], arena->go);
		while (!all_finished())
			relax(&spins);
		judge(true);
		if (arena->effects & ENDS)
			break;
	}
	_exit(0);
}

/* The first of the victim's threads that has turns, or -1. */
static int leader(void)
{
	for (int n = 0; n < arena->cell.nr; n++)
		if (cell_op(n)->who == THREAD)
			return n;
	return -1;
}

static void *be_thread(void *arg)
{
	long slot = (long)arg;
	unsigned int spins = 0;

	tids[slot] = syscall(SYS_gettid);
	hold_robust_lock(slot);
	__atomic_sub_fetch(&arena->missing, 1, __ATOMIC_ACQ_REL);
	while (__atomic_load_n(&arena->missing, __ATOMIC_ACQUIRE))
		relax(&spins);
	if (slot == leader())
		lead(slot);
	act(slot);
	return NULL;
}

static void be_victim(void)
{
	pthread_attr_t attr;
	pthread_t thread;

	take_signals();
	drop_privileges();
	prctl(PR_SET_NAME, "race-victim");
	tids[ACTORS] = getpid();
	hold_robust_lock(ACTORS);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 128 * 1024);
	arena->missing = 0;
	for (int n = 0; n < arena->cell.nr; n++)
		arena->missing += cell_op(n)->who == THREAD;
	for (long n = 0; n < arena->cell.nr; n++)
		if (cell_op(n)->who == THREAD &&
		    pthread_create(&thread, &attr, be_thread, (void *)n))
			wrong("pthread_create");
	if (leader() < 0)
		lead(-1);
	for (;;)
		pause();
}

/* The processes of a cell, and 0 where one has ended. Others still know the victim's number. */
static pid_t helpers[ACTORS], victim;

static void start_helper(long slot)
{
	pid_t pid = fork();

	if (pid) {
		helpers[slot] = pid;
		return;
	}
	take_signals();
	if (cell_op(slot)->who != ROOT)
		drop_privileges();
	prctl(PR_SET_NAME, "race-helper");
	act(slot);
	_exit(0);
}

static void show_file(pid_t pid, pid_t tid, const char *name)
{
	char path[64], line[256];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/%s", pid, tid, name);
	for_each_line(line, path)
		printf("#   %s: %s%s", name, line, strchr(line, '\n') ? "" : "\n");
}

/* Where each thread of a process is. */
static void show_process(pid_t pid)
{
	char path[64];
	struct dirent *entry;
	DIR *tasks;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	tasks = opendir(path);
	while (tasks && (entry = readdir(tasks))) {
		pid_t tid = atoi(entry->d_name);

		if (!tid)
			continue;
		printf("# thread %d of process %d\n", tid, pid);
		show_file(pid, tid, "comm");
		show_file(pid, tid, "wchan");
		show_file(pid, tid, "stack");
	}
	if (tasks)
		closedir(tasks);
}

static void show_processes(void)
{
	if (victim)
		show_process(victim);
	for (int n = 0; n < ACTORS; n++)
		if (helpers[n])
			show_process(helpers[n]);
}

/* What has ended since. */
static void reap(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG | __WALL)) > 0) {
		bool ends = arena->effects & ENDS || arena->over;

		for (int n = 0; n < ACTORS; n++)
			if (helpers[n] == pid)
				helpers[n] = 0;
		if (pid == victim)
			victim = 0;
		else
			ends |= WIFEXITED(status);
		if (status && !ends)
			blame("process %d ended with status %x", pid, status);
	}
}

static bool any_left(void)
{
	bool left = victim;

	for (int n = 0; n < ACTORS; n++)
		left |= helpers[n];
	return left;
}

/* The messages of the kernel's since the last time: the first that is a warning. */
static int kernel_log = -1;

static bool read_kernel_log(char *line, size_t size)
{
	char buf[2048], *text;
	bool found = false;
	ssize_t len;

	while ((len = read(kernel_log, buf, sizeof(buf) - 1)) > 0 || errno == EPIPE) {
		if (len <= 0)
			continue;
		buf[len] = '\0';
		text = strchr(buf, ';');
		if (found || !text || (strtoul(buf, NULL, 10) & 7) > 4)
			continue;
		/* Those of failing memory are meant. */
		if (strstr(text, "Memory failure:") || strstr(text, "memory corruption") ||
		    strstr(text, "soft offline") || strstr(text, "soft_offline"))
			continue;
		snprintf(line, size, "%.*s", (int)strcspn(text + 1, "\n"), text + 1);
		found = true;
	}
	return found;
}

static void check_kernel_log(void)
{
	char line[200];

	if (read_kernel_log(line, sizeof(line)))
		blame("the kernel says: %s", line);
}

static void wait_for_child(void)
{
	const struct timespec most = { .tv_nsec = 100000000 };
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigtimedwait(&child, NULL, &most);
	reap();
	check_kernel_log();
}

/* Wait until @ended(), but not for ever: progress is a new round. */
static bool wait_until(bool (*ended)(void), unsigned int seconds)
{
	unsigned int go = arena->go;
	__u64 since = now();

	reap();
	while (!ended()) {
		wait_for_child();
		if (go != arena->go) {
			go = arena->go;
			since = now();
		}
		if (now() - since > seconds * 1000000000ULL)
			return false;
	}
	return true;
}

static bool no_victim(void)
{
	return !victim;
}

static bool none_left(void)
{
	return !any_left();
}

/* Its threads have no more to do. */
static void finish_threads(void)
{
	for (int n = 0; n < arena->cell.nr; n++) {
		if (cell_op(n)->who != THREAD)
			continue;
		arena->actors[n].acted = arena->go;
		arena->actors[n].finished = arena->go;
	}
}

static void describe_stuck(void)
{
	char *at = arena->why, *end = at + sizeof(arena->why);

	if (arena->failed)
		return;
	arena->failed = true;
	at += snprintf(at, end - at, "round %u has not ended after %u s, delays %lu and %lu ns:",
		       arena->go, STUCK_SECONDS, arena->actors[0].turn.delay,
		       arena->actors[1].turn.delay);
	for (int n = 0; n < arena->cell.nr && at < end; n++)
		at += snprintf(at, end - at, " %s has %sended%s", cell_op(n)->name,
			       arena->actors[n].acted == arena->go ? "" : "not ",
			       n + 1 < arena->cell.nr ? "," : "");
	show_processes();
}

static void start_victim(void)
{
	pid_t pid;

	finish_threads();
	/* It finds its own number there. */
	pid = fork();
	if (!pid) {
		arena->victim = getpid();
		be_victim();
	}
	arena->victim = pid;
	victim = pid;
}

/* A task that nothing ends: there is no going on with it. */
static bool lost;

static void end_all(void)
{
	__atomic_store_n(&arena->over, true, __ATOMIC_RELEASE);
	if (wait_until(none_left, 3))
		return;
	/* Nothing is frozen any more: this ends them all. */
	for (int n = 0; n < ACTORS; n++)
		if (helpers[n])
			kill(helpers[n], SIGKILL);
	if (victim)
		kill(victim, SIGKILL);
	if (wait_until(none_left, STUCK_SECONDS))
		return;
	lost = true;
	printf("# processes that SIGKILL does not end:\n");
	show_processes();
}

/* The sample has an area, and two tasks that load and unload it may leave it unloaded. */
static void have_module(void)
{
	module_load("/modules/" SAMPLE ".ko", "");
}

/* Before the first cell, but for pages that have failed since: their folios are never freed. */
static struct {
	long areas;
	long pages;
} before;

/* All areas of a cell are gone, and all of their pages. */
static bool all_gone(void)
{
	/* So many small areas are kept for the next ones, where memory has one node. */
	long kept = access("/sys/devices/system/node/node1", F_OK) ? 16 : 0;
	long may = before.pages + kept * 64 * 1024 / PAGE_SIZE;

	if (areas() > before.areas + kept || !(arena->effects & POISONS || area_pages() <= may))
		return false;
	if (arena->effects & POISONS)
		before.pages = area_pages();
	return true;
}

/* After a cell, its memory is as before, and nobody holds it. */
static void check_memory(void)
{
	const struct kind *kind = cell_kind();
	bool released;
	int refs;

	/* It may be gone, and the pages of one that has failed stay away. */
	if (arena->effects & (PUTS | POISONS) || lost) {
		memory_free(device, SLOT);
		return;
	}
	released = eventually((refs = memory_references(device, SLOT)) == (int)kind->pages);
	if (!released)
		blame("%d references on %zu pages at the end", refs, kind->pages);
	if (memory_peek(device, SLOT, kind->pages - SCRATCH_PAGES, STAMP))
		blame("other bytes at the end: %m");
	memory_free(device, SLOT);
}

static void describe(const struct cell *cell, char *buf, size_t size)
{
	size_t len = snprintf(buf, size, "%s", kinds[cell->kind].name);

	for (int n = 0; n < cell->nr && len < size; n++)
		len += snprintf(buf + len, size - len, ":%s", ops[cell->ops[n]].name);
}

/* What was run, and since when. */
static struct {
	unsigned long cells;
	unsigned long failed;
	unsigned long rounds;
	__u64 since;
} tally;

/* Blame this cell alone, and not each one that follows. */
static void blame_leak(void)
{
	long nr = areas(), pages = area_pages();

	blame("%ld areas, before %ld; %ld pages of areas, before %ld", nr, before.areas, pages,
	      before.pages);
	before.areas = nr;
	before.pages = pages;
}

/* Run a cell, and report what was wrong. */
static void run_cell(const struct cell *cell)
{
	__u64 began = now();
	__u64 random = arena->random;
	char name[256];

	memset(arena, 0, sizeof(*arena));
	arena->cell = *cell;
	arena->random = random;
	arena->effects = effects_of(cell, -1);
	arena->left = cell->rounds;
	describe(cell, name, sizeof(name));

	if (!make_memory(cell_kind(), device) || !set_plan(cell_kind(), device))
		blame("alloc for a cell: %m");
	for (long n = 0; n < cell->nr; n++)
		if (cell_op(n)->who != THREAD)
			start_helper(n);
	while (arena->left && !arena->failed) {
		start_victim();
		if (!wait_until(no_victim, STUCK_SECONDS))
			describe_stuck();
		finish_threads();
		if (!arena->failed && !wait_until(all_finished, STUCK_SECONDS))
			describe_stuck();
		if (!arena->failed && arena->effects & ENDS)
			judge(false);
	}
	end_all();
	check_memory();
	if (arena->effects & LOADS)
		have_module();
	if (!lost && !eventually(all_gone()))
		blame_leak();
	check_kernel_log();
	tally.cells++;
	tally.rounds += cell->rounds - arena->left;
	tally.failed += arena->failed;
	if (arena->failed)
		printf("# %s: %s (after %lu ms)\n", name, arena->why,
		       (unsigned long)((now() - began) / 1000000));
	fflush(stdout);
}

static bool usable[OPS];

/* Does the operation make sense on this kind? */
static bool fits(int kind, int op)
{
	const struct kind *k = &kinds[kind];
	const struct op *o = &ops[op];

	return usable[op] && (!o->of_area || is_area(k)) &&
	       (!o->revocable || k->flags & VMREMAP_REVOCABLE) &&
	       (!o->writable || is_writable(k));
}

/* A frame in the mapping cannot be taken away while a signal is handled on it. */
static bool go_together(const struct cell *cell)
{
	unsigned int effects = effects_of(cell, -1);
	bool frame = false;

	for (int n = 0; n < cell->nr; n++) {
		frame |= ops[cell->ops[n]].run == run_sigaltstack;
		if (!fits(cell->kind, cell->ops[n]))
			return false;
	}
	if (!frame)
		return true;
	/* Only an area that is shared still has the bytes. */
	if (kinds[cell->kind].map == MAP_SHARED && is_area(&kinds[cell->kind]))
		effects &= ~ZAPS;
	return !(effects & (UNMAPS | PROTECTS | ZAPS | REVOKES | POISONS));
}

static unsigned long rounds_of(const struct cell *cell, unsigned long rounds)
{
	unsigned int cost = 1;

	for (int n = 0; n < cell->nr; n++)
		if (ops[cell->ops[n]].cost > cost)
			cost = ops[cell->ops[n]].cost;
	return rounds / cost + 1;
}

static unsigned long number(const char *name, unsigned long otherwise)
{
	return getenv(name) ? strtoul(getenv(name), NULL, 0) : otherwise;
}

static bool matches(const char *wish, const char *name)
{
	return !wish || !strcmp(wish, "*") || !strcmp(wish, name);
}

/* The word number @n of RACE, or NULL for any. */
static const char *wish(int n)
{
	static char words[ACTORS + 1][64];
	const char *at = getenv("RACE");

	for (; at && n > 0; n--) {
		at = strchr(at, ':');
		at += !!at;
	}
	if (!at)
		return NULL;
	snprintf(words[0], sizeof(words[0]), "%.*s", (int)strcspn(at, ":"), at);
	return words[0];
}

static bool is_wished(const struct cell *cell)
{
	if (!matches(wish(0), kinds[cell->kind].name))
		return false;
	for (int n = 0; n < cell->nr; n++)
		if (!matches(wish(1 + n), ops[cell->ops[n]].name))
			return false;
	return true;
}

static bool is_usable(const struct op *op)
{
	if (op->run == run_offline)
		return !access("/sys/devices/system/memory/soft_offline_page", F_OK);
	if (op->run == run_cgroup || op->run == run_cgroup_freeze)
		return !access(GROUP "/memory.reclaim", F_OK);
	if (op->run == run_proc_write && !op->arg)
		return !access("/proc/sys/vm/compact_memory", F_OK);
	if (op->run == run_mbind || op->run == run_move_pages || op->run == run_migrate_pages)
		return !access("/sys/devices/system/node/node1", F_OK);
	if (op->run == run_module)
		return !access("/modules/" SAMPLE ".ko", F_OK);
	return true;
}

/* Returns what is missing, or NULL. */
static const char *set_up(void)
{
	sigset_t child;

	arena = mmap(NULL, sizeof(*arena), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		     -1, 0);
	if (arena == MAP_FAILED)
		return "memory";
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	/* Children whose parent was killed are this process's to wait for. */
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	kernel_log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (kernel_log < 0)
		return "/dev/kmsg";
	lseek(kernel_log, 0, SEEK_END);
	write_text("/proc/sys/kernel/core_pattern", "/tmp/core");
	chmod(DISK, 0666);
	if (cgroup_enter())
		write_text(CGROUP "/cgroup.procs", "0");
	for (int op = 0; op < OPS; op++)
		usable[op] = is_usable(&ops[op]);
	have_module();
	before.areas = areas();
	before.pages = area_pages();
	tally.since = now();
	return NULL;
}

static bool open_device(int kind)
{
	if (device >= 0)
		close(device);
	device = open(kinds[kind].device, O_RDWR | O_CLOEXEC);
	return device >= 0;
}

/* Freezing for long shows who holds up others meanwhile. */
static void add_bystander(struct cell *cell)
{
	for (int n = 0; n < cell->nr; n++) {
		if (ops[cell->ops[n]].run != run_freeze_long || cell->nr == ACTORS)
			continue;
		for (int op = 0; op < OPS; op++)
			if (ops[op].run == run_mmap_anonymous)
				cell->ops[cell->nr++] = op;
		return;
	}
}

static __u64 choose_seed(void)
{
	__u64 seed = number("SEED", time(NULL));

	arena->random = seed | 1;
	return seed;
}

static void tell(const char *what)
{
	printf("# figure: %s: %lu cells, %lu rounds, %lu failed, in %lu s\n", what, tally.cells,
	       tally.rounds, tally.failed,
	       (unsigned long)((now() - tally.since) / 1000000000));
}

/* Every pair, or one in SHARE: with another SEED others. Returns why not, or NULL. */
static const char *sweep(int kind)
{
	unsigned long share = number("SHARE", 1), rounds = number("ROUNDS", ROUNDS_DEFAULT);
	struct cell cell = { .kind = kind };
	unsigned long nr = 0;
	__u64 seed = choose_seed();

	if (!share)
		return "SHARE=0";
	if (!matches(wish(0), kinds[kind].name))
		return "not wanted";
	if (!open_device(kind))
		return why_no_device();
	printf("# SEED=%llu SHARE=%lu ROUNDS=%lu\n", seed, share, rounds);
	for (int a = 0; a < OPS && !lost; a++) {
		for (int b = a; b < OPS && !lost; b++) {
			cell.nr = 2;
			cell.ops[0] = a;
			cell.ops[1] = b;
			if (!is_wished(&cell) || !go_together(&cell) || (nr++ + seed) % share)
				continue;
			cell.rounds = rounds_of(&cell, rounds);
			add_bystander(&cell);
			run_cell(&cell);
		}
	}
	tell(kinds[kind].name);
	return NULL;
}

/* Two to four operations at random, for SOAK seconds. */
static const char *soak(int kind)
{
	unsigned long seconds = number("SOAK", SOAK_DEFAULT);
	__u64 seed = choose_seed();

	(void)kind; /* at random, too */
	if (!seconds)
		return "SOAK=0";
	if (getenv("RACE"))
		return "not wanted";
	printf("# SEED=%llu SOAK=%lu\n", seed, seconds);
	while (now() - tally.since < seconds * 1000000000ULL && !lost) {
		struct cell cell = { .kind = below(KINDS), .nr = 2 + below(ACTORS - 1) };

		for (int n = 0; n < cell.nr; n++)
			do {
				cell.ops[n] = below(OPS);
			} while (!fits(cell.kind, cell.ops[n]));
		if (!go_together(&cell) || !open_device(cell.kind))
			continue;
		cell.rounds = rounds_of(&cell, RANDOM_ROUNDS);
		run_cell(&cell);
	}
	tell("random");
	return NULL;
}

FIXTURE(race) {
};

FIXTURE_SETUP(race)
{
	const char *missing = access(TEST_MMAP, F_OK) ? why_no_device() : NULL;

	if (missing)
		SKIP(return, "%s", missing);
	missing = set_up();
	ASSERT_EQ(NULL, missing) TH_LOG("%s", missing);
}

FIXTURE_TEARDOWN(race)
{
	cgroup_leave();
}

FIXTURE_VARIANT(race) {
	const char *(*run)(int kind);
	int kind;
};

FIXTURE_VARIANT_ADD(race, shared) { sweep, 0 };
FIXTURE_VARIANT_ADD(race, prepared) { sweep, 1 };
FIXTURE_VARIANT_ADD(race, nested) { sweep, 2 };
FIXTURE_VARIANT_ADD(race, private) { sweep, 3 };
FIXTURE_VARIANT_ADD(race, copied) { sweep, 4 };
FIXTURE_VARIANT_ADD(race, read_only) { sweep, 5 };
FIXTURE_VARIANT_ADD(race, populated) { sweep, 6 };
FIXTURE_VARIANT_ADD(race, revocable) { sweep, 7 };
FIXTURE_VARIANT_ADD(race, revocable_small) { sweep, 8 };
FIXTURE_VARIANT_ADD(race, revocable_populated) { sweep, 9 };
FIXTURE_VARIANT_ADD(race, pieces) { sweep, 10 };
FIXTURE_VARIANT_ADD(race, counted) { sweep, 11 };
FIXTURE_VARIANT_ADD(race, counted_prepared) { sweep, 12 };
FIXTURE_VARIANT_ADD(race, counted_pieces) { sweep, 13 };
FIXTURE_VARIANT_ADD(race, vmalloc) { sweep, 14 };
FIXTURE_VARIANT_ADD(race, random) { soak };

TEST_F_TIMEOUT(race, cells, 1 << 20)
{
	const char *why_not = variant->run(variant->kind);

	if (why_not)
		SKIP(return, "%s", why_not);
	close(device);
	EXPECT_NE(0, tally.cells);
	EXPECT_EQ(0, tally.failed);
	EXPECT_FALSE(lost);
}

TEST_HARNESS_MAIN

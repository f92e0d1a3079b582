// SPDX-License-Identifier: GPL-2.0
/*
 * Random sequences of system calls on mappings, guided by coverage: a sequence that reaches new
 * code of vmremap is kept, and later ones vary it. After each sequence, no page of a read-only
 * area may have changed, and only the area may hold references on its pages.
 *
 * Runs for SOAK seconds. SEED=number repeats the choices. REPLAY=hex runs one sequence, in the
 * form in which a kept or failing sequence is printed.
 */
#include <ctype.h>
#include <linux/kcov.h>
#include <sys/personality.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>

#include "plan.h"

#define COVER_MAX	65536UL
#define STEPS_MAX	24
#define KEPT_MAX	4096
#define SLOTS		4
#define VALUE		0x1000UL
#define ARENA		(16UL << 20)
#define SOAK_DEFAULT	20

enum action {
	ALLOC, FREE, MAP_AREA, MAP_TWICE, MAP_ANONYMOUS_MEMORY, MAP_MEMFD, UNMAP,
	PROTECT, ADVISE, MOVE, READ, WRITE, LOCK, UNLOCK, FORK, READ_BY_PROCESS, GIFT,
	GET, PUT, SYNC, CORE, EXECUTABLE, WRITE_BY_PROC, REMAP_PAGES, ACTIONS
};

/* Sizes in pages, around those at which the code decides. */
static const unsigned short sizes[] = { 1, 2, 3, 8, 9, 33, 513, 530 };

struct step {
	unsigned char action;
	unsigned char slot;	/* and, above, how */
	unsigned char place;	/* in the arena */
	unsigned char size;	/* and, in the high bits, the first page */
};

struct sequence {
	unsigned int steps;
	struct step step[STEPS_MAX];
};

static const char * const devices[] = { TEST_MMAP, TEST_PREPARE, TEST_NESTED };

static unsigned long *cover;
static unsigned long reached[COVER_MAX];
static struct sequence kept[KEPT_MAX];
static unsigned int nr_kept;
static unsigned long nr_reached, random_state;

static unsigned long below(unsigned long limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state % limit;
}

/* Add a place in the code. Returns true if it was not reached before. */
static bool add_place(unsigned long pc)
{
	unsigned long at = pc * 0x9e3779b97f4a7c15UL >> 48;

	for (; reached[at]; at = (at + 1) % COVER_MAX)
		if (reached[at] == pc)
			return false;
	reached[at] = pc;
	nr_reached++;
	return true;
}

static bool reached_new_code(void)
{
	unsigned long nr = __atomic_load_n(cover, __ATOMIC_RELAXED);
	bool new = false;

	for (unsigned long i = 1; i <= nr; i++)
		new |= add_place(cover[i]);
	return new;
}

/* The state that a sequence works on. */
struct world {
	char *arena;
	int fd[3];
	int memfd;
	int memory;	/* /proc/self/mem */
	int pipe[2];
	/* For each slot of each device: its size and flags, and its additional references. */
	unsigned int pages[3][SLOTS];
	unsigned int flags[3][SLOTS];
	unsigned int extra[3][SLOTS];
};

static bool world_open(struct world *w)
{
	memset(w, 0, sizeof(*w));
	w->arena = mmap(NULL, ARENA, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	w->memfd = memfd_create("fuzz", MFD_CLOEXEC);
	w->memory = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	for (int i = 0; i < 3; i++)
		w->fd[i] = open(devices[i], O_RDWR | O_CLOEXEC);
	return w->arena != MAP_FAILED && w->memfd >= 0 && w->memory >= 0 &&
	       w->fd[0] >= 0 && w->fd[1] >= 0 && w->fd[2] >= 0 &&
	       !ftruncate(w->memfd, ARENA) && !pipe2(w->pipe, O_NONBLOCK | O_CLOEXEC);
}

static void put_extra(struct world *w, unsigned int dev, unsigned int slot)
{
	for (; w->extra[dev][slot]; w->extra[dev][slot]--)
		ioctl(w->fd[dev], VMREMAP_TEST_PUT_AREA, slot);
}

/* Release everything. Returns what is wrong, or NULL. */
static const char *world_close(struct world *w)
{
	const char *wrong = NULL;

	/* Drop all references on pages before they are counted. */
	munmap(w->arena, ARENA);
	close(w->pipe[0]);
	close(w->pipe[1]);
	for (int i = 0; i < 3; i++) {
		for (unsigned int slot = 0; slot < SLOTS; slot++) {
			unsigned int pages = w->pages[i][slot];

			if (!pages)
				continue;
			if (w->flags[i][slot] & VMREMAP_RDONLY &&
			    memory_peek(w->fd[i], slot, pages, VALUE))
				wrong = "a read-only area was written to";
			if (memory_references(w->fd[i], slot) != pages)
				wrong = "a page has another reference";
			put_extra(w, i, slot);
		}
		close(w->fd[i]);
	}
	close(w->memory);
	close(w->memfd);
	personality(PER_LINUX);
	return wrong;
}

static const int prots[] = { PROT_READ, PROT_READ | PROT_WRITE, PROT_NONE,
			     PROT_READ | PROT_EXEC };

static void map_some(struct world *w, const struct step *step, char *addr,
		     unsigned int dev, unsigned int slot, unsigned int how)
{
	unsigned long pages = sizes[step->size % 8], first = step->size / 8;
	struct vmremap_test_plan plan = { .count = 1 };
	struct vmremap_test_call *call = plan.calls;

	/* .mmap_prepare can only map areas. */
	call->function = dev ? VMREMAP_TEST_AREA_MMAP : how % 3;
	call->slot = slot;
	call->pgoff = first > 8 ? 0 : first;
	call->size = pages * PAGE_SIZE;
	if (step->action == MAP_TWICE) {
		plan.calls[1] = plan.calls[0];
		plan.count = 2;
		plan.go_on = how & 1;
		call->size = PAGE_SIZE;
		plan.calls[1].uaddr = PAGE_SIZE;
		plan.calls[1].size = PAGE_SIZE;
	}
	if (!ioctl(w->fd[dev], VMREMAP_TEST_SET_PLAN, &plan))
		mmap(addr, pages * PAGE_SIZE, prots[how % 4],
		     MAP_FIXED | (how & 4 ? MAP_PRIVATE : MAP_SHARED) |
		     (how & 8 ? MAP_POPULATE : 0), w->fd[dev], 0);
}

/* Make the system call of a step, whether it succeeds or not. */
static void take_step(struct world *w, const struct step *step)
{
	unsigned int slot = step->slot % SLOTS, dev = step->slot / SLOTS % 3;
	unsigned int how = step->slot / SLOTS / 3;
	size_t size = sizes[step->size % 8] * PAGE_SIZE;
	/* An address at the start of a PMD, or any other. */
	char *addr = w->arena + (step->place & 1 ? (step->place % 6) * PMD_SIZE :
				 step->place * 4 * PAGE_SIZE);
	unsigned char in_core[530];
	char bytes[64] = "";
	struct iovec iov = { addr, sizeof(bytes) }, local = { bytes, sizeof(bytes) };

	switch (step->action) {
	case ALLOC:
		if (w->pages[dev][slot])
			break;
		if (memory_alloc(w->fd[dev], slot, VMREMAP_TEST_AREA, size, how % 16))
			break;
		w->pages[dev][slot] = size / PAGE_SIZE;
		w->flags[dev][slot] = how % 16;
		memory_poke(w->fd[dev], slot, size / PAGE_SIZE, VALUE);
		break;
	case FREE:
		put_extra(w, dev, slot);
		memory_free(w->fd[dev], slot);
		w->pages[dev][slot] = 0;
		break;
	case MAP_AREA:
	case MAP_TWICE:
		map_some(w, step, addr, dev, slot, how);
		break;
	case MAP_ANONYMOUS_MEMORY:
		mmap(addr, size, PROT_READ | PROT_WRITE,
		     MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		break;
	case MAP_MEMFD:
		mmap(addr, size, PROT_READ | PROT_WRITE, MAP_FIXED | MAP_SHARED,
		     w->memfd, 0);
		break;
	case UNMAP:
		mmap(addr, size, PROT_NONE, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		break;
	case PROTECT:
		mprotect(addr, size, prots[how % 4]);
		break;
	case ADVISE:
		madvise(addr, size, (step->slot + step->size) % 26);
		break;
	case MOVE:
		if (how & 1)
			mremap(addr, size, size, MREMAP_MAYMOVE | MREMAP_FIXED,
			       w->arena + (step->size / 8 % 6) * PMD_SIZE);
		else
			mremap(addr, how & 2 ? 0 : size, size + PAGE_SIZE, 0);
		break;
	case READ:
	case WRITE:
		for (size_t at = 0; at < size; at += 7 * PAGE_SIZE)
			touch(addr + at, step->action == WRITE);
		break;
	case LOCK:
		syscall(SYS_mlock2, addr, size, how & 1);
		break;
	case UNLOCK:
		munlock(addr, size);
		break;
	case FORK:
		in_child(touch(addr, how & 1));
		break;
	case READ_BY_PROCESS:
		if (how & 1)
			process_vm_readv(getpid(), &local, 1, &iov, 1, 0);
		else
			process_vm_writev(getpid(), &local, 1, &iov, 1, 0);
		break;
	case GIFT:
		iov.iov_len = PAGE_SIZE;
		vmsplice(w->pipe[1], &iov, 1, how & 1 ? SPLICE_F_GIFT : 0);
		break;
	case GET:
		if (w->pages[dev][slot] && !ioctl(w->fd[dev], VMREMAP_TEST_GET, slot))
			w->extra[dev][slot]++;
		break;
	case PUT:
		if (!w->extra[dev][slot])
			break;
		w->extra[dev][slot]--;
		ioctl(w->fd[dev], VMREMAP_TEST_PUT_AREA, slot);
		break;
	case SYNC:
		msync(addr, size, how & 1 ? MS_SYNC : MS_INVALIDATE);
		break;
	case CORE:
		mincore(addr, size, in_core);
		break;
	case EXECUTABLE:
		personality(how & 1 ? READ_IMPLIES_EXEC : PER_LINUX);
		break;
	case WRITE_BY_PROC:
		pwritev(w->memory, &local, 1, (off_t)addr);
		break;
	case REMAP_PAGES:
		syscall(SYS_remap_file_pages, addr, size, 0, how & 7, 0);
		break;
	}
}

static const char *run(const struct sequence *seq)
{
	const char *wrong;
	struct world w;

	if (!world_open(&w))
		return "not all files could be opened";
	__atomic_store_n(cover, 0, __ATOMIC_RELAXED);
	for (unsigned int i = 0; i < seq->steps; i++)
		take_step(&w, &seq->step[i]);
	wrong = world_close(&w);
	return wrong;
}

static void print(const char *why, const struct sequence *seq)
{
	printf("# %s: REPLAY=", why);
	for (unsigned int i = 0; i < seq->steps; i++)
		printf("%02x%02x%02x%02x", seq->step[i].action, seq->step[i].slot,
		       seq->step[i].place, seq->step[i].size);
	printf("\n");
	fflush(stdout);
}

static bool parse(const char *hex, struct sequence *seq)
{
	struct step *step = seq->step;

	for (seq->steps = 0; *hex && seq->steps < STEPS_MAX; hex += 8, step++, seq->steps++)
		if (sscanf(hex, "%2hhx%2hhx%2hhx%2hhx", &step->action, &step->slot,
			   &step->place, &step->size) != 4)
			return false;
	return seq->steps;
}

static struct step any_step(void)
{
	return (struct step) {
		.action = below(3) ? below(ACTIONS) : below(MAP_TWICE + 1),
		.slot = below(256), .place = below(256), .size = below(256),
	};
}

/* A new sequence, or a kept one with some steps changed, added or removed. */
static struct sequence any_sequence(void)
{
	struct sequence seq = { .steps = 2 + below(STEPS_MAX - 2) };

	if (!nr_kept || !below(4)) {
		for (unsigned int i = 0; i < seq.steps; i++)
			seq.step[i] = any_step();
		return seq;
	}
	seq = kept[below(nr_kept)];
	for (unsigned long changes = 1 + below(4); changes; changes--) {
		unsigned int at = below(seq.steps);

		if (seq.steps < STEPS_MAX && below(2)) {
			memmove(&seq.step[at + 1], &seq.step[at],
				(seq.steps++ - at) * sizeof(*seq.step));
			seq.step[at] = any_step();
		} else {
			((unsigned char *)&seq.step[at])[below(4)] = below(256);
			seq.step[at].action %= ACTIONS;
		}
	}
	return seq;
}

static bool cover_open(void)
{
	int fd = open("/sys/kernel/debug/kcov", O_RDWR | O_CLOEXEC);

	if (fd < 0 || ioctl(fd, KCOV_INIT_TRACE, COVER_MAX))
		return false;
	cover = mmap(NULL, COVER_MAX * sizeof(*cover), PROT_READ | PROT_WRITE, MAP_SHARED,
		     fd, 0);
	return cover != MAP_FAILED && !ioctl(fd, KCOV_ENABLE, KCOV_TRACE_PC);
}

/* Print the reached places as offsets into the code of vmremap.ko. */
static void print_places(void)
{
	unsigned long text;
	char start[32];

	if (!read_text("/sys/module/vmremap/sections/.text", start, sizeof(start)))
		return;
	text = strtoul(start, NULL, 16);
	printf("# reached:");
	for (size_t n = 0; n < ARRAY_SIZE(reached); n++)
		if (reached[n] > text)
			printf(" %lx", reached[n] - text);
	printf("\n");
}

FIXTURE(fuzz) {};
FIXTURE_SETUP(fuzz) {}
FIXTURE_TEARDOWN(fuzz) {}

/* PolicyHeld, AllOrNothing, PagesOutlive: for any sequence of system calls, for SOAK seconds. */
TEST_F_TIMEOUT(fuzz, sequences, 1 << 20)
{
	const char *soak = getenv("SOAK"), *seed = getenv("SEED"), *replay = getenv("REPLAY");
	time_t end = time(NULL) + (soak ? atoi(soak) : SOAK_DEFAULT);
	struct sequence seq = {};
	const char *wrong = NULL;
	unsigned long runs = 0;

	if (!cover_open())
		SKIP(return, "no KCOV in this kernel");
	random_state = (seed ? strtoul(seed, NULL, 0) : time(NULL)) | 1;
	printf("# SEED=%lu\n", random_state);
	if (replay) {
		ASSERT_TRUE(parse(replay, &seq));
		wrong = run(&seq);
		reached_new_code();
		print_places();
		EXPECT_EQ(NULL, wrong) TH_LOG("%s", wrong);
		return;
	}
	while (!wrong && time(NULL) < end) {
		seq = any_sequence();
		wrong = run(&seq);
		runs++;
		if (!reached_new_code() || nr_kept == KEPT_MAX)
			continue;
		kept[nr_kept++] = seq;
		print("new", &seq);
	}
	if (wrong)
		print(wrong, &seq);
	EXPECT_EQ(NULL, wrong);
	printf("# figure: %lu sequences, %u kept\n", runs, nr_kept);
	EXPECT_LT(0, nr_reached);
	print_places();
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0
/*
 * Revoke and freeze: what a program sees, which pages it keeps, and races with everything that
 * inserts page table entries.
 */

#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "pin.h"
#include "plan.h"

/* Two PMDs and a few pages. */
#define PAGES 1027
#define SIZE (PAGES * PAGE_SIZE)
#define SLOT 0

FIXTURE(revocable) {
	int fd;
	char *map;
};

FIXTURE_VARIANT(revocable) {
	const char *device;
};

FIXTURE_VARIANT_ADD(revocable, mmap) {
	.device = TEST_MMAP,
};

FIXTURE_VARIANT_ADD(revocable, mmap_prepare) {
	.device = TEST_PREPARE,
};

FIXTURE_VARIANT_ADD(revocable, nested) {
	.device = TEST_NESTED,
};

FIXTURE_SETUP(revocable)
{
	self->fd = open_or_skip(_metadata, variant->device);
	ASSERT_EQ(0, memory_alloc(self->fd, SLOT, VMREMAP_TEST_AREA, SIZE,
				  VMREMAP_REVOCABLE));
	ASSERT_EQ(0, memory_poke(self->fd, SLOT, PAGES, 1000));
	self->map = map_area(self->fd, SLOT, 0, PAGES);
	ASSERT_NE(MAP_FAILED, self->map);
}

FIXTURE_TEARDOWN(revocable)
{
	munmap(self->map, SIZE);
	close(self->fd);
}

static int area_revoke(int fd)
{
	return ioctl(fd, VMREMAP_TEST_REVOKE, SLOT);
}

static int area_freeze(int fd)
{
	return ioctl(fd, VMREMAP_TEST_FREEZE, SLOT);
}

static int area_thaw(int fd)
{
	return ioctl(fd, VMREMAP_TEST_THAW, SLOT);
}

/* Does an access to each of these pages raise SIGBUS? */
static bool all_gone(char *map, size_t pages)
{
	for (size_t n = 0; n < pages; n++)
		if (touch(page_word(map, n), n & 1) != SIGBUS)
			return false;
	return true;
}

/* NoUserAccess, NotRevoked: also for a mapping that was moved or split, and in a child. */
TEST_F(revocable, revoked)
{
	int go[2];
	char *moved, byte;
	pid_t child;

	ASSERT_EQ(0, wrong_pages(self->map, PAGES, 1000));
	moved = mremap(self->map + PAGE_SIZE, 3 * PAGE_SIZE, 3 * PAGE_SIZE,
		       MREMAP_MAYMOVE | MREMAP_FIXED, self->map + 2 * SIZE);
	ASSERT_NE(MAP_FAILED, moved);
	EXPECT_EQ(1001, *page_word(moved, 0));
	ASSERT_EQ(0, pipe(go));
	child = start_child(*page_word(moved, 1) != 1002 ||
			    *page_word(self->map, PAGES - 1) != 1000 + PAGES - 1 ||
			    close(go[1]) || read(go[0], &byte, 1) ||
			    !all_gone(moved, 3) || !all_gone(self->map + 4 * PAGE_SIZE, 9));
	/* It has read its pages. */
	ASSERT_TRUE(eventually(sleeps_in(child, "pipe_read")));
	ASSERT_EQ(0, area_revoke(self->fd));
	close(go[1]);
	EXPECT_TRUE(all_gone(moved, 3));
	EXPECT_TRUE(all_gone(self->map + 4 * PAGE_SIZE, PAGES - 4));
	EXPECT_EQ(0, wait_for(child));
	close(go[0]);

	EXPECT_EQ(ENODEV, errno_of(map_area(self->fd, SLOT, 0, PAGES)));
	EXPECT_EQ(0, area_revoke(self->fd));
	EXPECT_EQ(ENODEV, errno_of(area_freeze(self->fd)));
	EXPECT_EQ(0, memory_peek(self->fd, SLOT, PAGES, 1000));
	munmap(moved, 3 * PAGE_SIZE);
}

/* System calls on revoked memory fail, like accesses by the program. */
TEST_F(revocable, system_calls_on_revoked)
{
	__u64 word = 0;
	struct iovec here = { .iov_base = &word, .iov_len = 8 };
	struct iovec there = { .iov_base = self->map, .iov_len = 8 };
	int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);

	ASSERT_EQ(0, area_revoke(self->fd));
	EXPECT_EQ(EFAULT, errno_of(read(zero, self->map, PAGE_SIZE)));
	EXPECT_EQ(EFAULT, errno_of(process_vm_readv(getpid(), &here, 1, &there, 1, 0)));
	EXPECT_EQ(EFAULT, errno_of(syscall(SYS_futex, self->map, FUTEX_WAKE, 1, NULL, NULL, 0)));
	EXPECT_EQ(0, mprotect(self->map, SIZE, PROT_READ));
	EXPECT_EQ(-1, mlock(self->map, SIZE));
	close(zero);
}

/* PagesOutlive: a pinned page stays accessible through the pin, and the driver can write to it. */
TEST_F(revocable, pins_outlive_revoking)
{
	int end = pipe_pages(self->map, 4);
	char page[PAGE_SIZE];

	ASSERT_LE(0, end);
	EXPECT_EQ(EBUSY, errno_of(area_freeze(self->fd)));
	EXPECT_EQ(0, wrong_pages(self->map, PAGES, 1000));

	ASSERT_EQ(0, area_revoke(self->fd));
	EXPECT_TRUE(all_gone(self->map, 4));
	ASSERT_EQ(0, memory_poke(self->fd, SLOT, PAGES, 5000));
	for (__u64 n = 0; n < 4; n++) {
		ASSERT_EQ(sizeof(page), read(end, page, sizeof(page)));
		EXPECT_EQ(5000 + n, *(__u64 *)page);
	}
	close(end);
}

TEST_F(revocable, registered_buffer_keeps_it_from_freezing)
{
	struct ring ring;

	ASSERT_EQ(0, ring_open(&ring));
	if (ring_refuses_files())
		SKIP(return, NO_FILES);
	ASSERT_EQ(0, ring_register(&ring, self->map, SIZE));
	EXPECT_EQ(EBUSY, errno_of(area_freeze(self->fd)));
	EXPECT_EQ(0, wrong_pages(self->map, PAGES, 1000));
	ASSERT_EQ(0, ring_unregister(&ring));
	EXPECT_EQ(0, area_freeze(self->fd));
	EXPECT_EQ(0, area_thaw(self->fd));
	EXPECT_EQ(0, wrong_pages(self->map, PAGES, 1000));
	close(ring.fd);
}

/* Does a task wait in a fault because the area is frozen? */
static bool waits(pid_t tid)
{
	return sleeps_in(tid, "vmremap_wait_thawed");
}

/* A thread that accesses frozen memory, and whether the access has returned. */
struct visitor {
	pthread_t thread;
	atomic_int tid;
	char *map;
	bool (*access)(char *map);
	atomic_bool done;
	bool result;
};

static void *visit(void *arg)
{
	struct visitor *visitor = arg;

	visitor->tid = gettid();
	visitor->result = visitor->access(visitor->map);
	visitor->done = true;
	return NULL;
}

static bool touches(char *map)
{
	return *page_word(map, 1) == 7001;
}

static bool reads_a_file(char *map)
{
	int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	bool right = read(zero, map + 2 * PAGE_SIZE, 8) == 8;

	close(zero);
	return right;
}

static bool wakes_a_futex(char *map)
{
	return !syscall(SYS_futex, map, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static bool is_read_by_another(char *map)
{
	__u64 word = 0;
	struct iovec here = { .iov_base = &word, .iov_len = 8 };
	struct iovec there = { .iov_base = page_word(map, 3), .iov_len = 8 };

	return process_vm_readv(getpid(), &here, 1, &there, 1, 0) == 8 && word == 7003;
}

/* NoUserAccess: all accesses wait, without blocking mmap(), and then see the new bytes. */
TEST_F(revocable, visitors_wait_until_thawed)
{
	struct visitor visitors[] = {
		{ .access = touches }, { .access = reads_a_file },
		{ .access = wakes_a_futex }, { .access = is_read_by_another },
	};
	void *other;

	ASSERT_EQ(0, area_freeze(self->fd));
	EXPECT_EQ(EBUSY, errno_of(area_freeze(self->fd)));
	for (int n = 0; n < 4; n++) {
		visitors[n].map = self->map;
		ASSERT_EQ(0, pthread_create(&visitors[n].thread, NULL, visit, &visitors[n]));
		ASSERT_TRUE(eventually(visitors[n].tid && waits(visitors[n].tid))) TH_LOG("%d", n);
	}
	other = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE,
		     MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
	ASSERT_NE(MAP_FAILED, other);
	EXPECT_EQ(0, munmap(other, PAGE_SIZE));
	other = map_area(self->fd, SLOT, 0, PAGES);
	ASSERT_NE(MAP_FAILED, other);
	for (int n = 0; n < 4; n++)
		EXPECT_FALSE(visitors[n].done);
	EXPECT_EQ(0, memory_peek(self->fd, SLOT, PAGES, 1000));
	EXPECT_EQ(0, memory_poke(self->fd, SLOT, PAGES, 7000));
	ASSERT_EQ(0, area_thaw(self->fd));
	for (int n = 0; n < 4; n++) {
		ASSERT_EQ(0, pthread_join(visitors[n].thread, NULL));
		EXPECT_TRUE(visitors[n].result) TH_LOG("%d", n);
	}
	EXPECT_EQ(7000, *page_word(other, 0));
	EXPECT_EQ(0, munmap(other, SIZE));
}

#define DIRECTORY "/tmp"

static bool reads_a_directory(char *map)
{
	int fd = open(DIRECTORY, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool right = syscall(SYS_getdents64, fd, map, PAGE_SIZE) > 0;

	close(fd);
	return right;
}

static bool sleeps_uninterruptibly(pid_t pid)
{
	char path[32], stat[128];
	const char *end;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (!read_text(path, stat, sizeof(stat)))
		return false;
	end = strrchr(stat, ')');
	return end && end[2] == 'D';
}

/* A system call keeps its locks while it waits, so that others wait, too. */
TEST_F(revocable, locks_are_kept_until_thawed)
{
	struct visitor reader = { .access = reads_a_directory, .map = self->map };
	pid_t pid;

	ASSERT_EQ(0, area_freeze(self->fd));
	ASSERT_EQ(0, pthread_create(&reader.thread, NULL, visit, &reader));
	ASSERT_TRUE(eventually(reader.tid && waits(reader.tid)));
	pid = start_child(errno_of(mkdir(DIRECTORY "/vmremap-locks", 0700)));
	ASSERT_LE(0, pid);
	EXPECT_TRUE(eventually(sleeps_uninterruptibly(pid)));
	ASSERT_EQ(0, area_thaw(self->fd));
	ASSERT_EQ(0, pthread_join(reader.thread, NULL));
	EXPECT_TRUE(reader.result);
	EXPECT_EQ(0, wait_for(pid));
	rmdir(DIRECTORY "/vmremap-locks");
}

static atomic_int *handled;

static void count_signal(int sig)
{
	*handled += sig == SIGUSR1;
}

/* A signal is handled while an access waits. */
TEST_F(revocable, signals_are_handled_while_frozen)
{
	pid_t child;

	handled = mmap(NULL, PAGE_SIZE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, handled);
	signal(SIGUSR1, count_signal);
	ASSERT_EQ(0, area_freeze(self->fd));
	child = start_child(*page_word(self->map, 0) != 1000);
	ASSERT_TRUE(eventually(waits(child)));
	ASSERT_EQ(0, kill(child, SIGUSR1));
	ASSERT_TRUE(eventually(*handled == 1));
	ASSERT_TRUE(eventually(waits(child)));
	ASSERT_EQ(0, area_thaw(self->fd));
	EXPECT_EQ(0, wait_for(child));
}

/* A task that waits can be killed. */
TEST_F(revocable, killed_while_frozen)
{
	int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);

	ASSERT_EQ(0, area_freeze(self->fd));
	for (int by_system_call = 0; by_system_call < 2; by_system_call++) {
		pid_t child = start_child(by_system_call ? read(zero, self->map, 1) :
							   touch(self->map, true));

		ASSERT_TRUE(eventually(waits(child)));
		ASSERT_EQ(0, kill(child, SIGKILL));
		EXPECT_EQ(-SIGKILL, wait_for(child));
	}
	ASSERT_EQ(0, area_thaw(self->fd));
	EXPECT_EQ(0, wrong_pages(self->map, PAGES, 1000));
	close(zero);
}

TEST_F(revocable, revoked_while_frozen)
{
	pid_t child;

	ASSERT_EQ(0, area_freeze(self->fd));
	child = start_child(touch(self->map, true) != SIGBUS);
	ASSERT_TRUE(eventually(waits(child)));
	ASSERT_EQ(0, area_revoke(self->fd));
	EXPECT_EQ(0, wait_for(child));
	EXPECT_EQ(0, area_thaw(self->fd));
	EXPECT_TRUE(all_gone(self->map, PAGES));
}

/* AreaOutlives: the driver's last put thaws the area, because nobody else can. */
TEST_F(revocable, last_reference_thaws)
{
	pid_t child;

	ASSERT_EQ(0, area_freeze(self->fd));
	child = start_child(*page_word(self->map, 5) != 1005);
	ASSERT_TRUE(eventually(waits(child)));
	ASSERT_EQ(0, memory_free(self->fd, SLOT));
	EXPECT_EQ(0, wait_for(child));
	EXPECT_EQ(0, wrong_pages(self->map, PAGES, 1000));
}

/*
 * Races between threads that insert and move page table entries in every way, and one that takes
 * the memory back. Runs ROUNDS times, by default 300, on all CPUs.
 */
#define THREADS 4
#define RACE_PAGES 515

static struct race {
	int fd;
	pthread_barrier_t barrier;
	char *map;
	atomic_bool stop, end, freezes;
	/* A program fails on SIGSEGV, and if it reads this value plus n in word n of the area. */
	atomic_ullong forbidden;
	atomic_int seen;
} race;

static unsigned long rounds(void)
{
	const char *asked = getenv("ROUNDS");

	return asked ? strtoul(asked, NULL, 10) : 300;
}

static void expect_allowed(__u64 word, size_t n)
{
	race.seen += word == race.forbidden + n;
}

/* A mapping that this thread has made, and unmaps after the round. */
static __thread atomic_uintptr_t own_map;

static void map_own(void)
{
	own_map = (uintptr_t)mmap(NULL, RACE_PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE,
				  MAP_SHARED, race.fd, 0);
}

static void unmap_own(void)
{
	munmap((void *)own_map, RACE_PAGES * PAGE_SIZE);
	own_map = (uintptr_t)MAP_FAILED;
}

static bool has_own(void)
{
	return own_map != (uintptr_t)MAP_FAILED;
}

static __u64 *own_word(size_t n)
{
	return page_word((void *)own_map, n);
}

static void race_reader(size_t n)
{
	expect_allowed(__atomic_load_n(page_word(race.map, n), __ATOMIC_RELAXED), n);
}

/* Writes next to the words that are checked. */
static void race_writer(size_t n)
{
	__atomic_store_n(page_word(race.map, n) + 1, n, __ATOMIC_RELAXED);
}

/* Makes new mappings, and accesses each twice. */
static void race_mapper(size_t n)
{
	map_own();
	if (!has_own())
		return;
	expect_allowed(*own_word(n), n);
	expect_allowed(*own_word(RACE_PAGES - 1), RACE_PAGES - 1);
	unmap_own();
}

/* Pins for a short time, moves, zaps and protects. */
static void race_mover(size_t n)
{
	char *place = (char *)0x500000000 + n % 7 * 2 * PMD_SIZE;
	__u64 word = 0;
	struct iovec here = { &word, 8 }, there;

	if (!has_own())
		map_own();
	if (!has_own())
		return;
	there = (struct iovec) { own_word(n), 8 };
	process_vm_readv(getpid(), &here, 1, &there, 1, 0);
	/* A page that was pinned before the revoke may be read later. */
	if (race.freezes)
		expect_allowed(word, n);
	expect_allowed(*own_word(n), n);
	own_map = (uintptr_t)mremap(own_word(0), RACE_PAGES * PAGE_SIZE, RACE_PAGES * PAGE_SIZE,
				    MREMAP_MAYMOVE | MREMAP_FIXED, place);
	madvise(own_word(0), (n + 1) * PAGE_SIZE, MADV_DONTNEED);
	mprotect(own_word(0), PAGE_SIZE, n & 1 ? PROT_READ : PROT_READ | PROT_WRITE);
}

static void (*const racers[])(size_t n) = {
	race_reader, race_writer, race_mapper, race_mover,
};

static void *race_thread(void *arg)
{
	unsigned long nr = (unsigned long)arg;
	unsigned int random = nr + 1;
	int sig;

	own_map = (uintptr_t)MAP_FAILED;
	while (pthread_barrier_wait(&race.barrier), !race.end) {
		/* SIGBUS ends the round. */
		sig = catch_signal();
		if (!sig)
			while (!race.stop)
				racers[nr](rand_r(&random) % RACE_PAGES);
		set_catch(false);
		race.seen += sig == SIGSEGV;
		if (has_own())
			unmap_own();
		pthread_barrier_wait(&race.barrier);
	}
	return NULL;
}

FIXTURE(race) {
	pthread_t threads[THREADS];
};

FIXTURE_VARIANT(race) {
	const char *device;
};

FIXTURE_VARIANT_ADD(race, mmap) {
	.device = TEST_MMAP,
};

FIXTURE_VARIANT_ADD(race, mmap_prepare) {
	.device = TEST_PREPARE,
};

static void race_alloc(struct __test_metadata *_metadata, unsigned int flags)
{
	struct vmremap_test_plan plan = {
		.count = 1, .calls = { { .function = VMREMAP_TEST_AREA_MMAP } },
	};

	ASSERT_EQ(0, memory_alloc(race.fd, SLOT, VMREMAP_TEST_AREA, RACE_PAGES * PAGE_SIZE,
				  VMREMAP_REVOCABLE | flags));
	ASSERT_EQ(0, memory_poke(race.fd, SLOT, RACE_PAGES, 1000));
	race.map = map_plan(race.fd, &plan, RACE_PAGES, PROT_READ | PROT_WRITE, MAP_SHARED);
	ASSERT_NE(MAP_FAILED, race.map);
}

static void race_free(struct __test_metadata *_metadata)
{
	ASSERT_EQ(0, munmap(race.map, RACE_PAGES * PAGE_SIZE));
	ASSERT_EQ(0, memory_free(race.fd, SLOT));
}

FIXTURE_SETUP(race)
{
	race = (struct race) {};
	race.fd = open_or_skip(_metadata, variant->device);
	ASSERT_EQ(0, pthread_barrier_init(&race.barrier, NULL, THREADS + 1));
	for (unsigned long n = 0; n < THREADS; n++)
		ASSERT_EQ(0, pthread_create(&self->threads[n], NULL, race_thread, (void *)n));
}

FIXTURE_TEARDOWN(race)
{
	race.end = true;
	pthread_barrier_wait(&race.barrier);
	for (int n = 0; n < THREADS; n++)
		pthread_join(self->threads[n], NULL);
	close(race.fd);
}

/* NoUserAccess: no program sees what the driver writes after revoke has returned. */
TEST_F_TIMEOUT(race, revoke, 3000)
{
	for (unsigned long round = 0; round < rounds(); round++) {
		race_alloc(_metadata, round & 1 ? VMREMAP_POPULATE : 0);
		race.forbidden = 5000;
		race.stop = false;
		pthread_barrier_wait(&race.barrier);
		for (unsigned long n = round % 64 * 500; n; n--)
			__asm__ volatile("" : : : "memory");
		ASSERT_EQ(0, area_revoke(race.fd));
		ASSERT_EQ(0, memory_poke(race.fd, SLOT, RACE_PAGES, race.forbidden));
		sched_yield();
		race.stop = true;
		pthread_barrier_wait(&race.barrier);
		ASSERT_EQ(0, race.seen) TH_LOG("round %lu", round);
		race_free(_metadata);
	}
}

/* NoUserAccess: while the area is frozen, no byte changes, and no program sees its bytes. */
TEST_F_TIMEOUT(race, freeze, 3000)
{
	unsigned long frozen = 0;

	race_alloc(_metadata, 0);
	race.freezes = true;
	race.forbidden = 5000;
	pthread_barrier_wait(&race.barrier);
	for (unsigned long round = 0; round < rounds(); round++) {
		if (area_freeze(race.fd)) {
			/* A thread had a page pinned each time that freeze looked. */
			ASSERT_EQ(EBUSY, errno);
			continue;
		}
		frozen++;
		ASSERT_EQ(0, memory_poke(race.fd, SLOT, RACE_PAGES, race.forbidden));
		ASSERT_EQ(0, memory_peek(race.fd, SLOT, RACE_PAGES, race.forbidden));
		sched_yield();
		ASSERT_EQ(0, memory_peek(race.fd, SLOT, RACE_PAGES, race.forbidden));
		ASSERT_EQ(0, memory_poke(race.fd, SLOT, RACE_PAGES, 1000));
		ASSERT_EQ(0, area_thaw(race.fd));
		ASSERT_EQ(0, race.seen) TH_LOG("round %lu", round);
	}
	race.stop = true;
	pthread_barrier_wait(&race.barrier);
	EXPECT_EQ(0, race.seen);
	EXPECT_LT(rounds() / 2, frozen);
	race_free(_metadata);
}

TEST_HARNESS_MAIN

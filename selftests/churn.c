// SPDX-License-Identifier: GPL-2.0
/*
 * Processes that map, access, fork, split, move, zap, unmap and exit at random for SOAK seconds,
 * while areas are allocated and freed and drivers are loaded and unloaded. Each page begins with
 * a word that names its area and its place there.
 *
 * SEED=number repeats the choices of each process, but not their timing.
 */

#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>

#include "areas.h"
#include "plan.h"
#include "sample.h"

#define WORKERS 6
#define MAPPINGS_MAX 24
#define AREA_PAGES_MAX 1100UL
#define DEPTH_MAX 2
#define SOAK_DEFAULT 60
/* After so many further seconds, give up waiting for an operation to happen. */
#define NEVER_SECONDS 600

/*
 * Allowed growth in memory use: the kernel caches some of what is freed, such as slabs, thread
 * stacks and a chunk of per-CPU memory. KASAN keeps QUARANTINE_FRACTION of all memory.
 */
#define USED_SLACK_KIB (16 * 1024)
#define USED_SLACK_KASAN (1. / 32)
#define MAPPED_SLACK_KIB 64
#define VMALLOC_SLACK_KIB (4 * 1024)

enum { SAMPLE_C, SAMPLE_C_MMAP, SAMPLE_RUST, SAMPLES };

static const char * const samples[SAMPLES] = {
	[SAMPLE_C] = "/dev/vmremap-sample-c",
	[SAMPLE_C_MMAP] = "/dev/vmremap-sample-c-mmap",
	[SAMPLE_RUST] = "/dev/vmremap-sample-rust",
};

enum count {
	MAP, TOUCH, WRITE, PROTECT, UNMAP, MOVE, ZAP, PIN, FORK, PUT, REFUSED,
	KILL, LOAD, FREEZE, REVOKE, COUNTS
};

static const char * const count_names[COUNTS] = {
	[MAP] = "mmap", [TOUCH] = "touch", [WRITE] = "write",
	[PROTECT] = "mprotect", [UNMAP] = "munmap", [MOVE] = "mremap",
	[ZAP] = "MADV_DONTNEED", [PIN] = "pin", [FORK] = "fork", [PUT] = "put",
	[REFUSED] = "no memory", [KILL] = "SIGKILL", [LOAD] = "module load",
	[FREEZE] = "freeze", [REVOKE] = "revoke",
};

/* Shared by all processes. */
static struct {
	unsigned long counts[COUNTS];
	unsigned long stamps;
	/* The driver to be unloaded, or -1: processes that have mapped it unmap it. */
	int leaving;
	bool stop;
	bool failed;
	char why[256];
} *all;

static void count(enum count what)
{
	__atomic_fetch_add(&all->counts[what], 1, __ATOMIC_RELAXED);
}

/* Print only the first failure. */
static void blame(const char *format, ...)
{
	va_list args;

	if (__atomic_exchange_n(&all->failed, true, __ATOMIC_RELAXED))
		return;
	va_start(args, format);
	vsnprintf(all->why, sizeof(all->why), format, args);
	va_end(args);
}

#define wrong(...) do { blame(__VA_ARGS__); _exit(1); } while (0)

static bool stopped(void)
{
	return __atomic_load_n(&all->stop, __ATOMIC_RELAXED);
}

/* The state of xorshift64*; each process has its own. */
static __u64 state;

static unsigned long below(unsigned long limit)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (__u32)(state * 0x2545f4914f6cdd1dULL >> 32) % limit;
}

static bool one_in(unsigned long n)
{
	return !below(n);
}

/* Adjacent pages of one area, and the word with which the first one begins. */
struct mapping {
	char *start;
	size_t pages;
	__u64 stamp;
	int sample;
	bool writable;
	bool inherited;
	bool comes_back;
};

static struct mapping mappings[MAPPINGS_MAX];
static size_t mapped;

/* An open test device, and the contents of its slots. */
static struct device {
	const char *path;
	int fd;
	struct slot {
		size_t pages;
		__u64 stamp;
		__u32 kind;
		__u32 flags;
	} slots[VMREMAP_TEST_SLOTS];
} devices[] = { { .path = TEST_MMAP }, { .path = TEST_PREPARE } };

static void check(const struct mapping *m, size_t first, size_t pages)
{
	for (size_t n = first; n < first + pages; n++) {
		__u64 word = *page_word(m->start, n);

		if (word != m->stamp + n)
			wrong("page %zu of %zu at %p: %llx, not %llx", n, m->pages,
			      m->start, word, m->stamp + n);
	}
}

/* Choose some pages of a mapping. */
static size_t choose(const struct mapping *m, size_t *first)
{
	*first = one_in(2) ? below(m->pages) : 0;
	return 1 + (one_in(2) ? below(m->pages - *first) : 0);
}

static void forget(struct mapping *m)
{
	*m = mappings[--mapped];
}

static void remember(struct mapping m)
{
	if (!m.pages)
		return;
	if (mapped < MAPPINGS_MAX)
		mappings[mapped++] = m;
	else if (munmap(m.start, m.pages * PAGE_SIZE))
		wrong("munmap: %m");
}

/* The @pages pages of a mapping from page @first on. */
static struct mapping part(const struct mapping *m, size_t first, size_t pages)
{
	struct mapping piece = *m;

	piece.start += first * PAGE_SIZE;
	piece.stamp += first;
	piece.pages = pages;
	return piece;
}

/* Cut a mapping into three: the pages before @first, the @pages from there on, and the rest. */
static struct mapping split(struct mapping *m, size_t first, size_t pages)
{
	struct mapping whole = *m;

	forget(m);
	remember(part(&whole, 0, first));
	remember(part(&whole, first + pages, whole.pages - first - pages));
	return part(&whole, first, pages);
}

/* A call may only fail for lack of memory. */
static bool refused(const char *what)
{
	if (errno != ENOMEM && errno != EAGAIN)
		wrong("%s: %m", what);
	count(REFUSED);
	return true;
}

static void map_slot(struct device *dev, struct slot *slot)
{
	size_t first = below(slot->pages), pages = 1 + below(slot->pages - first);
	__u32 nr = slot - dev->slots;
	bool foreign = slot->kind == VMREMAP_TEST_VMALLOC_USER;
	bool range = foreign || (dev == devices && one_in(3));
	bool revocable = slot->flags & VMREMAP_REVOCABLE;
	bool partial = range && !foreign && !revocable && pages > 1 && one_in(2);
	bool private = !foreign && one_in(4);
	bool copies = range && !revocable;
	bool writable = !(slot->flags & VMREMAP_RDONLY) && (!private || copies);
	struct vmremap_test_plan plan = { .count = 1, .calls = { {
		.function = range ? VMREMAP_TEST_RANGE : VMREMAP_TEST_AREA_MMAP,
		.slot = nr, .pgoff = first,
	} } };
	struct mapping m = {
		.pages = pages, .stamp = slot->stamp + first, .sample = -1,
		.writable = writable, .comes_back = !foreign,
		.inherited = !(slot->flags & VMREMAP_DONTCOPY),
	};

	if (partial) {
		size_t half = 1 + below(pages - 1);

		plan.count = 2;
		plan.calls[0].function = VMREMAP_TEST_RANGE_PARTIAL;
		plan.calls[0].size = half * PAGE_SIZE;
		plan.calls[1] = plan.calls[0];
		plan.calls[1].uaddr = half * PAGE_SIZE;
		plan.calls[1].pgoff += half;
		plan.calls[1].size = (pages - half) * PAGE_SIZE;
	}
	m.start = map_plan(dev->fd, &plan, pages,
			   PROT_READ | (writable ? PROT_WRITE : 0),
			   private ? MAP_PRIVATE : MAP_SHARED);
	if (m.start == MAP_FAILED && refused("mmap"))
		return;
	remember(m);
}

static void map_sample(int sample)
{
	int fd = open(samples[sample], O_RDWR | O_CLOEXEC);
	size_t all_pages, first;
	struct mapping m = {
		.sample = sample, .writable = true, .inherited = true,
		.comes_back = true,
	};

	if (fd < 0) {
		/* The driver is being loaded or unloaded. */
		if (errno != ENOENT && errno != ENODEV && errno != ENXIO)
			wrong("open %s: %m", samples[sample]);
		return;
	}
	all_pages = sample_bytes(fd) / PAGE_SIZE;
	if (all_pages) {
		first = below(all_pages);
		m.pages = 1 + below(all_pages - first);
		m.stamp = (__u64)(sample + 1) << 56 | first;
		m.start = map_pages(fd, DATA_PAGE + first, m.pages);
		if (m.start != MAP_FAILED) {
			/* All processes that map it write the same bytes. */
			for (size_t n = 0; n < m.pages; n++)
				*page_word(m.start, n) = m.stamp + n;
			remember(m);
		} else {
			refused("mmap");
		}
	}
	close(fd);
}

static void map_something(void)
{
	struct device *dev = &devices[below(ARRAY_SIZE(devices))];
	struct slot *slot = &dev->slots[below(VMREMAP_TEST_SLOTS / 4)];
	__u32 nr = slot - dev->slots;

	if (mapped == MAPPINGS_MAX)
		return;
	count(MAP);
	if (one_in(3)) {
		int sample = below(SAMPLES);

		if (__atomic_load_n(&all->leaving, __ATOMIC_RELAXED) != sample)
			map_sample(sample);
		return;
	}

	if (!slot->pages) {
		bool foreign = dev == devices && one_in(4);
		size_t pages = 1 + below(one_in(2) ? 40 : AREA_PAGES_MAX);

		slot->kind = foreign ? VMREMAP_TEST_VMALLOC_USER : VMREMAP_TEST_AREA;
		slot->flags = foreign ? 0 : below(32);
		slot->stamp = __atomic_add_fetch(&all->stamps, 1, __ATOMIC_RELAXED) << 16;
		errno = memory_alloc(dev->fd, nr, slot->kind, pages * PAGE_SIZE,
				     slot->flags);
		if (errno && refused("alloc"))
			return;
		slot->pages = pages;
		if (memory_poke(dev->fd, nr, pages, slot->stamp))
			wrong("poke: %m");
	}
	map_slot(dev, slot);
}

static void put_something(void)
{
	struct device *dev = &devices[below(ARRAY_SIZE(devices))];
	struct slot *slot = &dev->slots[below(VMREMAP_TEST_SLOTS / 4)];
	__u32 nr = slot - dev->slots;

	if (!slot->pages)
		return;
	count(PUT);
	/* Nobody may have written anything else. */
	if (memory_peek(dev->fd, nr, slot->pages, slot->stamp))
		wrong("peek: %m");
	if (memory_free(dev->fd, nr))
		wrong("put: %m");
	slot->pages = 0;
}

/* The mappings of a slot whose memory was taken back, except those that a child has inherited. */
static void expect_gone(const struct slot *slot)
{
	for (size_t n = mapped; n--;) {
		struct mapping *m = &mappings[n];

		if (m->stamp >> 16 != slot->stamp >> 16)
			continue;
		if (touch(m->start, false) != SIGBUS)
			wrong("revoked memory can be read");
		if (munmap(m->start, m->pages * PAGE_SIZE))
			wrong("munmap: %m");
		forget(m);
	}
}

static void take_something(void)
{
	struct device *dev = &devices[below(ARRAY_SIZE(devices))];
	struct slot *slot = &dev->slots[below(VMREMAP_TEST_SLOTS / 4)];
	__u32 nr = slot - dev->slots;

	if (!slot->pages || !(slot->flags & VMREMAP_REVOCABLE))
		return;
	if (slot->flags & VMREMAP_DONTCOPY && one_in(4)) {
		count(REVOKE);
		if (ioctl(dev->fd, VMREMAP_TEST_REVOKE, nr))
			wrong("revoke: %m");
		expect_gone(slot);
		if (memory_free(dev->fd, nr))
			wrong("put: %m");
		slot->pages = 0;
		return;
	}
	/* Freeze fails if a child has pinned a page. */
	if (ioctl(dev->fd, VMREMAP_TEST_FREEZE, nr)) {
		if (errno != EBUSY)
			wrong("freeze: %m");
		return;
	}
	count(FREEZE);
	if (memory_peek(dev->fd, nr, slot->pages, slot->stamp))
		wrong("peek while frozen: %m");
	if (ioctl(dev->fd, VMREMAP_TEST_THAW, nr))
		wrong("thaw: %m");
}

static void write_some(const struct mapping *m, size_t first, size_t pages)
{
	if (!m->writable)
		return;
	count(WRITE);
	for (size_t n = first; n < first + pages; n++)
		*page_word(m->start, n) = m->stamp + n;
}

/* The kernel neither merges such VMAs again nor moves them as one. */
static void protect_some(struct mapping *m, size_t first, size_t pages)
{
	char *at = m->start + first * PAGE_SIZE;
	struct mapping piece;

	count(PROTECT);
	if (mprotect(at, pages * PAGE_SIZE, PROT_READ) && refused("mprotect"))
		return;
	piece = split(m, first, pages);
	check(&piece, 0, pages);
	if (piece.writable) {
		/* If it stayed read-only, the next write would crash. */
		while (mprotect(at, pages * PAGE_SIZE, PROT_READ | PROT_WRITE))
			refused("mprotect");
		write_some(&piece, 0, pages);
	}
	remember(piece);
}

static void unmap_some(struct mapping *m, size_t first, size_t pages)
{
	count(UNMAP);
	while (munmap(m->start + first * PAGE_SIZE, pages * PAGE_SIZE))
		refused("munmap");
	split(m, first, pages);
}

static void move_some(struct mapping *m, size_t first, size_t pages)
{
	size_t size = pages * PAGE_SIZE;
	char *to = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct mapping moved;

	count(MOVE);
	if (to == MAP_FAILED && refused("mmap"))
		return;
	if (mremap(m->start + first * PAGE_SIZE, size, size,
		   MREMAP_MAYMOVE | MREMAP_FIXED, to) == MAP_FAILED) {
		refused("mremap");
		munmap(to, size);
		return;
	}
	moved = split(m, first, pages);
	moved.start = to;
	check(&moved, 0, pages);
	remember(moved);
}

static void zap_some(const struct mapping *m, size_t first, size_t pages)
{
	/* A zap would lose a private copy; all other pages come back from the area. */
	if (!m->comes_back)
		return;
	count(ZAP);
	if (madvise(m->start + first * PAGE_SIZE, pages * PAGE_SIZE, MADV_DONTNEED))
		wrong("MADV_DONTNEED: %m");
	check(m, first, one_in(2) ? pages : 1);
}

/* Have the kernel pin the pages. */
static void pin_some(const struct mapping *m, size_t first, size_t pages)
{
	char *at = m->start + first * PAGE_SIZE;
	int pipe_ends[2];
	__u64 word;

	count(PIN);
	if (pipe(pipe_ends))
		wrong("pipe: %m");
	for (size_t n = 0; n < pages && n < 8; n++) {
		struct iovec iov = { at + n * PAGE_SIZE, sizeof(word) };

		if (vmsplice(pipe_ends[1], &iov, 1, 0) != sizeof(word) ||
		    read(pipe_ends[0], &word, sizeof(word)) != sizeof(word))
			wrong("vmsplice: %m");
		if (word != m->stamp + first + n)
			wrong("pinned page: %llx, not %llx", word, m->stamp + first + n);
	}
	close(pipe_ends[0]);
	close(pipe_ends[1]);
}

/* The processes that the first one has started; 0 for one that has ended. */
static pid_t workers[WORKERS];

/* Wait for children. One that exits with another status than 0 has failed. */
static void reap(int options)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, options)) > 0) {
		if (status && !(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL))
			blame("process %d ended with status %x", pid, status);
		for (size_t n = 0; n < WORKERS; n++)
			if (workers[n] == pid)
				workers[n] = 0;
	}
}

static void open_devices(void)
{
	for (size_t n = 0; n < ARRAY_SIZE(devices); n++) {
		memset(devices[n].slots, 0, sizeof(devices[n].slots));
		devices[n].fd = open(devices[n].path, O_RDWR | O_CLOEXEC);
		if (devices[n].fd < 0)
			wrong("open %s: %m", devices[n].path);
	}
}

static void live(unsigned int depth);

static void fork_one(unsigned int depth)
{
	__u64 seed = state ^ below(1UL << 31);
	pid_t pid;

	if (depth == DEPTH_MAX)
		return;
	count(FORK);
	pid = fork();
	if (pid < 0 && refused("fork"))
		return;
	if (pid)
		return;

	state = seed | 1;
	for (size_t n = mapped; n--;)
		if (!mappings[n].inherited)
			forget(&mappings[n]);
	/* The slots of the inherited files belong to the parent. */
	for (size_t n = 0; n < ARRAY_SIZE(devices); n++)
		close(devices[n].fd);
	open_devices();
	live(depth + 1);
}

/* Of a driver. */
static void let_go(int sample)
{
	for (size_t n = mapped; n--;)
		if (sample >= 0 && mappings[n].sample == sample)
			unmap_some(&mappings[n], 0, mappings[n].pages);
}

static void step(unsigned int depth)
{
	size_t first, pages;
	struct mapping *m;

	let_go(__atomic_load_n(&all->leaving, __ATOMIC_RELAXED));
	if (!mapped) {
		map_something();
		return;
	}
	m = &mappings[below(mapped)];
	pages = choose(m, &first);
	switch (below(13)) {
	case 0:
	case 1:
		map_something();
		break;
	case 2:
	case 3:
		count(TOUCH);
		check(m, first, pages);
		break;
	case 4:
		write_some(m, first, pages);
		break;
	case 5:
		protect_some(m, first, pages);
		break;
	case 6:
		unmap_some(m, first, pages);
		break;
	case 7:
		move_some(m, first, pages);
		break;
	case 8:
		zap_some(m, first, pages);
		break;
	case 9:
		pin_some(m, first, pages);
		break;
	case 10:
		if (one_in(4))
			fork_one(depth);
		break;
	case 11:
		put_something();
		break;
	case 12:
		take_something();
		break;
	}
}

/* The life of a process from its first operation until it exits or is killed. */
static void live(unsigned int depth)
{
	for (unsigned long left = 20 + below(400); left && !stopped(); left--) {
		step(depth);
		reap(WNOHANG);
	}
	for (size_t n = 0; n < mapped; n++)
		check(&mappings[n], 0, mappings[n].pages);
	if (one_in(3))
		raise(SIGKILL);
	_exit(0);
}

/* Unload drivers and load them again with another size. */
static void drive(const size_t *bytes)
{
	/* Loading takes many steps, and the other processes are many. */
	setpriority(PRIO_PROCESS, 0, -20);
	while (!stopped()) {
		int sample = below(SAMPLES);

		if (!bytes[sample])
			continue;
		__atomic_store_n(&all->leaving, sample, __ATOMIC_RELAXED);
		while (sample_unload(samples[sample]) && errno != ENOENT && !stopped()) {
			if (errno != EWOULDBLOCK)
				wrong("unload %s: %m", samples[sample]);
			usleep(1000);
		}
		__atomic_store_n(&all->leaving, -1, __ATOMIC_RELAXED);

		if (!sample_load(samples[sample], 1 + below(100 * PAGE_SIZE)))
			count(LOAD);
		else if (errno != EEXIST && errno != EBUSY)
			refused(samples[sample]);
		usleep(below(50000));
	}
	_exit(0);
}

FIXTURE(memory) {
	size_t bytes[SAMPLES];
};

FIXTURE_SETUP(memory)
{
	all = mmap(NULL, sizeof(*all), PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, all);
	if (access(TEST_MMAP, F_OK))
		SKIP(return, "%s", why_no_device());
	for (int n = 0; n < SAMPLES; n++) {
		int fd = open(samples[n], O_RDWR | O_CLOEXEC);

		if (fd < 0)
			continue;
		self->bytes[n] = sample_bytes(fd);
		close(fd);
	}
}

FIXTURE_TEARDOWN(memory)
{
}

/* A driver may be missing, if the process that should load it again was killed. */
static bool unload_all(void)
{
	bool ok = true;

	for (int n = 0; n < SAMPLES; n++)
		ok &= eventually(!sample_unload(samples[n]) || errno == ENOENT);
	return ok;
}

static bool load_all(const size_t *bytes)
{
	bool ok = true;

	for (int n = 0; n < SAMPLES; n++)
		ok &= !bytes[n] || !sample_load(samples[n], bytes[n]);
	return ok;
}

static pid_t start(size_t nr, const size_t *bytes)
{
	__u64 seed = state ^ below(1UL << 31);
	pid_t pid = fork();

	if (pid)
		return pid;
	state = seed | 1;
	if (!nr)
		drive(bytes);
	open_devices();
	live(0);
	_exit(1);
}

/* Has any operation not happened yet? Refusals need not happen. */
static bool lacks_any(void)
{
	for (int n = 0; n < COUNTS; n++)
		if (n != REFUSED && !all->counts[n])
			return true;
	return false;
}

/*
 * Kill one process after the other, and replace those that have ended, for @seconds and until
 * each operation has happened at least once, or until NEVER_SECONDS later on a fast kernel.
 */
static void churn(const size_t *bytes, time_t seconds, __u64 seed)
{
	time_t end = time(NULL) + seconds;
	time_t never = end + patience(NEVER_SECONDS);

	state = seed | 1;
	all->leaving = -1;
	all->stop = false;
	while (!all->failed &&
	       (time(NULL) < end || (lacks_any() && time(NULL) < never))) {
		size_t n = below(WORKERS);

		/* Rarely the first one, which has to wait for a driver. */
		if ((n || one_in(8)) && workers[n] > 0 && !kill(workers[n], SIGKILL))
			count(KILL);
		for (n = 0; n < WORKERS; n++)
			if (workers[n] <= 0)
				workers[n] = start(n, bytes);
		usleep(below(100000));
		reap(WNOHANG);
	}
	all->stop = true;
	reap(0);
}

/* Do the counts that must be 0 at the end see the areas of an open device? */
static bool areas_are_counted(void)
{
	int fd = open(samples[SAMPLE_C], O_RDWR | O_CLOEXEC);
	bool counted = areas() > 0 && area_pages();

	close(fd);
	return counted;
}

/* In KiB. */
struct usage {
	long used;
	long mapped;
	long vmalloc;
};

static struct usage usage(void)
{
	/* CPUs count on their own; this adds their counts up. */
	write_text("/proc/sys/vm/stat_refresh", "1");
	write_text("/proc/sys/vm/drop_caches", "3");
	return (struct usage) {
		.used = memory_kib("MemTotal") - free_kib(),
		.mapped = memory_kib("Mapped"),
		.vmalloc = memory_kib("VmallocUsed"),
	};
}

static struct usage slack(void)
{
	bool kasan = kernel_symbol("kasan_quarantine_put");

	return (struct usage) {
		.used = USED_SLACK_KIB +
			  (kasan ? memory_kib("MemTotal") * USED_SLACK_KASAN : 0),
		.mapped = MAPPED_SLACK_KIB,
		.vmalloc = VMALLOC_SLACK_KIB,
	};
}

/* Is the growth since @before, which is stored in @more, within @slack? */
static bool grows_within(struct usage slack, struct usage before, struct usage *more)
{
	struct usage after = usage();

	*more = (struct usage) {
		.used = after.used - before.used,
		.mapped = after.mapped - before.mapped,
		.vmalloc = after.vmalloc - before.vmalloc,
	};
	return more->used <= slack.used && more->mapped <= slack.mapped &&
	       more->vmalloc <= slack.vmalloc;
}

TEST_F_TIMEOUT(memory, comes_back, 1 << 20)
{
	time_t seconds = getenv("SOAK") ? atol(getenv("SOAK")) : SOAK_DEFAULT;
	__u64 seed = getenv("SEED") ? strtoull(getenv("SEED"), NULL, 0) :
				      (__u64)time(NULL);
	unsigned long sum = 0;
	struct usage before, more, may = slack();
	/* So many small areas are cached, if the machine has one memory node. */
	long kept = access("/sys/devices/system/node/node1", F_OK) ? 16 : 0;

	printf("# SEED=%llu SOAK=%ld\n", seed, seconds);
	/* Wait for children whose parent was killed, too. */
	ASSERT_EQ(0, prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));

	/* Measure after a first run, which fills the kernel's caches. */
	churn(self->bytes, 1 + seconds / 10, ~seed);
	ASSERT_TRUE(unload_all()) TH_LOG("%m");
	before = usage();
	ASSERT_TRUE(load_all(self->bytes)) TH_LOG("%m");
	EXPECT_TRUE(areas_are_counted());
	memset(all->counts, 0, sizeof(all->counts));

	churn(self->bytes, seconds, seed);
	EXPECT_FALSE(all->failed) TH_LOG("%s", all->why);

	ASSERT_TRUE(unload_all()) TH_LOG("%m");
	EXPECT_GE(kept, areas());
	if (area_pages() >= 0)
		EXPECT_GE(kept * 64 * 1024 / PAGE_SIZE, area_pages());
	EXPECT_TRUE(eventually(grows_within(may, before, &more)))
		TH_LOG("KiB in use %ld of %ld, mapped %ld of %ld, vmalloc %ld of %ld", more.used,
		       may.used, more.mapped, may.mapped, more.vmalloc, may.vmalloc);
	ASSERT_TRUE(load_all(self->bytes)) TH_LOG("%m");

	for (int n = 0; n < COUNTS; n++) {
		if (n != REFUSED && n != KILL && n != LOAD)
			sum += all->counts[n];
		printf("# %s: %lu\n", count_names[n], all->counts[n]);
		if (n != REFUSED)
			EXPECT_NE(0, all->counts[n]) TH_LOG("%s", count_names[n]);
	}
	printf("# figure: %lu operations in %ld s; %lu processes killed, %lu modules loaded\n",
	       sum, seconds, all->counts[KILL], all->counts[LOAD]);
	printf("# figure: KiB more in use than before: %ld, mapped %ld, VmallocUsed %ld\n",
	       more.used, more.mapped, more.vmalloc);
}

TEST_HARNESS_MAIN

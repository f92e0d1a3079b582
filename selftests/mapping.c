// SPDX-License-Identifier: GPL-2.0
/* Operations of a program on a mapping of a sample device. */

#include <pthread.h>
#include <sys/prctl.h>

#include "sample.h"

/*
 * One mapping of the data area. @first is its first page; if negative, it counts from the end.
 * @pages is its length; 0 means up to the end.
 */
FIXTURE(mapping) {
	int fd;
	size_t bytes;
	size_t area_pages;
	size_t first;
	size_t pages;
	size_t size;
	char *map;
};

FIXTURE_VARIANT(mapping) {
	long first;
	size_t pages;
};

FIXTURE_VARIANT_ADD(mapping, whole) { .first = 0 };
FIXTURE_VARIANT_ADD(mapping, tail) { .first = 1 };
FIXTURE_VARIANT_ADD(mapping, first_page) { .first = 0, .pages = 1 };
FIXTURE_VARIANT_ADD(mapping, middle) { .first = 3, .pages = 40 };
FIXTURE_VARIANT_ADD(mapping, last_page) { .first = -1, .pages = 1 };

FIXTURE_SETUP(mapping)
{
	self->fd = sample_open();
	if (self->fd < 0 && errno == ENOENT)
		SKIP(return, "there is no %s", sample_path());
	ASSERT_LE(0, self->fd);

	self->bytes = sample_bytes(self->fd);
	self->area_pages = (self->bytes + PAGE_SIZE - 1) / PAGE_SIZE;
	self->first = variant->first;
	if (variant->first < 0)
		self->first += self->area_pages;
	self->pages = variant->pages ? : self->area_pages - self->first;
	if (self->first + self->pages > self->area_pages)
		SKIP(return, "the data area has only %zu pages", self->area_pages);

	self->size = self->pages * PAGE_SIZE;
	self->map = map_pages(self->fd, DATA_PAGE + self->first, self->pages);
	ASSERT_NE(MAP_FAILED, self->map);
	for (size_t n = 0; n < self->pages; n++)
		*page_word(self->map, n) = n;
}

FIXTURE_TEARDOWN(mapping)
{
	munmap(self->map, self->size);
	close(self->fd);
}

static bool all_right(char *map, size_t first, size_t pages)
{
	return !wrong_pages(map, pages, first);
}

/* Check the numbers in the pages, and write new ones, in the role of another process. */
static bool renumber(char *map, size_t pages)
{
	bool right = all_right(map, 0, pages);

	for (size_t n = 0; n < pages; n++)
		*page_word(map, n) = n + 1000;
	return right;
}

/* The same through another mapping. */
static bool map_and_renumber(int fd, size_t page, size_t pages)
{
	char *map = map_pages(fd, page, pages);

	return map != MAP_FAILED && renumber(map, pages);
}

TEST_F(mapping, reads_what_the_driver_wrote)
{
	struct vmremap_sample_fill fill = { .seed = 4711 };
	size_t first = self->first * PAGE_SIZE, wrong = 0;

	ASSERT_EQ(0, ioctl(self->fd, VMREMAP_SAMPLE_FILL, &fill));
	for (size_t i = 0; i < self->size && first + i < self->bytes; i++)
		wrong += (__u8)self->map[i] !=
			 vmremap_sample_byte(fill.seed, first + i);
	EXPECT_EQ(0, wrong);
}

TEST_F(mapping, driver_reads_what_was_written)
{
	const unsigned char *all = map_pages(self->fd, DATA_PAGE, self->area_pages);
	struct vmremap_sample_sum sum = {};
	__u64 want = VMREMAP_SAMPLE_CHECKSUM_INIT;

	ASSERT_NE(MAP_FAILED, all);
	for (size_t i = 0; i < self->size; i++)
		self->map[i] = i % 251;
	for (size_t i = 0; i < self->bytes; i++)
		want = vmremap_sample_checksum(want, all[i]);

	ASSERT_EQ(0, ioctl(self->fd, VMREMAP_SAMPLE_SUM, &sum));
	EXPECT_EQ(want, sum.checksum);
}

/* Two mappings of a file show the same bytes, in both directions. */
TEST_F(mapping, shared_between_processes)
{
	ASSERT_EQ(0, in_child(!map_and_renumber(self->fd, DATA_PAGE + self->first, self->pages)));
	EXPECT_TRUE(all_right(self->map, 1000, self->pages));
}

/* Each open file has areas of its own, which are zeroed. */
TEST_F(mapping, apart_from_other_openers)
{
	int fd = sample_open();
	char *other = map_pages(fd, DATA_PAGE + self->first, self->pages);
	size_t wrong = 0;

	ASSERT_NE(MAP_FAILED, other);
	for (size_t n = 0; n < self->pages; n++)
		wrong += *page_word(other, n) != 0;
	EXPECT_EQ(0, wrong);
	memset(other, 0xff, self->size);
	EXPECT_TRUE(all_right(self->map, 0, self->pages));
	ASSERT_EQ(0, munmap(other, self->pages * PAGE_SIZE));
	close(fd);
}

TEST_F(mapping, inherited_by_fork)
{
	ASSERT_EQ(0, in_child(!renumber(self->map, self->pages)));
	EXPECT_TRUE(all_right(self->map, 1000, self->pages));
}

/* The child's mapping works after the parent has unmapped its own. */
TEST_F(mapping, child_outlives_parent_mapping)
{
	int pipefd[2];
	char go = 1;
	pid_t pid;

	ASSERT_EQ(0, pipe(pipefd));
	pid = start_child(read(pipefd[0], &go, 1) != 1 ||
			  !all_right(self->map, 0, self->pages));
	ASSERT_EQ(0, munmap(self->map, self->size));
	ASSERT_EQ(1, write(pipefd[1], &go, 1));
	EXPECT_EQ(0, wait_for(pid));
}

TEST_F(mapping, mremap_moves)
{
	char *to = mmap(NULL, self->size + PAGE_SIZE, PROT_NONE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *map;

	ASSERT_NE(MAP_FAILED, to);
	/* Move by a page, so that no PMD can be moved as a whole. */
	to += PAGE_SIZE;
	map = mremap(self->map, self->size, self->size,
		     MREMAP_MAYMOVE | MREMAP_FIXED, to);
	ASSERT_EQ(to, map);
	EXPECT_EQ(SIGSEGV, touch(self->map, false));
	EXPECT_TRUE(all_right(map, 0, self->pages));

	/* Pages that the move or a zap has unmapped are faulted in at the new address. */
	EXPECT_EQ(0, madvise(map, self->size, MADV_DONTNEED));
	EXPECT_TRUE(all_right(map, 0, self->pages));
	self->map = map;
}

/* Move a part in the middle, which leaves a hole between two VMAs. */
TEST_F(mapping, mremap_moves_the_middle)
{
	size_t page = self->pages / 2;
	char *at = self->map + page * PAGE_SIZE;
	char *to = mmap(NULL, PAGE_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
			-1, 0);

	ASSERT_NE(MAP_FAILED, to);
	ASSERT_EQ(to, mremap(at, PAGE_SIZE, PAGE_SIZE,
			     MREMAP_MAYMOVE | MREMAP_FIXED, to));
	for (int again = 0; again < 2; again++) {
		EXPECT_EQ(page, *page_word(to, 0));
		EXPECT_TRUE(all_right(self->map, 0, page));
		EXPECT_EQ(SIGSEGV, touch(at, false));
		EXPECT_TRUE(all_right(at + PAGE_SIZE, page + 1,
				      self->pages - page - 1));
		madvise(to, PAGE_SIZE, MADV_DONTNEED);
		madvise(self->map, page * PAGE_SIZE, MADV_DONTNEED);
		madvise(at + PAGE_SIZE, (self->pages - page - 1) * PAGE_SIZE,
			MADV_DONTNEED);
	}
	EXPECT_EQ(0, munmap(to, PAGE_SIZE));
}

/* PolicyHeld: a mapping cannot grow. */
TEST_F(mapping, mremap_growth_refused)
{
	EXPECT_EQ(EFAULT, errno_of(mremap(self->map, self->size, self->size + PAGE_SIZE,
					  MREMAP_MAYMOVE)));
	EXPECT_TRUE(all_right(self->map, 0, self->pages));
}

/*
 * PolicyHeld: mremap() of 0 bytes, the old way to duplicate a mapping, counts as growth.
 */
TEST_F(mapping, mremap_duplicate_refused)
{
	EXPECT_EQ(EFAULT, errno_of(mremap(self->map, 0, self->size, MREMAP_MAYMOVE)));
	EXPECT_TRUE(all_right(self->map, 0, self->pages));
}

TEST_F(mapping, mremap_shrinks)
{
	size_t left = (self->pages + 1) / 2;

	ASSERT_EQ(self->map, mremap(self->map, self->size, left * PAGE_SIZE, 0));
	EXPECT_TRUE(all_right(self->map, 0, left));
	if (left < self->pages)
		EXPECT_EQ(SIGSEGV, touch(page_word(self->map, left), false));
	self->size = left * PAGE_SIZE;
}

TEST_F(mapping, mprotect_takes_write_and_gives_it_back)
{
	ASSERT_EQ(0, mprotect(self->map, self->size, PROT_READ));
	EXPECT_EQ(SIGSEGV, touch(self->map, true));
	EXPECT_TRUE(all_right(self->map, 0, self->pages));

	ASSERT_EQ(0, mprotect(self->map, self->size, PROT_NONE));
	EXPECT_EQ(SIGSEGV, touch(self->map, false));

	ASSERT_EQ(0, mprotect(self->map, self->size, PROT_READ | PROT_WRITE));
	EXPECT_EQ(0, touch(self->map, true));
	EXPECT_TRUE(all_right(self->map, 0, self->pages));
}

TEST_F(mapping, mprotect_of_one_page_in_the_middle)
{
	size_t page = self->pages / 2;
	char *at = self->map + page * PAGE_SIZE;

	ASSERT_EQ(0, mprotect(at, PAGE_SIZE, PROT_READ));
	EXPECT_EQ(SIGSEGV, touch(at, true));
	EXPECT_TRUE(all_right(self->map, 0, self->pages));
	if (page)
		EXPECT_EQ(0, touch(self->map, true));

	ASSERT_EQ(0, mprotect(at, PAGE_SIZE, PROT_READ | PROT_WRITE));
	EXPECT_EQ(0, touch(at, true));
}

/* PolicyHeld: neither mmap() nor mprotect() makes a mapping executable. */
TEST_F(mapping, never_executable)
{
	EXPECT_EQ(EACCES, errno_of(mprotect(self->map, self->size, PROT_READ | PROT_EXEC)));
	EXPECT_EQ(EACCES, errno_of(mmap(NULL, self->size, PROT_READ | PROT_EXEC, MAP_SHARED,
					self->fd, (DATA_PAGE + self->first) * PAGE_SIZE)));
	EXPECT_TRUE(all_right(self->map, 0, self->pages));
}

/* For old programs, this personality lets PROT_READ imply PROT_EXEC. */
TEST_F(mapping, never_executable_by_personality)
{
	long old = syscall(SYS_personality, 0x0400000 /* READ_IMPLIES_EXEC */);
	char *map;

	ASSERT_LE(0, old);
	map = map_pages(self->fd, DATA_PAGE + self->first, self->pages);
	syscall(SYS_personality, old);
	if (map == MAP_FAILED) {
		EXPECT_EQ(EACCES, errno);
	} else {
		EXPECT_FALSE(vm_flag(map, "ex"));
		EXPECT_FALSE(vm_flag(map, "me"));
	}
}

/* PolicyHeld: its copies would silently differ from the area. */
TEST_F(mapping, private_and_writable_refused)
{
	off_t at = (DATA_PAGE + self->first) * PAGE_SIZE;
	char *map;

	EXPECT_EQ(EACCES, errno_of(mmap(NULL, self->size, PROT_READ | PROT_WRITE, MAP_PRIVATE,
					self->fd, at)));

	map = mmap(NULL, self->size, PROT_READ, MAP_PRIVATE, self->fd, at);
	ASSERT_NE(MAP_FAILED, map);
	EXPECT_TRUE(all_right(map, 0, self->pages));
	EXPECT_EQ(EACCES, errno_of(mprotect(map, self->size, PROT_READ | PROT_WRITE)));

	/* A private read-only mapping shows later writes, too. */
	*page_word(self->map, 0) = 99;
	EXPECT_EQ(99, *page_word(map, 0));
	EXPECT_EQ(0, munmap(map, self->size));
}

TEST_F(mapping, munmap_of_the_middle)
{
	size_t page = self->pages / 2;
	char *at = self->map + page * PAGE_SIZE;

	ASSERT_EQ(0, munmap(at, PAGE_SIZE));
	EXPECT_EQ(SIGSEGV, touch(at, false));
	EXPECT_TRUE(all_right(self->map, 0, page));
	EXPECT_TRUE(all_right(at + PAGE_SIZE, page + 1, self->pages - page - 1));

	/* The remaining pages are still faulted in, each in its place. */
	EXPECT_EQ(0, madvise(self->map, page * PAGE_SIZE, MADV_DONTNEED));
	EXPECT_EQ(0, madvise(at + PAGE_SIZE,
			     (self->pages - page - 1) * PAGE_SIZE, MADV_DONTNEED));
	EXPECT_TRUE(all_right(self->map, 0, page));
	EXPECT_TRUE(all_right(at + PAGE_SIZE, page + 1, self->pages - page - 1));

	/* The hole can be mapped again. */
	EXPECT_EQ(at, mmap(at, PAGE_SIZE, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_FIXED, self->fd,
			   (DATA_PAGE + self->first + page) * PAGE_SIZE));
	EXPECT_TRUE(all_right(self->map, 0, self->pages));
}

TEST_F(mapping, dontneed_comes_back)
{
	for (size_t n = 0; n < self->pages; n += 7) {
		ASSERT_EQ(0, madvise(page_word(self->map, n), PAGE_SIZE,
				     MADV_DONTNEED));
		EXPECT_EQ(n, *page_word(self->map, n));
	}
	EXPECT_TRUE(all_right(self->map, 0, self->pages));

	ASSERT_EQ(0, madvise(self->map, self->size, MADV_DONTNEED));
	*page_word(self->map, self->pages - 1) = self->pages - 1;
	EXPECT_TRUE(all_right(self->map, 0, self->pages));
}

/* No advice may change or lose a byte, whether it is refused or not. */
TEST_F(mapping, advice_loses_nothing)
{
	static const int advice[] = {
		MADV_RANDOM, MADV_SEQUENTIAL, MADV_WILLNEED, MADV_COLD,
		MADV_PAGEOUT, MADV_FREE, MADV_REMOVE, MADV_MERGEABLE,
		MADV_HUGEPAGE, 25 /* MADV_COLLAPSE */, MADV_NOHUGEPAGE,
		MADV_POPULATE_READ, MADV_POPULATE_WRITE, MADV_DODUMP,
	};

	for (size_t n = 0; n < ARRAY_SIZE(advice); n++) {
		madvise(self->map, self->size, advice[n]);
		EXPECT_TRUE(all_right(self->map, 0, self->pages))
			TH_LOG("after advice %d", advice[n]);
		madvise(self->map, self->size, MADV_DONTNEED);
		EXPECT_TRUE(all_right(self->map, 0, self->pages))
			TH_LOG("after advice %d and a zap", advice[n]);
	}
}

/* mmap(2) chooses an address at which PMDs can map the large folios. */
TEST_F(mapping, placed_for_huge_pages)
{
	size_t size = sample_bytes(self->fd) / PMD_SIZE * PMD_SIZE;
	char *map;

	if (access(THP, F_OK))
		SKIP(return, NO_THP);
	map = map_pages(self->fd, DATA_PAGE, size / PAGE_SIZE);
	ASSERT_NE(MAP_FAILED, map);
	for (size_t n = 0; n < size; n += PAGE_SIZE)
		__atomic_load_n(map + n, __ATOMIC_RELAXED);
	/* In Linux 6.1, no PMD maps an area that can be revoked, such as that of the samples. */
	EXPECT_EQ(is_series("Linux 6.1") ? 0 : size / 1024, smaps_kib(map, "FilePmdMapped"));
	EXPECT_EQ(0, munmap(map, size));
}

/*
 * If the program disables transparent huge pages, everything is mapped page by page. In Linux 6.1,
 * PMDs map the page cache of any file nevertheless.
 */
TEST_F(mapping, without_huge_pages)
{
	ASSERT_EQ(0, prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0));
	ASSERT_EQ(0, madvise(self->map, self->size, MADV_DONTNEED));
	EXPECT_TRUE(all_right(self->map, 0, self->pages));
	if (!is_series("Linux 6.1"))
		EXPECT_GE(0, smaps_kib(self->map, "FilePmdMapped"));
}

TEST_F(mapping, mlock)
{
	long before = 0, after = 0;

	/* Twice, because the first time, the code takes page faults, too. */
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, madvise(self->map, self->size, MADV_DONTNEED));
		ASSERT_EQ(0, mlock(self->map, self->size));
		before = faults();
		EXPECT_TRUE(all_right(self->map, 0, self->pages));
		after = faults();
		EXPECT_EQ(0, munlock(self->map, self->size));
	}
	EXPECT_EQ(before, after);
}

TEST_F(mapping, populate)
{
	char *map = mmap(NULL, self->size, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_POPULATE, self->fd,
			 (DATA_PAGE + self->first) * PAGE_SIZE);
	void *maps[] = { self->map, map };
	long before = 0, after = 1;

	ASSERT_NE(MAP_FAILED, map);
	/* First the mapping that is not populated, so that the code takes no page faults later. */
	for (size_t i = 0; i < ARRAY_SIZE(maps); i++) {
		before = faults();
		for (size_t n = 0; n < self->pages; n++)
			*page_word(maps[i], n) += 500;
		after = faults();
	}
	EXPECT_EQ(before, after);
	EXPECT_TRUE(all_right(self->map, 1000, self->pages));
	EXPECT_EQ(0, munmap(map, self->size));
}

TEST_F(mapping, flags_in_proc)
{
	/* Make all pages resident, for the count below. */
	EXPECT_TRUE(all_right(self->map, 0, self->pages));

	EXPECT_TRUE(vm_flag(self->map, "sh"));
	EXPECT_TRUE(vm_flag(self->map, "mw"));
	EXPECT_TRUE(vm_flag(self->map, "de"));
	EXPECT_TRUE(vm_flag(self->map, "dd"));
	/* Pages of a pfn map could not be pinned. */
	EXPECT_FALSE(vm_flag(self->map, "pf"));
	EXPECT_FALSE(vm_flag(self->map, "io"));
	EXPECT_FALSE(vm_flag(self->map, "ex"));
	EXPECT_FALSE(vm_flag(self->map, "me"));
	EXPECT_EQ(self->size / 1024, smaps_kib(self->map, "Rss"));
}

/* /proc/self/maps shows "[vmremap]" and "rw-s". */
TEST_F(mapping, line_in_proc)
{
	char line[512], perms[8], path[256];
	unsigned long start, end;
	bool found = false;

	for_each_line(line, "/proc/self/maps") {
		if (sscanf(line, "%lx-%lx %7s %*s %*s %*s %255s", &start, &end,
			   perms, path) != 4)
			continue;
		if ((char *)start != self->map)
			continue;
		found = true;
		EXPECT_EQ(self->size, end - start);
		EXPECT_STREQ("rw-s", perms);
		EXPECT_STREQ("anon_inode:[vmremap]", path);
	}
	EXPECT_TRUE(found);
}

TEST_F(mapping, outlives_the_file)
{
	ASSERT_EQ(0, close(self->fd));
	EXPECT_TRUE(all_right(self->map, 0, self->pages));
	ASSERT_EQ(0, madvise(self->map, self->size, MADV_DONTNEED));
	EXPECT_TRUE(all_right(self->map, 0, self->pages));
	self->fd = sample_open();
	EXPECT_LE(0, self->fd);
}

struct racer {
	char *map;
	size_t pages;
	bool zap;
	size_t wrong;
	size_t rounds;
	bool *stop;
};

static void *race(void *arg)
{
	struct racer *racer = arg;

	while (!__atomic_load_n(racer->stop, __ATOMIC_RELAXED)) {
		if (racer->zap)
			madvise(racer->map, racer->pages * PAGE_SIZE,
				MADV_DONTNEED);
		else
			racer->wrong += wrong_pages(racer->map, racer->pages, 0);
		__atomic_fetch_add(&racer->rounds, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

/* AnyThread: concurrent faults and zaps of the same pages, on all CPUs. */
TEST_F(mapping, faults_race_with_zaps)
{
	struct racer racers[4];
	pthread_t threads[ARRAY_SIZE(racers)];
	bool stop = false;

	for (size_t n = 0; n < ARRAY_SIZE(racers); n++) {
		racers[n] = (struct racer) {
			.map = self->map, .pages = self->pages, .zap = !n,
			.stop = &stop,
		};
		ASSERT_EQ(0, pthread_create(&threads[n], NULL, race, &racers[n]));
	}
	for (size_t n = 0; n < ARRAY_SIZE(racers); n++)
		EXPECT_TRUE(eventually(__atomic_load_n(&racers[n].rounds, __ATOMIC_RELAXED) >= 20));
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (size_t n = 0; n < ARRAY_SIZE(racers); n++) {
		ASSERT_EQ(0, pthread_join(threads[n], NULL));
		EXPECT_EQ(0, racers[n].wrong);
	}
}

/* Valid and invalid offsets into the whole data area. */
FIXTURE(offsets) {
	int fd;
	size_t pages;
	char *map;
};

FIXTURE_SETUP(offsets)
{
	self->fd = sample_open();
	if (self->fd < 0 && errno == ENOENT)
		SKIP(return, "there is no %s", sample_path());
	ASSERT_LE(0, self->fd);
	self->pages = (sample_bytes(self->fd) + PAGE_SIZE - 1) / PAGE_SIZE;
	self->map = map_pages(self->fd, DATA_PAGE, self->pages);
	ASSERT_NE(MAP_FAILED, self->map);
	for (size_t n = 0; n < self->pages; n++)
		*page_word(self->map, n) = n;
}

FIXTURE_TEARDOWN(offsets)
{
	munmap(self->map, self->pages * PAGE_SIZE);
	close(self->fd);
}

/* RightPage: a mapping from each offset on shows the right pages. */
TEST_F(offsets, every_legal_one)
{
	for (size_t first = 0; first < self->pages; first++) {
		size_t lengths[] = { 1, (self->pages - first + 1) / 2,
				     self->pages - first };

		for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
			size_t pages = lengths[i];
			char *map = map_pages(self->fd, DATA_PAGE + first, pages);

			ASSERT_NE(MAP_FAILED, map)
				TH_LOG("%zu pages at %zu: %m", pages, first);
			ASSERT_EQ(first, *page_word(map, 0));
			ASSERT_EQ(first + pages - 1, *page_word(map, pages - 1));
			ASSERT_EQ(0, munmap(map, pages * PAGE_SIZE));
		}
	}
}

TEST_F(offsets, one_page_too_many)
{
	for (size_t first = 0; first < self->pages; first++) {
		EXPECT_EQ(EINVAL, errno_of(map_pages(self->fd, DATA_PAGE + first,
						     self->pages - first + 1)));
	}
}

TEST_F(offsets, past_the_end)
{
	size_t far[] = { self->pages, self->pages + 1, 2 * self->pages + 512,
			 1UL << 30 };

	for (size_t i = 0; i < ARRAY_SIZE(far); i++)
		EXPECT_EQ(EINVAL, errno_of(map_pages(self->fd, DATA_PAGE + far[i], 1)));
}

TEST_F(offsets, tail_of_the_last_page_is_shared_too)
{
	char *map = map_pages(self->fd, DATA_PAGE + self->pages - 1, 1);

	ASSERT_NE(MAP_FAILED, map);
	map[PAGE_SIZE - 1] = 42;
	EXPECT_EQ(42, self->map[self->pages * PAGE_SIZE - 1]);
	map[PAGE_SIZE - 1] = 0;
}

/* Two adjacent mappings with adjacent offsets. */
TEST_F(offsets, neighbours)
{
	size_t half = self->pages / 2, pages = 2 * half;
	char *at, *one, *two;

	if (!half)
		SKIP(return, "the data area has only one page");
	at = mmap(NULL, pages * PAGE_SIZE, PROT_NONE,
		  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, at);
	one = mmap(at, half * PAGE_SIZE, PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_FIXED, self->fd, VMREMAP_SAMPLE_DATA);
	ASSERT_EQ(at, one);
	two = mmap(at + half * PAGE_SIZE, half * PAGE_SIZE,
		   PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, self->fd,
		   VMREMAP_SAMPLE_DATA + half * PAGE_SIZE);
	ASSERT_EQ(at + half * PAGE_SIZE, two);

	EXPECT_TRUE(all_right(at, 0, pages));
	ASSERT_EQ(0, madvise(at, pages * PAGE_SIZE, MADV_DONTNEED));
	EXPECT_TRUE(all_right(at, 0, pages));
	ASSERT_EQ(0, munmap(at, half * PAGE_SIZE));
	EXPECT_TRUE(all_right(two, half, half));
	ASSERT_EQ(0, munmap(two, half * PAGE_SIZE));
}

/* The control page, which programs may only read. */
FIXTURE(control) {
	int fd;
	const struct vmremap_sample_control *control;
};

FIXTURE_SETUP(control)
{
	self->fd = sample_open();
	if (self->fd < 0 && errno == ENOENT)
		SKIP(return, "there is no %s", sample_path());
	ASSERT_LE(0, self->fd);
	self->control = sample_control(self->fd);
	ASSERT_NE(MAP_FAILED, self->control);
}

FIXTURE_TEARDOWN(control)
{
	munmap((void *)self->control, sizeof(*self->control));
	close(self->fd);
}

static int map_control(int fd, int prot, int flags)
{
	void *map = mmap(NULL, PAGE_SIZE, prot, flags, fd, VMREMAP_SAMPLE_CONTROL);

	if (map == MAP_FAILED)
		return errno;
	munmap(map, PAGE_SIZE);
	return 0;
}

TEST_F(control, refuses_writers)
{
	int rw = PROT_READ | PROT_WRITE;

	EXPECT_EQ(0, map_control(self->fd, PROT_READ, MAP_SHARED));
	EXPECT_EQ(0, map_control(self->fd, PROT_READ, MAP_PRIVATE));
	EXPECT_EQ(EACCES, map_control(self->fd, PROT_WRITE, MAP_SHARED));
	EXPECT_EQ(EACCES, map_control(self->fd, rw, MAP_SHARED));
	EXPECT_EQ(EACCES, map_control(self->fd, rw, MAP_PRIVATE));
	EXPECT_EQ(EACCES, map_control(self->fd, PROT_READ | PROT_EXEC, MAP_SHARED));
	EXPECT_EQ(0, map_control(self->fd, PROT_READ, MAP_SHARED));
}

/* PolicyHeld: mprotect() cannot add the write permission that mmap() refuses. */
TEST_F(control, mprotect_cannot_add_write)
{
	EXPECT_EQ(SIGSEGV, touch((void *)self->control, true));
	EXPECT_EQ(EACCES, errno_of(mprotect((void *)self->control, PAGE_SIZE,
					    PROT_READ | PROT_WRITE)));
	EXPECT_EQ(EACCES, errno_of(mprotect((void *)self->control, PAGE_SIZE, PROT_WRITE)));
	EXPECT_EQ(SIGSEGV, touch((void *)self->control, true));
	EXPECT_EQ(0, touch((void *)self->control, false));
	EXPECT_FALSE(vm_flag(self->control, "mw"));
}

/* PolicyHeld: /proc/PID/mem, by which a debugger writes to read-only memory, fails. */
TEST_F(control, proc_mem_cannot_write)
{
	struct vmremap_sample_control old = *self->control, new = { 1, 2, 3 };
	void *private = mmap(NULL, PAGE_SIZE, PROT_READ, MAP_PRIVATE, self->fd,
			     VMREMAP_SAMPLE_CONTROL);
	int fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);

	ASSERT_NE(MAP_FAILED, private);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-1, pwrite(fd, &new, sizeof(new), (off_t)self->control));
	EXPECT_EQ(-1, pwrite(fd, &new, sizeof(new), (off_t)private));
	EXPECT_EQ(sizeof(old), pread(fd, &new, sizeof(new), (off_t)self->control));
	EXPECT_EQ(0, memcmp(&old, &new, sizeof(old)));
	EXPECT_EQ(0, memcmp(&old, self->control, sizeof(old)));
	close(fd);
}

/* A file that was opened for reading cannot be mapped writable. */
TEST_F(control, needs_a_writable_file)
{
	int fd = open(sample_path(), O_RDONLY | O_CLOEXEC);

	ASSERT_LE(0, fd);
	EXPECT_EQ(EACCES, errno_of(map_pages(fd, DATA_PAGE, 1)));
	EXPECT_EQ(0, map_control(fd, PROT_READ, MAP_SHARED));
	close(fd);
}

TEST_F(control, follows_the_driver)
{
	struct vmremap_sample_control old = *self->control;
	struct vmremap_sample_fill fill = { .seed = 3 };
	struct vmremap_sample_sum sum = {};

	EXPECT_EQ(0, old.sequence % 2);
	ASSERT_EQ(0, ioctl(self->fd, VMREMAP_SAMPLE_FILL, &fill));
	EXPECT_EQ(old.sequence + 2, self->control->sequence);
	EXPECT_EQ(old.bytes, self->control->bytes);
	ASSERT_EQ(0, ioctl(self->fd, VMREMAP_SAMPLE_SUM, &sum));
	EXPECT_EQ(old.sequence + 4, self->control->sequence);
	EXPECT_EQ(sum.checksum, self->control->checksum);
}

TEST_F(control, comes_back)
{
	struct vmremap_sample_control old = *self->control;

	ASSERT_EQ(0, madvise((void *)self->control, PAGE_SIZE, MADV_DONTNEED));
	EXPECT_EQ(0, memcmp(&old, self->control, sizeof(old)));
}

TEST_F(control, one_page_only)
{
	EXPECT_EQ(EINVAL, errno_of(mmap(NULL, 2 * PAGE_SIZE, PROT_READ, MAP_SHARED, self->fd,
					VMREMAP_SAMPLE_CONTROL)));
	EXPECT_EQ(EINVAL, errno_of(mmap(NULL, PAGE_SIZE, PROT_READ, MAP_SHARED, self->fd,
					VMREMAP_SAMPLE_CONTROL + PAGE_SIZE)));
}

TEST_F(control, unknown_ioctl)
{
	EXPECT_EQ(ENOTTY, errno_of(ioctl(self->fd, _IO('v', 0x6f), 0)));
	EXPECT_EQ(EFAULT, errno_of(ioctl(self->fd, VMREMAP_SAMPLE_FILL, NULL)));
	EXPECT_EQ(EFAULT, errno_of(ioctl(self->fd, VMREMAP_SAMPLE_SUM, NULL)));
}

#ifdef __x86_64__
/* ioctl() as called by a 32-bit program. */
TEST_F(control, compat_ioctl)
{
	struct vmremap_sample_sum *sum =
		mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	long ret;

	ASSERT_NE(MAP_FAILED, sum);
	asm volatile("int $0x80"
		     : "=a" (ret)
		     : "a" (54), "b" (self->fd), "c" (VMREMAP_SAMPLE_SUM), "d" (sum)
		     : "memory", "r8", "r9", "r10", "r11");
	EXPECT_EQ(0, ret);
	EXPECT_EQ(self->control->checksum, sum->checksum);
}
#endif

/* NoSharedRef: whatever a program writes to head and tail, at most one full ring is read. */
TEST(rings_of_a_liar)
{
	static const struct {
		__u32 head, tail, answered, count;
	} lies[] = {
		{ 0, 0, 0, 0 },
		{ 0, 7, 0, 7 },
		{ 5, 4, 0, VMREMAP_SAMPLE_MESSAGES },
		{ 0, VMREMAP_SAMPLE_MESSAGES + 1, 3, VMREMAP_SAMPLE_MESSAGES },
		{ UINT32_MAX - 2, 2, UINT32_MAX, 5 },
		{ 1U << 31, 0, 1U << 31, VMREMAP_SAMPLE_MESSAGES },
	};
	int fd = sample_open();
	struct vmremap_sample_rings *rings;

	ASSERT_LE(0, fd);
	rings = map_pages(fd, DATA_PAGE, (sizeof(*rings) + PAGE_SIZE - 1) / PAGE_SIZE);
	ASSERT_NE(MAP_FAILED, rings);
	for (size_t i = 0; i < VMREMAP_SAMPLE_MESSAGES; i++)
		rings->requests.messages[i] = i;
	for (size_t i = 0; i < sizeof(lies) / sizeof(*lies); i++) {
		rings->requests.head = lies[i].head;
		rings->requests.tail = lies[i].tail;
		rings->answers.tail = lies[i].answered;
		EXPECT_EQ(lies[i].count, ioctl(fd, VMREMAP_SAMPLE_ECHO)) TH_LOG("lie %zu", i);
		EXPECT_EQ(lies[i].head + lies[i].count, rings->requests.head);
		EXPECT_EQ(lies[i].answered + lies[i].count, rings->answers.tail);
		for (__u32 n = 0; n < lies[i].count; n++)
			ASSERT_EQ(~(__u64)((lies[i].head + n) % VMREMAP_SAMPLE_MESSAGES),
				  rings->answers.messages[(lies[i].answered + n) %
							  VMREMAP_SAMPLE_MESSAGES]);
	}
	munmap(rings, sizeof(*rings));
	close(fd);
}

TEST_HARNESS_MAIN

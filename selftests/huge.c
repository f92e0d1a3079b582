// SPDX-License-Identifier: GPL-2.0
/* Mappings by PMD: they exist, and do not change the behaviour of a mapping. */

#include <sys/prctl.h>

#include "cpu.h"
#include "plan.h"

#define AREA 0
#define PMD_PAGES (PMD_SIZE / PAGE_SIZE)
#define PMDS 4UL
/* The area ends with a few pages that are too few for a PMD. */
#define PAGES (PMDS * PMD_PAGES + 5)
#define SIZE (PAGES * PAGE_SIZE)
#define PMD_KIB ((long)(PMD_SIZE / 1024))

FIXTURE(huge) {
	char enabled[16];
	int fd;
	char *map;
};

FIXTURE_VARIANT(huge) {
	const char *device;
	const char *enabled;
	bool pieces;
};

FIXTURE_VARIANT_ADD(huge, mmap_always) { TEST_MMAP, "always" };
FIXTURE_VARIANT_ADD(huge, mmap_madvise) { TEST_MMAP, "madvise" };
FIXTURE_VARIANT_ADD(huge, mmap_never) { TEST_MMAP, "never" };
FIXTURE_VARIANT_ADD(huge, prepare_always) { TEST_PREPARE, "always" };
FIXTURE_VARIANT_ADD(huge, prepare_madvise) { TEST_PREPARE, "madvise" };
FIXTURE_VARIANT_ADD(huge, prepare_never) { TEST_PREPARE, "never" };
FIXTURE_VARIANT_ADD(huge, pieces_always) { TEST_MMAP, "always", .pieces = true };

/* The kernel has a function for pieces from Linux 6.15 on. Looked up once, before all tests. */
static bool maps_pieces;

static __attribute__((constructor)) void look_for_function(void)
{
	maps_pieces = kernel_symbol("vmf_insert_folio_pmd");
}

#define NO_PMDS_FOR_PIECES "this kernel has no vmf_insert_folio_pmd()"

/* Map two rows of the area's pages to one VMA, one behind the other. */
static char *map_two(int fd, size_t from, size_t pages, size_t second, size_t more, int flags)
{
	struct vmremap_test_plan plan = { .count = 2, .calls = { {
		.function = VMREMAP_TEST_RANGE_PARTIAL, .slot = AREA,
		.pgoff = from, .size = pages * PAGE_SIZE,
	}, {
		.function = VMREMAP_TEST_RANGE_PARTIAL, .slot = AREA,
		.pgoff = second, .size = more * PAGE_SIZE, .uaddr = pages * PAGE_SIZE,
	} } };

	return map_plan(fd, &plan, pages + more, RW, flags);
}

static char *map_pieces(int fd)
{
	return map_two(fd, 0, 2 * PMD_PAGES, 2 * PMD_PAGES, PAGES - 2 * PMD_PAGES, MAP_SHARED);
}

/* Set huge pages to "always", "madvise" or "never", and return the previous setting in @before. */
static bool enable(const char *when, char before[16])
{
	char text[64], *word;

	word = read_text(THP, text, sizeof(text)) ? strchr(text, '[') : NULL;
	return word && sscanf(word, "[%15[a-z]", before) == 1 && write_text(THP, when);
}

FIXTURE_SETUP(huge)
{
	self->fd = open_or_skip(_metadata, variant->device);
	if (access(THP, F_OK))
		SKIP(return, NO_THP);
	if (variant->pieces && !maps_pieces)
		SKIP(return, NO_PMDS_FOR_PIECES);
	ASSERT_TRUE(enable(variant->enabled, self->enabled));

	ASSERT_EQ(0, memory_alloc(self->fd, AREA, VMREMAP_TEST_AREA, SIZE, 0));
	ASSERT_EQ(0, memory_poke(self->fd, AREA, PAGES, 100));
	self->map = variant->pieces ? map_pieces(self->fd) : map_area(self->fd, AREA, 0, PAGES);
	ASSERT_NE(MAP_FAILED, self->map);
}

FIXTURE_TEARDOWN(huge)
{
	if (self->enabled[0])
		write_text(THP, self->enabled);
	close(self->fd);
}

static size_t wrong(char *map, size_t from, size_t to)
{
	return wrong_pages(page_word(map, from), to - from, 100 + from);
}

/* Number of PMDs that map the mapping at @map. */
static long pmds(char *map)
{
	return smaps_kib(map, "FilePmdMapped") / PMD_KIB;
}

/*
 * One fault also maps the PMDs around the address, if the kernel may use huge pages. It takes two
 * faults if the boundary of a window lies between them. In a VMA of pieces, each PMD takes one.
 */
TEST_F(huge, one_fault_maps_a_pmd)
{
	bool all = !strcmp(variant->enabled, "always") && !variant->pieces;
	long before;

	EXPECT_EQ(0, (long)self->map % PMD_SIZE);
	EXPECT_EQ(0, wrong(self->map, 0, PAGES));
	ASSERT_EQ(0, madvise(self->map, SIZE, MADV_DONTNEED));

	before = faults();
	EXPECT_EQ(0, wrong(self->map, 0, PMDS * PMD_PAGES));
	EXPECT_GE(all ? 2 : (long)PMDS, faults() - before);
	EXPECT_EQ(PMDS, pmds(self->map));
}

TEST_F(huge, writes_reach_the_kernel)
{
	for (size_t n = 0; n < PAGES; n++)
		*page_word(self->map, n) = 7 + n;
	EXPECT_EQ(PMDS, pmds(self->map));
	EXPECT_EQ(0, memory_peek(self->fd, AREA, PAGES, 7));
}

TEST_F(huge, comes_back_as_a_pmd)
{
	EXPECT_EQ(0, wrong(self->map, 0, PAGES));
	ASSERT_EQ(0, madvise(self->map, SIZE, MADV_DONTNEED));
	EXPECT_EQ(0, pmds(self->map));
	EXPECT_EQ(0, wrong(self->map, 0, PAGES));
	EXPECT_EQ(PMDS, pmds(self->map));
}

TEST_F(huge, zap_of_a_page_in_a_pmd)
{
	EXPECT_EQ(0, wrong(self->map, 0, PAGES));
	ASSERT_EQ(0, madvise(page_word(self->map, PMD_PAGES + 3), PAGE_SIZE,
			     MADV_DONTNEED));
	EXPECT_EQ(PMDS - 1, pmds(self->map));
	EXPECT_EQ(0, wrong(self->map, 0, PAGES));
}

TEST_F(huge, munmap_of_a_page_in_a_pmd)
{
	char *after = (char *)page_word(self->map, PMD_PAGES + 4);

	EXPECT_EQ(0, wrong(self->map, 0, PAGES));
	ASSERT_EQ(0, munmap(page_word(self->map, PMD_PAGES + 3), PAGE_SIZE));
	EXPECT_EQ(0, wrong(self->map, 0, PMD_PAGES + 3));
	EXPECT_EQ(0, wrong(self->map, PMD_PAGES + 4, PAGES));
	EXPECT_EQ(1, pmds(self->map));
	EXPECT_EQ(PMDS - 2, pmds(after));

	/* Zap both sides: a fault must not map the hole again. */
	ASSERT_EQ(0, madvise(self->map, (PMD_PAGES + 3) * PAGE_SIZE,
			     MADV_DONTNEED));
	ASSERT_EQ(0, madvise(after, (PAGES - PMD_PAGES - 4) * PAGE_SIZE,
			     MADV_DONTNEED));
	EXPECT_EQ(0, wrong(self->map, 0, PMD_PAGES + 3));
	EXPECT_EQ(SIGSEGV, touch(page_word(self->map, PMD_PAGES + 3), false));
	EXPECT_EQ(0, wrong(self->map, PMD_PAGES + 4, PAGES));
}

TEST_F(huge, mprotect_splits_a_pmd)
{
	char *page = (char *)page_word(self->map, PMD_PAGES + 3);

	EXPECT_EQ(0, wrong(self->map, 0, PAGES));
	ASSERT_EQ(0, mprotect(page, PAGE_SIZE, PROT_READ));
	EXPECT_EQ(SIGSEGV, touch(page, true));
	EXPECT_EQ(0, touch(page - PAGE_SIZE, true));
	EXPECT_EQ(0, touch(page + PAGE_SIZE, true));
	EXPECT_EQ(0, wrong(self->map, 0, PAGES));
	ASSERT_EQ(0, mprotect(page, PAGE_SIZE, RW));
	EXPECT_EQ(0, touch(page, true));
	EXPECT_EQ(0, wrong(self->map, 0, PAGES));
}

TEST_F(huge, mprotect_of_all)
{
	EXPECT_EQ(0, wrong(self->map, 0, PAGES));
	ASSERT_EQ(0, mprotect(self->map, SIZE, PROT_READ));
	EXPECT_EQ(SIGSEGV, touch(self->map, true));
	EXPECT_EQ(PMDS, pmds(self->map));
	ASSERT_EQ(0, mprotect(self->map, SIZE, RW));
	EXPECT_EQ(0, touch(self->map, true));
	EXPECT_EQ(PMDS, pmds(self->map));
}

/* While the kernel tracks writes, it write-protects what is mapped, and what a fault maps. */
TEST_F(huge, soft_dirty)
{
	EXPECT_EQ(0, wrong(self->map, 0, PAGES));
	if (!write_text("/proc/self/clear_refs", "4"))
		SKIP(return, "this kernel does not track writes");
	for (size_t n = 0; n < PAGES; n += PMD_PAGES / 2)
		*page_word(self->map, n) = 100 + n;
	ASSERT_EQ(0, madvise(self->map, SIZE, MADV_DONTNEED));
	for (size_t n = 0; n < PAGES; n += PMD_PAGES / 2)
		*page_word(self->map, n) = 100 + n;
	EXPECT_EQ(0, wrong(self->map, 0, PAGES));
	EXPECT_EQ(0, memory_peek(self->fd, AREA, PAGES, 100));
}

/* Move to an address where PMDs still fit, and to one where they do not. */
TEST_F(huge, mremap)
{
	char *room = mmap(NULL, SIZE + 2 * PMD_SIZE, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *to, *map = self->map;

	ASSERT_NE(MAP_FAILED, room);
	EXPECT_EQ(0, wrong(map, 0, PAGES));
	for (size_t shift = 0; shift < 2; shift++) {
		to = room + (-(unsigned long)room % PMD_SIZE) + shift * PAGE_SIZE;
		ASSERT_EQ(to, mremap(map, SIZE, SIZE,
				     MREMAP_MAYMOVE | MREMAP_FIXED, to));
		EXPECT_EQ(0, wrong(to, 0, PAGES));
		ASSERT_EQ(0, madvise(to, SIZE, MADV_DONTNEED));
		EXPECT_EQ(0, wrong(to, 0, PAGES));
		EXPECT_EQ(shift ? 0 : PMDS, pmds(to));

		/* Move it back for the next round. */
		map = mremap(to, SIZE, SIZE, MREMAP_MAYMOVE | MREMAP_FIXED,
			     self->map);
		ASSERT_EQ(self->map, map);
		EXPECT_EQ(0, wrong(map, 0, PAGES));
	}
}

TEST_F(huge, fork)
{
	EXPECT_EQ(0, wrong(self->map, 0, PAGES));
	EXPECT_EQ(0, in_child(({
		bool right = !wrong(self->map, 0, PAGES);

		*page_word(self->map, 9) = 9;
		!right || pmds(self->map) != PMDS;
	})));
	EXPECT_EQ(9, *page_word(self->map, 9));
}

/* The address is congruent to an offset that is no multiple of a PMD. */
TEST_F(huge, offset)
{
	struct vmremap_test_plan plan = {
		.count = 1, .calls = { { .pgoff = 1 } },
	};
	char *map;

	ASSERT_EQ(0, ioctl(self->fd, VMREMAP_TEST_SET_PLAN, &plan));
	map = map_pages(self->fd, 1, PAGES - 1);
	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(PAGE_SIZE, (long)map % PMD_SIZE);
	EXPECT_EQ(0, wrong(map - PAGE_SIZE, 1, PAGES));
	EXPECT_EQ(PMDS - 1, pmds(map));
	EXPECT_EQ(0, munmap(map, SIZE - PAGE_SIZE));
}

TEST_F(huge, populate)
{
	long before;
	char *map;

	/* Run this code once, so that it takes no page faults later. */
	EXPECT_EQ(0, wrong(self->map, 0, PAGES));

	ASSERT_EQ(0, memory_alloc(self->fd, AREA + 1, VMREMAP_TEST_AREA, SIZE,
				  VMREMAP_POPULATE));
	ASSERT_EQ(0, memory_poke(self->fd, AREA + 1, PAGES, 100));
	map = map_area(self->fd, AREA + 1, 0, PAGES);
	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(PMDS, pmds(map));
	before = faults();
	EXPECT_EQ(0, wrong(map, 0, PAGES));
	EXPECT_EQ(before, faults());
	*page_word(map, 0) = 1;
	EXPECT_TRUE(FIRST_WRITE_FAULTS || before == faults());
	EXPECT_EQ(0, munmap(map, SIZE));
}

/* PMDs that one fault maps: a window, aligned in the area. */
#define AROUND 32L
#define ROW (AROUND + 8)
#define ROW_PAGES (ROW * PMD_PAGES)
/* A multiple of what a table of PMDs maps: it has PAGE_SIZE / 8 entries, or 2048 on s390. */
#define PUD_SIZE (PAGE_SIZE / 2 * PMD_SIZE)

FIXTURE(row) {
	char enabled[16];
	int fd;
	char *room;
};

FIXTURE_VARIANT(row) {
	const char *device;
};

FIXTURE_VARIANT_ADD(row, mmap) { TEST_MMAP };
FIXTURE_VARIANT_ADD(row, prepare) { TEST_PREPARE };

FIXTURE_SETUP(row)
{
	self->fd = open_or_skip(_metadata, variant->device);
	if (access(THP, F_OK))
		SKIP(return, NO_THP);
	ASSERT_TRUE(enable("always", self->enabled));
	ASSERT_EQ(0, memory_alloc(self->fd, AREA, VMREMAP_TEST_AREA, ROW * PMD_SIZE, 0));
	ASSERT_EQ(0, memory_poke(self->fd, AREA, ROW_PAGES, 100));
	self->room = mmap(NULL, 3 * PUD_SIZE, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	ASSERT_NE(MAP_FAILED, self->room);
	self->room += PUD_SIZE + -(unsigned long)self->room % PUD_SIZE;
}

FIXTURE_TEARDOWN(row)
{
	if (self->enabled[0])
		write_text(THP, self->enabled);
	close(self->fd);
}

/*
 * Map ROW PMDs that begin @before PMDs before the end of a table of PMDs, and access the one at
 * @touched. This fault must map @around of them from @first on; the others take their own faults.
 */
static void touch_in_row(struct __test_metadata *_metadata, int fd, char *room, long before,
			 long touched, long first, long around)
{
	struct vmremap_test_plan plan = {
		.count = 1, .calls = { { .function = VMREMAP_TEST_AREA_MMAP } },
	};
	char *row = room - before * PMD_SIZE;
	long faulted;

	ASSERT_EQ(0, ioctl(fd, VMREMAP_TEST_SET_PLAN, &plan));
	ASSERT_EQ(row, mmap(row, ROW * PMD_SIZE, RW, MAP_SHARED | MAP_FIXED, fd, 0));
	/* Run this code once, so that it takes no page faults later. */
	EXPECT_EQ(0, wrong(row, 0, 0));
	EXPECT_EQ(100 + touched * PMD_PAGES, *page_word(row, touched * PMD_PAGES));
	EXPECT_EQ(around, pmds(row));
	faulted = faults();
	EXPECT_EQ(0, wrong(row, first * PMD_PAGES, (first + around) * PMD_PAGES));
	EXPECT_EQ(faulted, faults());
	EXPECT_EQ(0, wrong(row, 0, ROW_PAGES));
	EXPECT_EQ(ROW, pmds(row));
	ASSERT_EQ(0, munmap(row, ROW * PMD_SIZE));
}

/* RightPage: a fault maps neighbours on both sides, within its window and its table of PMDs. */
TEST_F(row, one_fault_maps_the_neighbours)
{
	static const long touched[] = { 0, 1, 20, AROUND - 1 };

	for (size_t n = 0; n < ARRAY_SIZE(touched); n++) {
		touch_in_row(_metadata, self->fd, self->room, 0, touched[n], 0, AROUND);
		if (touched[n] < 10)
			touch_in_row(_metadata, self->fd, self->room, 10, touched[n], 0, 10);
		else
			touch_in_row(_metadata, self->fd, self->room, 10, touched[n], 10,
				     AROUND - 10);
	}
	touch_in_row(_metadata, self->fd, self->room, 0, AROUND, AROUND, ROW - AROUND);
	touch_in_row(_metadata, self->fd, self->room, 0, ROW - 1, AROUND, ROW - AROUND);
	touch_in_row(_metadata, self->fd, self->room, 10, ROW - 2, AROUND, ROW - AROUND);
}

/* RightPage: populating ends with the mapping, even if another one follows in the same table. */
TEST_F(row, populate_ends_where_the_mapping_does)
{
	struct vmremap_test_plan plan = { .count = 1, .calls = { {
		.function = VMREMAP_TEST_AREA_MMAP, .slot = AREA + 1,
	} } };
	const size_t pages = 2 * PMD_PAGES, size = pages * PAGE_SIZE;

	ASSERT_EQ(0, memory_alloc(self->fd, AREA + 1, VMREMAP_TEST_AREA, size, VMREMAP_POPULATE));
	ASSERT_EQ(0, memory_poke(self->fd, AREA + 1, pages, 100));
	ASSERT_EQ(0, ioctl(self->fd, VMREMAP_TEST_SET_PLAN, &plan));
	for (int n = 1; n >= 0; n--) {
		char *map = self->room + n * size;

		ASSERT_EQ(map, mmap(map, size, RW, MAP_SHARED | MAP_FIXED, self->fd, 0));
		EXPECT_EQ(2, pmds(map));
	}
	EXPECT_EQ(0, wrong(self->room, 0, pages));
	EXPECT_EQ(0, wrong(self->room + size, 0, pages));
	ASSERT_EQ(0, munmap(self->room, 2 * size));
}

/* /proc/meminfo counts the memory as FileHugePages, like all file memory that PMDs can map. */
TEST_F(huge, is_counted)
{
	long before = memory_kib("FileHugePages");

	ASSERT_EQ(0, memory_alloc(self->fd, AREA + 1, VMREMAP_TEST_AREA, SIZE, 0));
	EXPECT_EQ(before + PMDS * PMD_KIB, memory_kib("FileHugePages"));
	ASSERT_EQ(0, memory_free(self->fd, AREA + 1));
	EXPECT_EQ(before, memory_kib("FileHugePages"));
}

/* In Linux 6.1, PMDs map the page cache of any file nevertheless. */
TEST_F(huge, refused_by_the_program)
{
	ASSERT_EQ(0, prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0));
	EXPECT_EQ(0, wrong(self->map, 0, PAGES));
	EXPECT_EQ(is_series("Linux 6.1") ? PMDS : 0, pmds(self->map));
	for (size_t n = 0; n < PAGES; n++)
		*page_word(self->map, n) = 7 + n;
	EXPECT_EQ(0, memory_peek(self->fd, AREA, PAGES, 7));
	prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0);
}

/* For mappings that only .mmap can make. */
FIXTURE(special) {
	int fd;
};

FIXTURE_SETUP(special)
{
	self->fd = open_or_skip(_metadata, TEST_MMAP);
	ASSERT_EQ(0, memory_alloc(self->fd, AREA, VMREMAP_TEST_AREA, SIZE, 0));
	ASSERT_EQ(0, memory_poke(self->fd, AREA, PAGES, 100));
}

FIXTURE_TEARDOWN(special)
{
	close(self->fd);
}

/* PagesOutlive: a mixed map is mapped without PMDs, because splitting one leaks a reference. */
TEST_F(special, mixed_map)
{
	struct vmremap_test_call call = { .flags = VMREMAP_TEST_MIXEDMAP };
	char *map = map_call(self->fd, &call, PAGES, RW, MAP_SHARED);

	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(0, wrong(map, 0, PAGES));
	EXPECT_EQ(0, pmds(map));
	ASSERT_EQ(0, mprotect(page_word(map, 3), PAGE_SIZE, PROT_READ));
	EXPECT_EQ(0, munmap(map, SIZE));
	EXPECT_EQ(PAGES, memory_references(self->fd, AREA));
}

/* A ring that is mapped twice, one behind the other, so that reads need not wrap. */
TEST_F(special, mirrored)
{
	char *map = map_two(self->fd, 0, 2 * PMD_PAGES, 0, 2 * PMD_PAGES, MAP_SHARED);
	__u64 *word = page_word(map, 7), *mirror = page_word(map, 2 * PMD_PAGES + 7);

	if (access(THP, F_OK))
		SKIP(return, NO_THP);
	if (!maps_pieces)
		SKIP(return, NO_PMDS_FOR_PIECES);
	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(0, wrong(map, 0, 2 * PMD_PAGES));
	EXPECT_EQ(0, wrong(map + 2 * PMD_SIZE, 0, 2 * PMD_PAGES));
	EXPECT_EQ(4, pmds(map));
	/* The compiler does not know that both are the same memory. */
	__atomic_store_n(word, 1, __ATOMIC_RELAXED);
	EXPECT_EQ(1, __atomic_load_n(mirror, __ATOMIC_RELAXED));

	/* Split one half, and let the rest be. */
	ASSERT_EQ(0, munmap(page_word(map, 9), PAGE_SIZE));
	EXPECT_EQ(1, __atomic_load_n(word, __ATOMIC_RELAXED));
	EXPECT_EQ(0, wrong(map, 10, 2 * PMD_PAGES));
	EXPECT_EQ(1, __atomic_load_n(mirror, __ATOMIC_RELAXED));
	EXPECT_EQ(3, pmds((char *)page_word(map, 10)));
	ASSERT_EQ(0, munmap(map, 4 * PMD_SIZE));
	EXPECT_EQ(PAGES, memory_references(self->fd, AREA));
}

/* RightPage: parts whose folios do not match the addresses are mapped page by page. */
TEST_F(special, pieces_off_by_a_page)
{
	char *map = map_two(self->fd, 1, PMD_PAGES, 1 + PMD_PAGES, 2 * PMD_PAGES, MAP_SHARED);

	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(0, wrong(map - PAGE_SIZE, 1, 1 + 3 * PMD_PAGES));
	EXPECT_EQ(0, pmds(map));
	ASSERT_EQ(0, munmap(map, 3 * PMD_SIZE));
}

/* The kernel calls .huge_fault only if huge pages are enabled. */
TEST_F(special, pieces_without_huge_pages)
{
	char enabled[16], *map;

	if (access(THP, F_OK))
		SKIP(return, NO_THP);
	ASSERT_TRUE(enable("never", enabled));
	map = map_pieces(self->fd);
	EXPECT_NE(MAP_FAILED, map);
	if (map != MAP_FAILED) {
		EXPECT_EQ(0, wrong(map, 0, PAGES));
		EXPECT_EQ(0, pmds(map));
	}
	ASSERT_TRUE(write_text(THP, enabled));
}

/* Parts of a private mapping are mapped by PMD until they are written to. */
TEST_F(special, private_pieces)
{
	char *map = map_two(self->fd, 0, 2 * PMD_PAGES, 2 * PMD_PAGES, 2 * PMD_PAGES,
			    MAP_PRIVATE);

	if (access(THP, F_OK))
		SKIP(return, NO_THP);
	if (!maps_pieces)
		SKIP(return, NO_PMDS_FOR_PIECES);
	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(0, wrong(map, 0, 4 * PMD_PAGES));
	EXPECT_EQ(4, pmds(map));
	*page_word(map, 3) = 1;
	EXPECT_EQ(3, pmds(map));
	EXPECT_EQ(1, *page_word(map, 3));
	EXPECT_EQ(0, wrong(map, 4, 4 * PMD_PAGES));
	EXPECT_EQ(0, memory_peek(self->fd, AREA, PAGES, 100));
	ASSERT_EQ(0, munmap(map, 4 * PMD_SIZE));
}

/* A private writable mapping of an area, which only vmremap_range() can make. */
TEST_F(special, private_copies)
{
	struct vmremap_test_call call = { .function = VMREMAP_TEST_RANGE };
	char *map = map_call(self->fd, &call, PAGES, RW, MAP_PRIVATE);

	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(0, wrong(map, 0, PAGES));
	for (size_t n = 0; n < PAGES; n += 3)
		*page_word(map, n) = 1;
	for (size_t n = 0; n < PAGES; n++)
		EXPECT_EQ(n % 3 ? 100 + n : 1, *page_word(map, n));
	EXPECT_EQ(0, memory_peek(self->fd, AREA, PAGES, 100));
	EXPECT_EQ(0, munmap(map, SIZE));
}

/* Fragment memory from each CPU in turn, because each has its own list of free pages. */
static int fragment(int fd, int order)
{
	int cpus = sysconf(_SC_NPROCESSORS_ONLN), ret = 0;

	for (int cpu = 0; cpu < 2 * cpus && !ret; cpu++)
		ret = run_on(cpu % cpus) ?: ioctl(fd, VMREMAP_TEST_FRAGMENT, order);
	return ret;
}

#define MANY_PMDS 32L
#define MANY_PAGES (MANY_PMDS * PMD_PAGES + 5)

/* Number of PMDs that map a new area, or -1 if its pages are wrong. */
static long pmds_of_new_area(int fd)
{
	size_t size = MANY_PAGES * PAGE_SIZE;
	char *map = MAP_FAILED;
	bool right = false;
	long count = -1;

	if (!memory_alloc(fd, AREA, VMREMAP_TEST_AREA, size, 0) &&
	    !memory_poke(fd, AREA, MANY_PAGES, 100))
		map = map_area(fd, AREA, 0, MANY_PAGES);
	if (map != MAP_FAILED) {
		right = !wrong(map, 0, MANY_PAGES);
		count = pmds(map);
		right &= !madvise(map, size, MADV_DONTNEED);
		right &= !wrong(map, 0, MANY_PAGES);
		munmap(map, size);
	}
	memory_free(fd, AREA);
	return right ? count : -1;
}

/*
 * Areas use the free blocks that there are: first of 8 pages, then of one, then large ones again.
 * A few large blocks may remain, for example after compaction.
 */
TEST(fragmented)
{
	static const int orders[] = { 4, 1 };
	int fd = open(TEST_PREPARE, O_RDWR | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		SKIP(return, "%s", why_no_device());
	if (access(THP, F_OK))
		SKIP(return, NO_THP);
	ASSERT_LE(0, fd);
	for (size_t n = 0; n < ARRAY_SIZE(orders); n++) {
		int pages = open(TEST_MMAP, O_RDWR | O_CLOEXEC);
		long count = MANY_PMDS;

		/* Memory that was in use at the first try may be free at the next. */
		for (int tries = 0; tries < 5 && count >= MANY_PMDS / 2; tries++) {
			int err = errno_of(fragment(pages, orders[n]));

			if (err == EOPNOTSUPP)
				SKIP(return, "KMSAN itself needs large blocks");
			ASSERT_EQ(0, err);
			count = pmds_of_new_area(fd);
			ASSERT_LE(0, count);
		}
		EXPECT_GT(MANY_PMDS / 2, count);
		close(pages);
	}
	EXPECT_EQ(MANY_PMDS, pmds_of_new_area(fd));
	close(fd);
}

TEST_HARNESS_MAIN

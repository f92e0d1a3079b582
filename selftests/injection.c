// SPDX-License-Identifier: GPL-2.0
/*
 * Run each operation on each kind of mapping, and fail its first allocation, then its second, and
 * so on. The operation must return ENOMEM and leave everything as it was, or succeed without that
 * memory.
 */

#include "areas.h"
#include "plan.h"
#include "sample.h"

/* A folio that a PMD maps, and one that finish_fault() maps as a whole. */
#define BLOCK_PAGES 16UL
#define AREA_PAGES (PMD_SIZE / PAGE_SIZE + BLOCK_PAGES)

/* The first word of the first page. */
#define STAMP 1000

/* Far from all other mappings, so that every page table has to be allocated. */
#define PLACE ((char *)0x200000000000UL)
#define ASIDE ((char *)0x300000000000UL)
/* An address that is not aligned for large folios. */
#define MISALIGNED (PLACE + PMD_SIZE - 3 * PAGE_SIZE)

enum operation {
	LOAD,
	OPEN,
	ALLOC,
	/* The operations after these two work on a mapping that one of the two has made. */
	MAP,
	MAP_MISALIGNED,
	READ,
	WRITE,
	TOUCH,
	FORK,
	MPROTECT,
	MUNMAP,
	MREMAP,
	OPERATIONS
};

static const char * const operation_names[] = {
	[LOAD] = "module's init",
	[OPEN] = "open",
	[ALLOC] = "alloc",
	[MAP] = "map",
	[MAP_MISALIGNED] = "map misaligned",
	[READ] = "fault to read",
	[WRITE] = "fault to write",
	[TOUCH] = "load and store",
	[FORK] = "fork",
	[MPROTECT] = "mprotect in the middle",
	[MUNMAP] = "munmap in the middle",
	[MREMAP] = "mremap of the middle",
};

/* Counts for each operation, shared by all test processes. */
static struct {
	unsigned long failed;
	unsigned long told;
} (*sites)[OPERATIONS];

static bool set(const char *name, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/kernel/debug/failslab/%s", name);
	if (!write_text(path, value))
		return false;
	snprintf(path, sizeof(path), "/sys/kernel/debug/fail_page_alloc/%s", name);
	return write_text(path, value);
}

/* Set an address of the stack filter of fault injection. */
static bool set_address(const char *name, unsigned long addr)
{
	char value[32];

	snprintf(value, sizeof(value), "0x%lx", addr);
	return set(name, value);
}

/*
 * Count every allocation, except those that kmemleak makes for its own records. Its functions
 * for other code lie between these two symbols.
 */
static bool set_up(void)
{
	return !access("/proc/self/fail-nth", W_OK) &&
	       set("ignore-gfp-wait", "N") && set("verbose", "0") &&
	       write_text("/sys/kernel/debug/fail_page_alloc/ignore-gfp-highmem", "N") &&
	       write_text("/sys/kernel/debug/fail_page_alloc/min-order", "0") &&
	       set_address("reject-start", kernel_symbol("kmemleak_alloc")) &&
	       set_address("reject-end", kernel_symbol("kmemleak_no_scan"));
}

static bool ready;

static __attribute__((constructor)) void prepare(void)
{
	sites = mmap(NULL, sizeof(*sites), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (sites == MAP_FAILED)
		abort();
	ready = set_up();
}

static void inject(int fd, unsigned int nth)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", nth);

	if (pwrite(fd, text, len, 0) != len)
		abort();
}

/* Was the allocation reached? Also ends the injection. */
static bool injected(int fd)
{
	char text[16] = "";

	if (pread(fd, text, sizeof(text) - 1, 0) <= 0)
		abort();
	inject(fd, 0);
	return !atoi(text);
}

/*
 * Returns whether the allocation was reached. Only then may the operation have failed, with @err.
 */
static bool judge(struct __test_metadata *_metadata, int fd, enum operation op,
		  int err)
{
	bool reached = injected(fd);

	if (err) {
		ASSERT_TRUE(reached) TH_LOG("%s", strerror(err));
		/* platform_device_add() returns EINVAL if there is no memory for the name. */
		if (op != LOAD || err != EINVAL)
			ASSERT_EQ(ENOMEM, err);
	}
	(*sites)[op].failed += reached;
	(*sites)[op].told += !!err;
	return reached;
}

/* Bytes of our devices that this process has mapped. */
static size_t mapped(void)
{
	unsigned long start, end;
	char line[512];
	size_t sum = 0;

	for_each_line(line, "/proc/self/maps")
		if ((strstr(line, "/dev/vmremap-") || strstr(line, "[vmremap]")) &&
		    sscanf(line, "%lx-%lx ", &start, &end) == 2)
			sum += end - start;
	return sum;
}

/* Like memory_poke(), for a device without that call. */
static void fill_sample(struct __test_metadata *_metadata, int fd, size_t pages)
{
	char *map = map_pages(fd, DATA_PAGE, pages);

	ASSERT_NE(MAP_FAILED, map);
	for (size_t n = 0; n < pages; n++)
		*page_word(map, n) = STAMP + n;
	ASSERT_EQ(0, munmap(map, pages * PAGE_SIZE));
}

/* A kind of mapping. A device that has memory of its own needs no calls. */
struct kind {
	const char *device;
	int flags;
	off_t offset;
	__u32 memory;
	__u32 area_flags;
	struct vmremap_test_plan plan;
};

struct subject {
	const struct kind *kind;
	int fd;
	int nth;
	long areas;
	size_t pages;
	size_t size;
};

#define CALL(f) { .count = 1, .calls = { { .function = (f) } } }

static const struct kind area_mmap = {
	.device = TEST_MMAP, .flags = MAP_SHARED,
	.plan = CALL(VMREMAP_TEST_AREA_MMAP),
};

static const struct kind area_prepare = {
	.device = TEST_PREPARE, .flags = MAP_SHARED,
	.plan = CALL(VMREMAP_TEST_AREA_MMAP),
};

static const struct kind area_mmap_populate = {
	.device = TEST_MMAP, .flags = MAP_SHARED,
	.area_flags = VMREMAP_POPULATE | VMREMAP_ACCOUNT,
	.plan = CALL(VMREMAP_TEST_AREA_MMAP),
};

static const struct kind area_prepare_populate = {
	.device = TEST_PREPARE, .flags = MAP_SHARED,
	.area_flags = VMREMAP_POPULATE | VMREMAP_ACCOUNT,
	.plan = CALL(VMREMAP_TEST_AREA_MMAP),
};

static const struct kind range = {
	.device = TEST_MMAP, .flags = MAP_SHARED,
	.plan = CALL(VMREMAP_TEST_RANGE),
};

static const struct kind range_private = {
	.device = TEST_MMAP, .flags = MAP_PRIVATE,
	.plan = CALL(VMREMAP_TEST_RANGE),
};

static const struct kind range_foreign = {
	.device = TEST_MMAP, .flags = MAP_SHARED,
	.memory = VMREMAP_TEST_VMALLOC_USER,
	.plan = CALL(VMREMAP_TEST_RANGE),
};

#define HALF (AREA_PAGES / 2 * PAGE_SIZE)

static const struct kind partial = {
	.device = TEST_MMAP, .flags = MAP_SHARED,
	.plan = {
		.count = 2,
		.calls = {
			{
				.function = VMREMAP_TEST_RANGE_PARTIAL,
				.size = HALF,
			}, {
				.function = VMREMAP_TEST_RANGE_PARTIAL,
				.uaddr = HALF, .kaddr = HALF,
				.size = AREA_PAGES * PAGE_SIZE - HALF,
			},
		},
	},
};

static const struct kind sample_c = {
	.device = "/dev/vmremap-sample-c", .flags = MAP_SHARED,
	.offset = VMREMAP_SAMPLE_DATA,
};

static const struct kind sample_c_mmap = {
	.device = "/dev/vmremap-sample-c-mmap", .flags = MAP_SHARED,
	.offset = VMREMAP_SAMPLE_DATA,
};

static const struct kind sample_rust = {
	.device = "/dev/vmremap-sample-rust", .flags = MAP_SHARED,
	.offset = VMREMAP_SAMPLE_DATA,
};

static void subject_open(struct __test_metadata *_metadata, struct subject *s,
			 const struct kind *kind)
{
	s->kind = kind;
	s->fd = open(kind->device, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, s->fd) TH_LOG("%s: %m", kind->device);
	s->nth = open("/proc/self/fail-nth", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, s->nth);

	s->areas = areas();
	s->pages = AREA_PAGES;
	if (kind->plan.count) {
		ASSERT_EQ(0, ioctl(s->fd, VMREMAP_TEST_SET_PLAN, &kind->plan));
	} else {
		s->pages = (sample_bytes(s->fd) + PAGE_SIZE - 1) / PAGE_SIZE;
		fill_sample(_metadata, s->fd, s->pages);
	}
	ASSERT_LE(2 * BLOCK_PAGES, s->pages);
	s->size = s->pages * PAGE_SIZE;
}

static void subject_close(struct subject *s)
{
	close(s->nth);
	close(s->fd);
}

static bool right(char *map, size_t first, size_t pages)
{
	size_t wrong = 0;

	for (size_t n = 0; n < pages; n++)
		wrong += *page_word(map, n) != STAMP + first + n;
	return !wrong;
}

static int map(const struct subject *s, char *at)
{
	return mmap(at, s->size, PROT_READ | PROT_WRITE,
		    s->kind->flags | MAP_FIXED_NOREPLACE, s->fd,
		    s->kind->offset) == at ? 0 : errno;
}

/* Populate a page of the folio that a PMD maps, and one of the smaller folio at the end. */
static int populate(const struct subject *s, int advice)
{
	return madvise(PLACE, PAGE_SIZE, advice) ? :
	       madvise(PLACE + s->size - BLOCK_PAGES * PAGE_SIZE, PAGE_SIZE,
		       advice);
}

static int fork_and_look(const struct subject *s)
{
	pid_t pid = start_child(!right(PLACE, 0, s->pages));

	if (pid < 0)
		return errno;
	return wait_for(pid) ? ECHILD : 0;
}

/* Perform the operation under test. Returns 0 or its errno. */
static int perform(const struct subject *s, enum operation op)
{
	char *middle = PLACE + s->pages / 2 * PAGE_SIZE;
	int ret = -1;

	switch (op) {
	case MAP:
		return map(s, PLACE);
	case MAP_MISALIGNED:
		return map(s, MISALIGNED);
	case READ:
		ret = populate(s, MADV_POPULATE_READ);
		break;
	case WRITE:
		ret = populate(s, MADV_POPULATE_WRITE);
		break;
	case TOUCH:
		/* A fault without memory is retried until it succeeds. */
		for (size_t n = 0; n < s->pages; n += 4 * BLOCK_PAGES)
			__atomic_store_n(page_word(PLACE, n), STAMP + n,
					 __ATOMIC_RELAXED);
		return 0;
	case FORK:
		return fork_and_look(s);
	case MPROTECT:
		ret = mprotect(middle, PAGE_SIZE, PROT_READ);
		break;
	case MUNMAP:
		ret = munmap(middle, PAGE_SIZE);
		break;
	case MREMAP:
		ret = mremap(middle, PAGE_SIZE, PAGE_SIZE,
			     MREMAP_MAYMOVE | MREMAP_FIXED, ASIDE) == ASIDE ? 0 : -1;
		break;
	default:
		break;
	}
	return ret ? errno : 0;
}

/* Check the mapping: @op must have taken effect, or if it has failed, not at all. */
static void look(struct __test_metadata *_metadata, const struct subject *s,
		 enum operation op, bool done, bool failed)
{
	char *at = op == MAP_MISALIGNED ? MISALIGNED : PLACE;
	size_t page = s->pages / 2;
	char *middle = at + page * PAGE_SIZE;
	bool hole = done && (op == MUNMAP || op == MREMAP);
	bool read_only = hole || (done && op == MPROTECT);

	ASSERT_TRUE(right(at, 0, page));
	ASSERT_TRUE(right(middle + PAGE_SIZE, page + 1, s->pages - page - 1));
	/* If mremap() has no memory to unmap the old range, it leaves it. */
	if (op != MREMAP || !failed) {
		ASSERT_EQ(hole ? SIGSEGV : 0, touch(middle, false));
		ASSERT_EQ(read_only ? SIGSEGV : 0, touch(middle, true));
	}
	if (!hole || op == MREMAP)
		ASSERT_TRUE(right(hole ? ASIDE : middle, page, 1));
}

/* Returns whether the allocation was reached. */
static bool fail_one(struct __test_metadata *_metadata,
		     const struct subject *s, enum operation op,
		     unsigned int nth)
{
	bool own_memory = s->kind->plan.count;
	bool reached, there = op > MAP_MISALIGNED;
	size_t before;
	int err;

	if (own_memory) {
		ASSERT_EQ(0, memory_alloc(s->fd, 0, s->kind->memory, s->size,
					  s->kind->area_flags));
		ASSERT_EQ(0, memory_poke(s->fd, 0, s->pages, STAMP));
	}
	if (there) {
		ASSERT_EQ(0, perform(s, MAP));
		ASSERT_EQ(s->size, mapped());
	}
	/* These operations copy or move page table entries, so make some. */
	if (op >= FORK)
		ASSERT_EQ(0, perform(s, TOUCH));

	before = mapped();
	inject(s->nth, nth);
	err = perform(s, op);
	reached = judge(_metadata, s->nth, op, err);

	if (err)
		ASSERT_EQ(before, mapped());
	if (there || !err)
		look(_metadata, s, op, !err, reached);

	/* Unmap everything, and check that nothing is left. */
	ASSERT_EQ(0, munmap(PLACE, PMD_SIZE + s->size));
	ASSERT_EQ(0, munmap(ASIDE, PAGE_SIZE));
	ASSERT_EQ(0, mapped());
	if (own_memory) {
		ASSERT_EQ(s->pages, memory_references(s->fd, 0));
		ASSERT_EQ(0, memory_free(s->fd, 0));
	}
	ASSERT_EQ(s->areas, areas());
	return reached;
}

static void fail_each(struct __test_metadata *_metadata,
		      const struct subject *s, enum operation op)
{
	unsigned int nth = 1;

	while (fail_one(_metadata, s, op, nth))
		nth++;
	TH_LOG("%u allocations have failed", nth - 1);
}

FIXTURE(map) {
	struct subject subject;
};

FIXTURE_VARIANT(map) {
	const struct kind *kind;
};

FIXTURE_VARIANT_ADD(map, mmap) { &area_mmap };
FIXTURE_VARIANT_ADD(map, prepare) { &area_prepare };
FIXTURE_VARIANT_ADD(map, mmap_populate) { &area_mmap_populate };
FIXTURE_VARIANT_ADD(map, prepare_populate) { &area_prepare_populate };
FIXTURE_VARIANT_ADD(map, range) { &range };
FIXTURE_VARIANT_ADD(map, range_private) { &range_private };
FIXTURE_VARIANT_ADD(map, range_foreign) { &range_foreign };
FIXTURE_VARIANT_ADD(map, partial) { &partial };
FIXTURE_VARIANT_ADD(map, sample_c) { &sample_c };
FIXTURE_VARIANT_ADD(map, sample_c_mmap) { &sample_c_mmap };
FIXTURE_VARIANT_ADD(map, sample_rust) { &sample_rust };

FIXTURE_SETUP(map)
{
	if (!ready)
		SKIP(return, "the kernel has no fault injection");
	subject_open(_metadata, &self->subject, variant->kind);
}

FIXTURE_TEARDOWN(map)
{
	subject_close(&self->subject);
}

TEST_F(map, aligned)
{
	fail_each(_metadata, &self->subject, MAP);
}

TEST_F(map, misaligned)
{
	fail_each(_metadata, &self->subject, MAP_MISALIGNED);
}

/* A mapping of each kind that the kernel or vmremap treats differently. */
FIXTURE(mapping) {
	struct subject subject;
};

FIXTURE_VARIANT(mapping) {
	const struct kind *kind;
};

FIXTURE_VARIANT_ADD(mapping, mmap) { &area_mmap };
FIXTURE_VARIANT_ADD(mapping, prepare) { &area_prepare };
FIXTURE_VARIANT_ADD(mapping, range_private) { &range_private };
FIXTURE_VARIANT_ADD(mapping, range_foreign) { &range_foreign };
FIXTURE_VARIANT_ADD(mapping, partial) { &partial };
FIXTURE_VARIANT_ADD(mapping, sample_rust) { &sample_rust };

FIXTURE_SETUP(mapping)
{
	if (!ready)
		SKIP(return, "the kernel has no fault injection");
	subject_open(_metadata, &self->subject, variant->kind);
}

FIXTURE_TEARDOWN(mapping)
{
	subject_close(&self->subject);
}

TEST_F(mapping, fault_to_read)
{
	fail_each(_metadata, &self->subject, READ);
}

TEST_F(mapping, fault_to_write)
{
	fail_each(_metadata, &self->subject, WRITE);
}

TEST_F(mapping, touch)
{
	fail_each(_metadata, &self->subject, TOUCH);
}

TEST_F(mapping, fork)
{
	fail_each(_metadata, &self->subject, FORK);
}

TEST_F(mapping, mprotect_the_middle)
{
	fail_each(_metadata, &self->subject, MPROTECT);
}

TEST_F(mapping, munmap_the_middle)
{
	fail_each(_metadata, &self->subject, MUNMAP);
}

TEST_F(mapping, mremap_the_middle)
{
	fail_each(_metadata, &self->subject, MREMAP);
}

/* Allocate an area of one page, of blocks of several orders, or of many pages. */
FIXTURE(area) {
	int fd;
	int nth;
};

FIXTURE_VARIANT(area) {
	__u64 size;
	__u32 flags;
};

FIXTURE_VARIANT_ADD(area, small) { .size = 1 };
FIXTURE_VARIANT_ADD(area, odd) { .size = 31 * PAGE_SIZE - 1 };
FIXTURE_VARIANT_ADD(area, large) { .size = 3 * PMD_SIZE + PAGE_SIZE };
FIXTURE_VARIANT_ADD(area, accounted) {
	.size = AREA_PAGES * PAGE_SIZE, .flags = VMREMAP_ACCOUNT,
};

FIXTURE_SETUP(area)
{
	if (!ready)
		SKIP(return, "the kernel has no fault injection");
	self->fd = open(TEST_MMAP, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	self->nth = open("/proc/self/fail-nth", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->nth);
}

FIXTURE_TEARDOWN(area)
{
	close(self->nth);
	close(self->fd);
}

TEST_F(area, alloc)
{
	size_t pages = (variant->size + PAGE_SIZE - 1) / PAGE_SIZE;
	unsigned int nth = 0;
	long before = areas();
	bool reached;

	do {
		int err;

		inject(self->nth, ++nth);
		err = memory_alloc(self->fd, 0, VMREMAP_TEST_AREA, variant->size,
				   variant->flags);
		reached = judge(_metadata, self->nth, ALLOC, err);
		if (!err) {
			ASSERT_EQ(before + 1, areas());
			ASSERT_EQ(pages, memory_references(self->fd, 0));
			ASSERT_EQ(0, memory_free(self->fd, 0));
		}
		ASSERT_EQ(before, areas());
	} while (reached);
	TH_LOG("%u allocations have failed", nth - 1);
}

/* A driver that allocates when it is loaded and when it is opened. */
FIXTURE(driver) {
	size_t bytes;
	int nth;
};

FIXTURE_VARIANT(driver) {
	const char *device;
};

FIXTURE_VARIANT_ADD(driver, c) { "/dev/vmremap-sample-c" };
FIXTURE_VARIANT_ADD(driver, rust) { "/dev/vmremap-sample-rust" };

FIXTURE_SETUP(driver)
{
	int fd;

	if (!ready)
		SKIP(return, "the kernel has no fault injection");
	fd = open(variant->device, O_RDWR | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		SKIP(return, "there is no %s", variant->device);
	self->bytes = sample_bytes(fd);
	close(fd);
	self->nth = open("/proc/self/fail-nth", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->nth);
}

FIXTURE_TEARDOWN(driver)
{
	set_address("require-start", 0);
	close(self->nth);
	sample_load(variant->device, self->bytes);
}

TEST_F(driver, open)
{
	unsigned int nth = 0;
	long before = areas();
	bool reached;

	do {
		int fd;

		inject(self->nth, ++nth);
		fd = open(variant->device, O_RDWR | O_CLOEXEC);
		reached = judge(_metadata, self->nth, OPEN, fd < 0 ? errno : 0);
		if (fd >= 0) {
			ASSERT_EQ(before + 2, areas());
			close(fd);
		}
		ASSERT_EQ(before, areas());
	} while (reached);
	TH_LOG("%u allocations have failed", nth - 1);
}

TEST_F(driver, init)
{
	unsigned int nth = 0;
	long before = areas();
	bool reached;

	ASSERT_TRUE(eventually(!sample_unload(variant->device)));
	/* Fail only allocations by module code: those of the module loader are not under test. */
	ASSERT_TRUE(set_address("require-start", kernel_symbol("_etext")));
	do {
		int err;

		inject(self->nth, ++nth);
		err = sample_load(variant->device, 31 * PAGE_SIZE - 1) ? errno : 0;
		reached = judge(_metadata, self->nth, LOAD, err);
		if (!err)
			ASSERT_TRUE(eventually(!sample_unload(variant->device)));
		ASSERT_EQ(-1, access(variant->device, F_OK));
		ASSERT_EQ(before, areas());
	} while (reached);
	TH_LOG("%u allocations have failed", nth - 1);
}

/* Runs last, because fixtures run in this order. */
FIXTURE(afterwards) {};

FIXTURE_SETUP(afterwards)
{
	if (!ready)
		SKIP(return, "the kernel has no fault injection");
}

FIXTURE_TEARDOWN(afterwards)
{
}

TEST_F(afterwards, each_operation_had_some)
{
	for (enum operation op = 0; op < OPERATIONS; op++) {
		printf("# figure: %s: %lu allocations failed, %lu of them with ENOMEM\n",
		       operation_names[op], (*sites)[op].failed, (*sites)[op].told);
		EXPECT_NE(0, (*sites)[op].failed) TH_LOG("%s", operation_names[op]);
	}
}

TEST_HARNESS_MAIN

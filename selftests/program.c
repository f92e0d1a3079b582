// SPDX-License-Identifier: GPL-2.0
/* Programs with READ_IMPLIES_EXEC, futexes, build IDs, and areas in /proc/meminfo. */
#include <linux/elf.h>
#include <linux/futex.h>
#include <linux/perf_event.h>
#include <sys/personality.h>

#include "plan.h"

#define RET	0xc3

FIXTURE(program) {
	int fd;
};

FIXTURE_VARIANT(program) {
	const char *device;
};

FIXTURE_VARIANT_ADD(program, mmap) { .device = TEST_MMAP };
FIXTURE_VARIANT_ADD(program, mmap_prepare) { .device = TEST_PREPARE };
FIXTURE_VARIANT_ADD(program, nested) { .device = TEST_NESTED };

FIXTURE_SETUP(program)
{
	self->fd = open_or_skip(_metadata, variant->device);
}

FIXTURE_TEARDOWN(program)
{
	close(self->fd);
}

static void jump(void *addr)
{
	((void (*)(void))addr)();
}

/* Execute @addr. Returns the signal that this raised, or 0. */
static int execute(void *addr)
{
	return signal_of(jump, addr);
}

/*
 * PolicyHeld: if only READ_IMPLIES_EXEC asks for execution, the memory is mapped but not
 * executable, neither in pages that mmap() maps nor in pages that a fault maps.
 */
TEST_F(program, that_reads_what_it_executes)
{
	static const __u64 sizes[] = { 1, 600 };
	struct vmremap_test_call call = { .function = VMREMAP_TEST_AREA_MMAP };

	ASSERT_NE(-1, personality(READ_IMPLIES_EXEC));
	for (int i = 0; i < 2; i++) {
		__u64 pages = sizes[i];
		char *map;

		ASSERT_EQ(0, memory_alloc(self->fd, 0, VMREMAP_TEST_AREA,
					  pages * PAGE_SIZE, 0));
		ASSERT_EQ(0, memory_poke(self->fd, 0, pages, RET));
		map = map_area(self->fd, 0, 0, pages);
		ASSERT_NE(MAP_FAILED, map);
		EXPECT_FALSE(vm_flag(map, "ex"));
		EXPECT_FALSE(vm_flag(map, "me"));
		EXPECT_EQ(SIGSEGV, execute(map));
		EXPECT_EQ(RET, *page_word(map, 0));
		EXPECT_EQ(SIGSEGV, execute(map));
		ASSERT_EQ(0, mprotect(map, pages * PAGE_SIZE, PROT_READ));
		EXPECT_EQ(SIGSEGV, execute(map));
		ASSERT_EQ(0, munmap(map, pages * PAGE_SIZE));

		/* An explicit PROT_EXEC is refused. */
		EXPECT_EQ(EACCES, errno_of(map_call(self->fd, &call, pages, PROT_EXEC,
						    MAP_SHARED)));
		ASSERT_EQ(0, memory_free(self->fd, 0));
	}
}

static void executes_nothing(struct __test_metadata *_metadata, __u32 function)
{
	struct vmremap_test_plan plan = {
		.count = 1,
		.calls = { { .function = function, .size = PAGE_SIZE } },
	};
	int fd = open(TEST_MMAP, O_RDWR | O_CLOEXEC);
	char *map;

	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, memory_alloc(fd, 0, VMREMAP_TEST_AREA, 4 * PAGE_SIZE, 0));
	ASSERT_EQ(0, memory_poke(fd, 0, 4, RET));
	map = map_plan(fd, &plan, 4, PROT_READ, MAP_PRIVATE);
	ASSERT_NE(MAP_FAILED, map);
	EXPECT_FALSE(vm_flag(map, "ex"));
	EXPECT_EQ(SIGSEGV, execute(map));
	close(fd);
}

/* PolicyHeld: the same for vmremap_range(), and for a part of a VMA. */
TEST(drop_in_of_a_program_that_reads_what_it_executes)
{
	ASSERT_NE(-1, personality(READ_IMPLIES_EXEC));
	executes_nothing(_metadata, VMREMAP_TEST_RANGE);
	executes_nothing(_metadata, VMREMAP_TEST_RANGE_PARTIAL);
}

static long wake_shared(void *word)
{
	return syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* RightPage: processes can share a futex in an area, but not in memory of the stock function. */
TEST_F(program, futex_that_processes_share)
{
	struct vmremap_test_call call = { .function = VMREMAP_TEST_STOCK_RANGE, .slot = 1 };
	char *map;

	ASSERT_EQ(0, memory_alloc(self->fd, 0, VMREMAP_TEST_AREA, PAGE_SIZE, 0));
	map = map_area(self->fd, 0, 0, 1);
	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(0, wake_shared(map));

	if (strcmp(variant->device, TEST_MMAP))
		return;
	ASSERT_EQ(0, memory_alloc(self->fd, 1, VMREMAP_TEST_VMALLOC_USER, PAGE_SIZE, 0));
	map = map_call(self->fd, &call, 1, PROT_READ | PROT_WRITE, MAP_SHARED);
	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(EFAULT, errno_of(wake_shared(map)));
}

/* Is Cached in /proc/meminfo, to which each CPU adds later, in this range? */
static bool cached_is(long least, long most)
{
	long kib = memory_kib("Cached");

	return kib >= least && kib <= most;
}

/* /proc/meminfo counts an area's memory until it is freed. */
TEST_F(program, memory_is_in_a_total)
{
	const long kib = 65536, slack = 4096;
	long before = memory_kib("Cached");

	ASSERT_GT(before, 0);
	ASSERT_EQ(0, memory_alloc(self->fd, 0, VMREMAP_TEST_AREA, kib * 1024, 0));
	EXPECT_TRUE(eventually(cached_is(before + kib - slack, before + kib + slack)));
	ASSERT_EQ(0, memory_free(self->fd, 0));
	EXPECT_TRUE(eventually(cached_is(before - slack, before + slack)));
}

/* In the first page, an ELF file whose build ID is the first bytes of the second. */
static void write_elf(char *map)
{
	struct elf64_hdr *file = (struct elf64_hdr *)map;
	struct elf64_phdr *segment = (struct elf64_phdr *)(file + 1);
	struct elf64_note *note = (struct elf64_note *)(map + PAGE_SIZE - 16);

	memset(map, 0, PAGE_SIZE);
	memcpy(file->e_ident, ELFMAG, SELFMAG);
	file->e_ident[EI_CLASS] = ELFCLASS64;
	file->e_type = ET_DYN;
	file->e_phoff = sizeof(*file);
	file->e_phnum = 1;
	segment->p_type = PT_NOTE;
	segment->p_offset = PAGE_SIZE - 16;
	segment->p_filesz = 36;
	note->n_namesz = 4;
	note->n_descsz = 20;
	/* NT_GNU_BUILD_ID */
	note->n_type = 3;
	memcpy(note + 1, "GNU", 4);
}

static int open_perf(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE, .size = sizeof(attr), .config = PERF_COUNT_SW_DUMMY,
		.mmap_data = 1, .mmap2 = 1, .build_id = 1,
	};

	return syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

/* The start of a PERF_RECORD_MMAP2. */
struct mmap_record {
	struct perf_event_header header;
	__u32 pid, tid;
	__u64 addr;
};

/* Change a mapping, which perf_event_open(2) reports: with a build ID? -1: not at all. */
static int build_id_is_read(char *map)
{
	int fd = open_perf(), found = -1;
	char *ring = mmap(NULL, 2 * PAGE_SIZE, PROT_READ, MAP_SHARED, fd, 0);
	struct perf_event_mmap_page *head = (struct perf_event_mmap_page *)ring;
	__u64 size;

	if (ring == MAP_FAILED)
		return -1;
	mprotect(map, PAGE_SIZE, PROT_READ);
	size = __atomic_load_n(&head->data_head, __ATOMIC_ACQUIRE);
	/* The first is about the ring itself. */
	for (__u64 at = 0; at < size;) {
		struct mmap_record *record = (struct mmap_record *)(ring + PAGE_SIZE + at);

		if (record->header.type == PERF_RECORD_MMAP2 && record->addr == (__u64)map)
			found = !!(record->header.misc & PERF_RECORD_MISC_MMAP_BUILD_ID);
		at += record->header.size;
	}
	mprotect(map, PAGE_SIZE, PROT_READ | PROT_WRITE);
	munmap(ring, 2 * PAGE_SIZE);
	close(fd);
	return found;
}

/* What a program writes does not have the kernel read pages that are not mapped. */
TEST_F(program, that_writes_a_build_id)
{
	int fd = open_perf(), ordinary = memfd_create("build_id", MFD_CLOEXEC);
	char *map;

	if (fd < 0)
		SKIP(return, "perf_event_open(2): %s", strerror(errno));
	close(fd);

	ASSERT_EQ(0, ftruncate(ordinary, 2 * PAGE_SIZE));
	map = map_pages(ordinary, 0, 2);
	ASSERT_NE(MAP_FAILED, map);
	write_elf(map);
	memset(map + PAGE_SIZE, 1, PAGE_SIZE);
	/* Linux 6.1 reads only what is in the first page. */
	EXPECT_EQ(!is_series("Linux 6.1"), build_id_is_read(map));
	munmap(map, 2 * PAGE_SIZE);
	close(ordinary);

	ASSERT_EQ(0, memory_alloc(self->fd, 0, VMREMAP_TEST_AREA, 2 * PAGE_SIZE, 0));
	map = map_area(self->fd, 0, 0, 1);
	ASSERT_NE(MAP_FAILED, map);
	write_elf(map);
	EXPECT_EQ(0, build_id_is_read(map));
}

TEST_HARNESS_MAIN

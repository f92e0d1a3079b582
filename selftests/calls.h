/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A table of system calls on a mapping, with their outcomes. Each test makes one call on every
 * kind of mapping and compares the outcomes with the call's row in docs/program-calls.md, in the
 * section that has the name of the program.
 *
 * An outcome is the return value, "0" or an errno, and after a comma the side effects. A test
 * fails on any kind of mapping if the call writes to a read-only mapping, shows another page or
 * leaks a reference.
 */
#ifndef VMREMAP_SELFTESTS_CALLS_H
#define VMREMAP_SELFTESTS_CALLS_H

#include <stdarg.h>

#include "plan.h"

#define PAGE_OF_CALLS "/program-calls.md"
#define VALUE 0xabcd0000UL

/* One that is mapped by PTEs, and one by a PMD. */
static const size_t sizes[] = { 8, PMD_SIZE / PAGE_SIZE };

/* The columns of the table. */
enum mode { SHARED, READ_ONLY, PRIVATE, PRIVATE_READ, PIECES, MODES };

struct kind {
	const char *name;
	const char *device;
	enum mode mode;
	__u32 memory;
	__u32 function;
	__u32 flags;
	int prot;
	int share;
};

#define AREA(name, dev, mode, function, ...) \
	{ name, dev, mode, VMREMAP_TEST_AREA, VMREMAP_TEST_##function, __VA_ARGS__ }
#define HOOK(name, dev, mode, ...)	AREA(name, dev, mode, AREA_MMAP, __VA_ARGS__)
#define STOCK(name, mode, function, ...) \
	{ name, TEST_MMAP, mode, VMREMAP_TEST_VMALLOC_USER, VMREMAP_TEST_##function, 0, \
	  __VA_ARGS__ }

static const struct kind kinds[] = {
	HOOK(".mmap", TEST_MMAP, SHARED, 0, RW, MAP_SHARED),
	HOOK(".mmap_prepare", TEST_PREPARE, SHARED, 0, RW, MAP_SHARED),
	HOOK("nested", TEST_NESTED, SHARED, 0, RW, MAP_SHARED),
	AREA("drop-in", TEST_MMAP, SHARED, RANGE, 0, RW, MAP_SHARED),
	STOCK("remap_vmalloc_range()", SHARED, STOCK_RANGE, RW, MAP_SHARED),
	STOCK("vmalloc memory", SHARED, RANGE, RW, MAP_SHARED),

	HOOK(".mmap", TEST_MMAP, READ_ONLY, VMREMAP_RDONLY, PROT_READ, MAP_SHARED),
	HOOK(".mmap_prepare", TEST_PREPARE, READ_ONLY, VMREMAP_RDONLY, PROT_READ, MAP_SHARED),
	HOOK("nested", TEST_NESTED, READ_ONLY, VMREMAP_RDONLY, PROT_READ, MAP_SHARED),
	AREA("drop-in", TEST_MMAP, READ_ONLY, RANGE, VMREMAP_RDONLY, PROT_READ, MAP_SHARED),
	STOCK("remap_vmalloc_range()", READ_ONLY, STOCK_RANGE, PROT_READ, MAP_SHARED),
	STOCK("vmalloc memory", READ_ONLY, RANGE, PROT_READ, MAP_SHARED),

	AREA("drop-in", TEST_MMAP, PRIVATE, RANGE, 0, RW, MAP_PRIVATE),
	STOCK("remap_vmalloc_range()", PRIVATE, STOCK_RANGE, RW, MAP_PRIVATE),
	STOCK("vmalloc memory", PRIVATE, RANGE, RW, MAP_PRIVATE),

	HOOK(".mmap", TEST_MMAP, PRIVATE_READ, 0, PROT_READ, MAP_PRIVATE),
	HOOK(".mmap_prepare", TEST_PREPARE, PRIVATE_READ, 0, PROT_READ, MAP_PRIVATE),
	HOOK("nested", TEST_NESTED, PRIVATE_READ, 0, PROT_READ, MAP_PRIVATE),
	STOCK("remap_vmalloc_range()", PRIVATE_READ, STOCK_RANGE, PROT_READ, MAP_PRIVATE),
	STOCK("vmalloc memory", PRIVATE_READ, RANGE, PROT_READ, MAP_PRIVATE),

	AREA("pieces", TEST_MMAP, PIECES, RANGE_PARTIAL, 0, RW, MAP_SHARED),
	STOCK("remap_vmalloc_range()", PIECES, STOCK_RANGE, RW, MAP_SHARED),
	STOCK("vmalloc memory", PIECES, RANGE, RW, MAP_SHARED),
};

/* A mapping of one kind and size, on which a call is made. */
struct mapping {
	const struct kind *kind;
	char *addr;
	size_t pages;
	size_t size;
	int fd;
	size_t memory_pages;
	long number;		/* of the row */
	char outcome[200];
	const char *skip;	/* why the call cannot be made, or NULL */
	bool gone;		/* nothing is mapped at addr any more */
};

typedef void (*call_fn)(struct mapping *m);

struct row {
	const char *call;
	call_fn make;
	long number;
	struct row *next;
};

static struct row *rows;

/* One row of the table and its test. The function gets the number as m->number. */
#define ROW(name, text, function, value) \
static struct row name##_row = { .call = text, .make = function, .number = value }; \
static void __attribute__((constructor)) name##_add(void) \
{ \
	name##_row.next = rows; \
	rows = &name##_row; \
} \
TEST(call_##name) \
{ \
	check_row(_metadata, &name##_row); \
}

/* A row, followed by the body of its function. */
#define CALL(name, text) \
static void name##_call(struct mapping *m); \
ROW(name, text, name##_call, 0) \
static void name##_call(struct mapping *m)

static inline bool is_stock(const struct kind *kind)
{
	return kind->memory != VMREMAP_TEST_AREA;
}

/* Add to the outcome. */
static inline __printf(2, 3)
void say(struct mapping *m, const char *format, ...)
{
	size_t len = strlen(m->outcome);
	va_list args;

	if (len)
		len += snprintf(m->outcome + len, sizeof(m->outcome) - len, ", ");
	va_start(args, format);
	vsnprintf(m->outcome + len, sizeof(m->outcome) - len, format, args);
	va_end(args);
}

/* Add the return value of a system call, or its errno, to the outcome. */
static inline void say_result(struct mapping *m, long ret)
{
	if (ret == -1)
		say(m, "%s", strerrorname_np(errno));
	else
		say(m, "%ld", ret);
}

static const char *const signal_names[] = {
	[0] = "no signal", [SIGBUS] = "SIGBUS", [SIGSEGV] = "SIGSEGV",
};

/* Map the same memory again, at @addr or anywhere, with further flags. */
static inline char *map_again(struct mapping *m, void *addr, int flags)
{
	const struct kind *kind = m->kind;
	struct vmremap_test_plan plan = {
		.count = 1, .calls = { { .function = kind->function, .size = m->size } },
	};

	if (kind->function == VMREMAP_TEST_RANGE_PARTIAL) {
		plan.count = 2;
		plan.calls[1] = plan.calls[0];
		for (int i = 0; i < 2; i++) {
			plan.calls[i].size = m->size / 2;
			plan.calls[i].uaddr = i * m->size / 2;
			plan.calls[i].kaddr = i * m->size / 2;
		}
	}
	if (ioctl(m->fd, VMREMAP_TEST_SET_PLAN, &plan))
		return MAP_FAILED;
	return mmap(addr, m->size, kind->prot, kind->share | flags, m->fd, 0);
}

/* An access that the compiler neither omits nor predicts. */
static inline __u64 load(const void *addr)
{
	return __atomic_load_n((const __u64 *)addr, __ATOMIC_RELAXED);
}

static inline void store(void *addr, __u64 value)
{
	__atomic_store_n((__u64 *)addr, value, __ATOMIC_RELAXED);
}

static size_t other_pages;

static inline void read_pages(void *arg)
{
	struct mapping *m = arg;

	other_pages = 0;
	for (size_t n = 0; n < m->pages; n++)
		other_pages += load(page_word(m->addr, n)) != VALUE + n;
}

/* Write the bytes that are there already, so that nobody sees a change. */
static inline void write_pages(void *arg)
{
	struct mapping *m = arg;

	for (size_t n = 0; n < m->pages; n++)
		store(page_word(m->addr, n), VALUE + n);
}

/* Add the side effects of the call on the mapping to the outcome. */
static inline void say_what_is_left(struct mapping *m)
{
	bool writable = m->kind->prot & PROT_WRITE;
	int sig;

	if (m->gone)
		return;
	sig = signal_of(read_pages, m);
	if (sig)
		say(m, "%s to read", signal_names[sig]);
	else if (other_pages)
		say(m, "other bytes");
	sig = sig && writable ? 0 : signal_of(write_pages, m);
	if (sig && writable)
		say(m, "%s to write", signal_names[sig]);
	else if (!sig && !writable)
		say(m, "can be written");
}

/* Make the call in a child that has inherited the mapping, and add its outcome. */
static inline void say_of_child(struct mapping *m, call_fn call)
{
	char outcome[sizeof(m->outcome)] = "";
	int ends[2], status;
	pid_t pid;

	if (pipe(ends))
		return say(m, "no pipe");
	pid = start_child(({
		m->outcome[0] = '\0';
		call(m);
		write(ends[1], m->outcome, strlen(m->outcome)) < 0;
	}));
	close(ends[1]);
	if (read(ends[0], outcome, sizeof(outcome) - 1) > 0)
		say(m, "%s", outcome);
	close(ends[0]);
	status = wait_for(pid);
	if (status)
		say(m, "the child ended with %d", status);
}

/* Continue with @map, another mapping of the memory, in place of the first. */
static inline void say_map(struct mapping *m, char *map)
{
	if (map == MAP_FAILED)
		return say_result(m, -1);
	if (m->addr != map)
		munmap(m->addr, m->size);
	m->addr = map;
	say(m, "0");
}

/* Check what must hold after any call. */
static inline void check_memory(struct __test_metadata *_metadata, struct mapping *m)
{
	int refs;

	EXPECT_EQ(0, memory_peek(m->fd, 0, m->memory_pages, VALUE))
		TH_LOG("%s: the memory has other bytes", m->kind->name);
	/* A pipe or a socket may drop its references later. */
	EXPECT_TRUE(eventually((refs = memory_references(m->fd, 0)) == m->memory_pages))
		TH_LOG("%s: %d references on %zu pages", m->kind->name, refs, m->memory_pages);
}

static inline void make_call(struct __test_metadata *_metadata, const struct row *row,
			     struct mapping *m)
{
	m->number = row->number;
	m->fd = open(m->kind->device, O_RDWR | O_CLOEXEC);
	m->memory_pages = m->pages;
	m->size = m->pages * PAGE_SIZE;
	ASSERT_GE(m->fd, 0);
	ASSERT_EQ(0, memory_alloc(m->fd, 0, m->kind->memory, m->size, m->kind->flags));
	ASSERT_EQ(0, memory_poke(m->fd, 0, m->pages, VALUE));
	m->addr = map_again(m, NULL, 0);
	ASSERT_NE(MAP_FAILED, m->addr);
	ASSERT_EQ(0, signal_of(read_pages, m));
	ASSERT_EQ(0, other_pages);

	row->make(m);
	say_what_is_left(m);
	if (!m->gone)
		munmap(m->addr, m->size);
	check_memory(_metadata, m);
	close(m->fd);
}

/* A cell of the table: each outcome once. */
struct cell {
	char area[400];
	char stock[400];
};

static inline void add_outcome(char *cell, const char *outcome)
{
	size_t len = strlen(outcome);
	const char *at = strstr(cell, outcome);

	/* Find the whole outcome, not a part of another one. */
	while (at && ((at != cell && at[-1] != ' ') || (at[len] && at[len] != ' ')))
		at = strstr(at + 1, outcome);
	if (at)
		return;
	if (*cell)
		strcat(cell, " or ");
	strcat(cell, outcome);
}

/* Find the line that begins with @row in this program's section of the page. */
static inline bool find_row(const char *row, char *rest, size_t size)
{
	char heading[64], line[1024];
	bool here = false;

	snprintf(heading, sizeof(heading), "## `%s`", program_invocation_short_name);
	for_each_line(line, PAGE_OF_CALLS) {
		if (!strncmp(line, "## ", 3))
			here = !strncmp(line, heading, strlen(heading));
		if (here && !strncmp(line, row, strlen(row)))
			return snprintf(rest, size, "%s", line + strlen(row));
	}
	return false;
}

static inline bool has_reason(unsigned long nr)
{
	char line[1024];

	for_each_line(line, PAGE_OF_CALLS)
		if (strtoul(line, NULL, 10) == nr && strstr(line, ". "))
			return true;
	return false;
}

/* The last column must number the reasons if the outcomes differ, and be empty otherwise. */
static inline void check_reasons(struct __test_metadata *_metadata, const char *call,
				 const char *numbers, bool differs)
{
	int found = 0;
	char *end;

	for (; *numbers && *numbers != '|'; numbers = end) {
		unsigned long nr = strtoul(numbers, &end, 10);

		if (end == numbers) {
			end++;
			continue;
		}
		EXPECT_TRUE(has_reason(nr))
			TH_LOG("%s: there is no reason %lu", call, nr);
		found++;
	}
	EXPECT_EQ(differs, found > 0)
		TH_LOG("%s: a difference has a reason, and only a difference", call);
}

static inline void check_row(struct __test_metadata *_metadata, const struct row *row)
{
	struct cell cells[MODES] = {};
	char cells_of_row[4096] = "", line[4096 + 128], rest[1024], series[32];
	bool differs = false, found;
	size_t len = 0;

	for (size_t i = 0; i < ARRAY_SIZE(kinds) * ARRAY_SIZE(sizes); i++) {
		struct mapping m = {
			.kind = &kinds[i / ARRAY_SIZE(sizes)],
			.pages = sizes[i % ARRAY_SIZE(sizes)],
		};
		struct cell *cell = &cells[m.kind->mode];

		/* A kernel without .mmap_prepare has no such device. */
		if (access(m.kind->device, F_OK) && !access(TEST_MMAP, F_OK))
			continue;
		make_call(_metadata, row, &m);
		if (m.skip)
			SKIP(return, "%s", m.skip);
		if (getenv("VERBOSE"))
			TH_LOG("%s, %zu pages, column %d: %s", m.kind->name, m.pages,
			       m.kind->mode, m.outcome);
		add_outcome(is_stock(m.kind) ? cell->stock : cell->area, m.outcome);
	}

	for (int mode = 0; mode < MODES; mode++) {
		bool same = !strcmp(cells[mode].area, cells[mode].stock);

		differs |= !same;
		len += snprintf(cells_of_row + len, sizeof(cells_of_row) - len, " %s%s%s |",
				cells[mode].area, same ? "" : " ≠ ",
				same ? "" : cells[mode].stock);
	}
	/* A row for this series takes precedence. */
	name_series(series, sizeof(series));
	snprintf(line, sizeof(line), "| %s, %s |%s", row->call, series, cells_of_row);
	found = find_row(line, rest, sizeof(rest));
	snprintf(line, sizeof(line), "| %s |%s", row->call, cells_of_row);
	ASSERT_TRUE(found || find_row(line, rest, sizeof(rest)))
		TH_LOG("docs/program-calls.md has no row: %s", line);
	check_reasons(_metadata, row->call, rest, differs);
}

/* Does a test exist for this line of the page? */
static inline bool is_tested(const char *line)
{
	char begin[256];

	for (const struct row *row = rows; row; row = row->next) {
		snprintf(begin, sizeof(begin), "| %s", row->call);
		if (strncmp(line, begin, strlen(begin)))
			continue;
		if (!strncmp(line + strlen(begin), " |", 2) ||
		    !strncmp(line + strlen(begin), ", Linux ", 8))
			return true;
	}
	return false;
}

/* Each row of the page has a test. */
TEST(page_has_no_other_rows)
{
	char heading[64], line[1024];
	bool here = false, found = false;

	snprintf(heading, sizeof(heading), "## `%s`", program_invocation_short_name);
	for_each_line(line, PAGE_OF_CALLS) {
		if (!strncmp(line, "## ", 3)) {
			here = !strncmp(line, heading, strlen(heading));
			found |= here;
		}
		if (here && line[0] == '|' && strncmp(line, "| call |", 8) &&
		    strncmp(line, "| --- |", 7))
			EXPECT_TRUE(is_tested(line))
				TH_LOG("no test of: %s", line);
	}
	EXPECT_TRUE(found)
		TH_LOG("docs/program-calls.md has no section %s", heading);
}

#endif /* VMREMAP_SELFTESTS_CALLS_H */

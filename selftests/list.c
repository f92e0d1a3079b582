// SPDX-License-Identifier: GPL-2.0
/* The list of areas in debugfs: each column, who can read it, and reading it beside all changes. */
#include <pthread.h>
#include <sys/stat.h>

#include "pin.h"
#include "plan.h"

#define FOLDER "/sys/kernel/debug/vmremap"
#define HEADER "size refs mappings pinned state flags name"

/* No other area has these sizes. The first one is too large for the cache. */
#define SIZE (2 * PMD_SIZE + 3 * PAGE_SIZE + 123)
#define PAGES (2 * PMD_SIZE / PAGE_SIZE + 4)
#define SMALL (PAGE_SIZE - 77)

#define READERS 4
#define ROUNDS 300

/* A line without its first blanks, and with one between columns. */
static void squeeze(char *line)
{
	char *to = line;

	for (const char *from = line; *from && *from != '\n'; from++)
		if (*from != ' ' || (to != line && to[-1] != ' '))
			*to++ = *from;
	*to = 0;
}

/* The only line of an area of this size, after the size; "" if there is none, or several. */
static const char *shown(size_t size)
{
	static char found[256];
	char line[256], start[32];
	int nr = 0;

	snprintf(start, sizeof(start), "%zu ", size);
	for_each_line(line, FOLDER "/areas") {
		squeeze(line);
		if (!strncmp(line, start, strlen(start)) && !nr++)
			snprintf(found, sizeof(found), "%s", line + strlen(start));
	}
	if (nr != 1)
		found[0] = 0;
	return found;
}

/* A line may have "?" for a moment, and "yes" while the kernel looks at a page. */
static bool shows(size_t size, const char *line)
{
	return eventually(!strcmp(shown(size), line));
}

/* With several nodes, nothing is cached. */
static bool caches(void)
{
	char online[64];

	return !read_text("/sys/devices/system/node/online", online, sizeof(online)) ||
	       !strcmp(online, "0\n");
}

FIXTURE(list) {
	int fd;
};

FIXTURE_SETUP(list)
{
	self->fd = open(TEST_MMAP, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->fd) TH_LOG("%m");
	ASSERT_EQ(0, memory_alloc(self->fd, 0, VMREMAP_TEST_AREA, SIZE, VMREMAP_REVOCABLE));
	ASSERT_TRUE(shows(SIZE, "1 0 no open revocable -")) TH_LOG("%s", shown(SIZE));
}

FIXTURE_TEARDOWN(list)
{
	close(self->fd);
	EXPECT_TRUE(shows(SIZE, "")) TH_LOG("%s", shown(SIZE));
}

TEST_F(list, header_without_addresses)
{
	char text[16 * 1024], *end, address[32];

	ASSERT_TRUE(read_text(FOLDER "/areas", text, sizeof(text)));
	snprintf(address, sizeof(address), "%llx", memory_info(self->fd, 0, NULL));
	ASSERT_LT(4, strlen(address));
	EXPECT_EQ(NULL, strstr(text, address));
	end = strchr(text, '\n');
	ASSERT_NE(NULL, end);
	*end = 0;
	squeeze(text);
	EXPECT_STREQ(HEADER, text);
}

TEST_F(list, name)
{
	ASSERT_EQ(0, ioctl(self->fd, VMREMAP_TEST_NAME, 0));
	EXPECT_TRUE(shows(SIZE, "1 0 no open revocable test")) TH_LOG("%s", shown(SIZE));
}

TEST_F(list, flags)
{
	static const char *const names[] = {
		"rdonly", "dontcopy", "account", "populate", "revocable", "dma32",
	};

	for (unsigned int flags = 0; flags < 64; flags++) {
		char line[128] = "1 0 no open ";

		for (unsigned int bit = 0; bit < 6; bit++)
			if (flags & 1U << bit)
				sprintf(line + strlen(line), "%s%s", names[bit],
					flags >> bit >> 1 ? "," : "");
		strcat(line, flags ? " -" : "- -");
		ASSERT_EQ(0, memory_alloc(self->fd, 1, VMREMAP_TEST_AREA, SIZE + 1, flags));
		EXPECT_TRUE(shows(SIZE + 1, line)) TH_LOG("%s", shown(SIZE + 1));
		ASSERT_EQ(0, memory_free(self->fd, 1));
		ASSERT_TRUE(shows(SIZE + 1, ""));
	}
}

TEST_F(list, refs)
{
	ASSERT_EQ(0, ioctl(self->fd, VMREMAP_TEST_GET, 0));
	EXPECT_TRUE(shows(SIZE, "2 0 no open revocable -")) TH_LOG("%s", shown(SIZE));
	ASSERT_EQ(0, ioctl(self->fd, VMREMAP_TEST_PUT_AREA, 0));
	EXPECT_TRUE(shows(SIZE, "1 0 no open revocable -")) TH_LOG("%s", shown(SIZE));
}

/* Of an area that has no name, and of one that has: its mappings have files of their own. */
TEST_F(list, mappings)
{
	for (int named = 0; named < 2; named++) {
		static const char *const lines[2][4] = {
			{ "1 1 no open revocable -", "1 2 no open revocable -",
			  "1 4 no open revocable -", "1 3 no open revocable -" },
			{ "1 1 no open revocable test", "1 2 no open revocable test",
			  "1 4 no open revocable test", "1 3 no open revocable test" },
		};
		const char *const *line = lines[named];
		char *map1, *map2, byte;
		int pipes[2];
		pid_t child;

		if (named)
			ASSERT_EQ(0, ioctl(self->fd, VMREMAP_TEST_NAME, 0));
		map1 = map_area(self->fd, 0, 0, PAGES);
		ASSERT_NE(MAP_FAILED, map1);
		EXPECT_TRUE(shows(SIZE, line[0])) TH_LOG("%s", shown(SIZE));
		map2 = map_area(self->fd, 0, 1, PAGES - 1);
		ASSERT_NE(MAP_FAILED, map2);
		/* An entry in a page table is not a pin. */
		ASSERT_EQ(0, touch(map1, true));
		ASSERT_EQ(0, touch(map2 + PMD_SIZE, false));
		EXPECT_TRUE(shows(SIZE, line[1])) TH_LOG("%s", shown(SIZE));

		ASSERT_EQ(0, pipe(pipes));
		child = start_child(close(pipes[1]) ?: read(pipes[0], &byte, 1));
		close(pipes[0]);
		EXPECT_TRUE(shows(SIZE, line[2])) TH_LOG("%s", shown(SIZE));
		close(pipes[1]);
		EXPECT_EQ(0, wait_for(child));
		EXPECT_TRUE(shows(SIZE, line[1])) TH_LOG("%s", shown(SIZE));

		/* A part of a VMA is a VMA. */
		ASSERT_EQ(0, munmap(map1 + PAGE_SIZE, PAGE_SIZE));
		EXPECT_TRUE(shows(SIZE, line[3])) TH_LOG("%s", shown(SIZE));
		ASSERT_EQ(0, munmap(map2, (PAGES - 1) * PAGE_SIZE));
		ASSERT_EQ(0, munmap(map1, PAGES * PAGE_SIZE));
	}
	EXPECT_TRUE(shows(SIZE, "1 0 no open revocable test")) TH_LOG("%s", shown(SIZE));
}

TEST_F(list, outlives_its_driver)
{
	char *map = map_area(self->fd, 0, 0, PAGES);

	ASSERT_NE(MAP_FAILED, map);
	close(self->fd);
	self->fd = -1;
	EXPECT_TRUE(shows(SIZE, "0 1 no open revocable -")) TH_LOG("%s", shown(SIZE));
	munmap(map, PAGES * PAGE_SIZE);
}

/* A VMA of parts is not counted. */
TEST_F(list, parts)
{
	struct vmremap_test_call call = {
		.function = VMREMAP_TEST_RANGE_PARTIAL, .slot = 1, .size = PAGE_SIZE,
	};
	char *map;

	ASSERT_EQ(0, memory_alloc(self->fd, 1, VMREMAP_TEST_AREA, SIZE + 1, 0));
	map = map_call(self->fd, &call, PAGES, RW, MAP_SHARED);
	ASSERT_NE(MAP_FAILED, map);
	ASSERT_EQ(0, memory_free(self->fd, 1));
	EXPECT_TRUE(shows(SIZE + 1, "0 0 no open - -")) TH_LOG("%s", shown(SIZE + 1));
	munmap(map, PAGES * PAGE_SIZE);
	EXPECT_TRUE(shows(SIZE + 1, "")) TH_LOG("%s", shown(SIZE + 1));
}

TEST_F(list, pinned)
{
	char *map = map_area(self->fd, 0, 0, PAGES);
	struct ring ring;
	int pipe_fd;

	ASSERT_NE(MAP_FAILED, map);
	/* A page within a PMD, and the last one, which is a folio of its own. */
	for (int last = 0; last < 2; last++) {
		pipe_fd = pipe_pages(map + (last ? PAGES - 1 : 5) * PAGE_SIZE, 1);
		ASSERT_LE(0, pipe_fd);
		EXPECT_TRUE(shows(SIZE, "1 1 yes open revocable -")) TH_LOG("%s", shown(SIZE));
		close(pipe_fd);
		EXPECT_TRUE(shows(SIZE, "1 1 no open revocable -")) TH_LOG("%s", shown(SIZE));
	}
	if (!ring_refuses_files() && !ring_open(&ring)) {
		ASSERT_EQ(0, ring_register(&ring, map, PAGES * PAGE_SIZE));
		EXPECT_TRUE(shows(SIZE, "1 1 yes open revocable -")) TH_LOG("%s", shown(SIZE));
		ASSERT_EQ(0, ring_unregister(&ring));
		EXPECT_TRUE(shows(SIZE, "1 1 no open revocable -")) TH_LOG("%s", shown(SIZE));
		close(ring.fd);
	}
	munmap(map, PAGES * PAGE_SIZE);
}

TEST_F(list, state)
{
	char *map = map_area(self->fd, 0, 0, PAGES);

	ASSERT_NE(MAP_FAILED, map);
	ASSERT_EQ(0, touch(map, true));
	ASSERT_EQ(0, ioctl(self->fd, VMREMAP_TEST_FREEZE, 0));
	EXPECT_TRUE(shows(SIZE, "1 1 no frozen revocable -")) TH_LOG("%s", shown(SIZE));
	ASSERT_EQ(0, ioctl(self->fd, VMREMAP_TEST_THAW, 0));
	EXPECT_TRUE(shows(SIZE, "1 1 no open revocable -")) TH_LOG("%s", shown(SIZE));
	ASSERT_EQ(0, ioctl(self->fd, VMREMAP_TEST_REVOKE, 0));
	EXPECT_TRUE(shows(SIZE, "1 1 no revoked revocable -")) TH_LOG("%s", shown(SIZE));
	munmap(map, PAGES * PAGE_SIZE);
}

/* What threads do until they are told to stop, and whether all was right. */
struct worker {
	pthread_t thread;
	bool *stop;
	bool right;
};

static bool start(struct worker *workers, int nr, void *(*function)(void *), bool *stop)
{
	for (int n = 0; n < nr; n++) {
		workers[n] = (struct worker){ .stop = stop };
		if (pthread_create(&workers[n].thread, NULL, function, &workers[n]))
			return false;
	}
	return true;
}

static bool join(struct worker *workers, int nr)
{
	bool right = true;

	for (int n = 0; n < nr; n++)
		right &= !pthread_join(workers[n].thread, NULL) && workers[n].right;
	return right;
}

static bool is_one_of(const char *word, const char *words)
{
	char wanted[80];

	snprintf(wanted, sizeof(wanted), " %s ", word);
	return strstr(words, wanted);
}

/* Read the list again and again: each line has all columns. */
static void *read_lines(void *data)
{
	struct worker *worker = data;
	bool right = true, stop;

	do {
		char line[256];
		int nr = 0;

		stop = __atomic_load_n(worker->stop, __ATOMIC_ACQUIRE);
		for_each_line(line, FOLDER "/areas") {
			char mappings[16], pinned[8], state[16], flags[64], name[64];

			/* The first line has the names of the columns. */
			if (!nr++)
				continue;
			right &= sscanf(line, "%*u %*u %15s %7s %15s %63s %63s\n",
					mappings, pinned, state, flags, name) == 5 &&
				 mappings[strspn(mappings, "?0123456789")] == 0 &&
				 is_one_of(pinned, " yes no ") &&
				 is_one_of(state, " open freezing frozen revoked cached ") &&
				 is_one_of(name, " - test ");
			if (!right)
				printf("# wrong: %s", line);
		}
		right &= nr > 0;
	} while (right && !stop);
	worker->right = right;
	return NULL;
}

/* All that changes a line. Readers let neither freezing fail nor the area look mapped. */
static void *change_areas(void *data)
{
	struct worker *worker = data;
	bool right = true;

	for (int n = 0; n < ROUNDS && right; n++) {
		size_t pages = n % 3 ? n % 15 + 1 : PMD_SIZE / PAGE_SIZE;
		int fd = open(TEST_MMAP, O_RDWR | O_CLOEXEC);
		char *map;

		right = !memory_alloc(fd, 0, VMREMAP_TEST_AREA, pages * PAGE_SIZE,
				      VMREMAP_REVOCABLE);
		for (int times = 0; times < n % 4 && right; times++)
			right = !ioctl(fd, VMREMAP_TEST_NAME, 0);
		map = map_area(fd, 0, 0, pages);
		right = right && map != MAP_FAILED;
		if (right) {
			*page_word(map, pages - 1) = n;
			right = !ioctl(fd, VMREMAP_TEST_FREEZE, 0) &&
				!ioctl(fd, VMREMAP_TEST_THAW, 0) &&
				(n % 2 || !ioctl(fd, VMREMAP_TEST_REVOKE, 0)) &&
				!munmap(map, pages * PAGE_SIZE) &&
				!ioctl(fd, VMREMAP_TEST_IS_MAPPED, 0);
		}
		if (!right)
			printf("# round %d: %m\n", n);
		close(fd);
	}
	worker->right = right;
	return NULL;
}

TEST_F(list, is_read_beside_changes)
{
	struct worker readers[READERS], changers[2];
	bool stop = false;

	ASSERT_TRUE(start(readers, READERS, read_lines, &stop));
	ASSERT_TRUE(start(changers, 2, change_areas, &stop));
	EXPECT_TRUE(join(changers, 2));
	__atomic_store_n(&stop, true, __ATOMIC_RELEASE);
	EXPECT_TRUE(join(readers, READERS));
}

/* Readers keep no small area from being cached, nor from being freed if nothing is cached. */
TEST_F(list, cached)
{
	struct worker readers[READERS];
	bool stop = false;

	ASSERT_TRUE(start(readers, READERS, read_lines, &stop));
	for (int n = 0; n < ROUNDS; n++) {
		ASSERT_EQ(0, memory_alloc(self->fd, 1, VMREMAP_TEST_AREA, SMALL, 0));
		ASSERT_TRUE(shows(SMALL, "1 0 no open - -")) TH_LOG("%s", shown(SMALL));
		ASSERT_EQ(0, memory_free(self->fd, 1));
		/* It is cached at once. */
		ASSERT_TRUE(caches() ? !strcmp(shown(SMALL), "0 0 no cached - -") :
				       shows(SMALL, ""))
			TH_LOG("%s", shown(SMALL));
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELEASE);
	EXPECT_TRUE(join(readers, READERS));
	/* The next owner's line has nothing of the former one's. */
	ASSERT_EQ(0, memory_alloc(self->fd, 1, VMREMAP_TEST_AREA, SMALL + 1, VMREMAP_RDONLY));
	EXPECT_TRUE(shows(SMALL, "")) TH_LOG("%s", shown(SMALL));
	EXPECT_TRUE(shows(SMALL + 1, "1 0 no open rdonly -")) TH_LOG("%s", shown(SMALL + 1));
	ASSERT_EQ(0, memory_free(self->fd, 1));
}

/* The file itself, not only the folder that has debugfs, is for root alone. */
TEST_F(list, only_root_reads_it)
{
	int folder = open(FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat stat;

	ASSERT_LE(0, folder);
	ASSERT_EQ(0, fstatat(folder, "areas", &stat, 0));
	EXPECT_EQ(0400, stat.st_mode & 07777);
	EXPECT_EQ(0, stat.st_uid);
	EXPECT_EQ(EACCES, in_child(setgid(65534) ?: setuid(65534) ?:
				   faccessat(folder, ".", X_OK, 0) ?:
				   errno_of(openat(folder, "areas", O_RDONLY))));
	close(folder);
}

/* The module leaves the folder, which may have files of another one, and uses it again. */
TEST_F(list, goes_and_comes)
{
	for (int n = 0; n < 10; n++) {
		ASSERT_EQ(0, module_unload("vmremap_debugfs")) TH_LOG("%m");
		EXPECT_NE(0, access(FOLDER "/areas", F_OK));
		EXPECT_EQ(0, access(FOLDER, F_OK));
		ASSERT_EQ(0, module_load("/modules/vmremap_debugfs.ko", "")) TH_LOG("%m");
		EXPECT_TRUE(shows(SIZE, "1 0 no open revocable -")) TH_LOG("%s", shown(SIZE));
	}
}

TEST_HARNESS_MAIN

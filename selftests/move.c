// SPDX-License-Identifier: GPL-2.0
/* mremap(2), mmap(2) over another mapping, and another mapping over this one. */
#include "calls.h"

static char *anonymous(size_t size, int prot, int flags)
{
	char *map = mmap(NULL, size, prot, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);

	if (map != MAP_FAILED && prot & PROT_WRITE)
		memset(map, 'o', size);
	return map;
}

static char *file_memory(size_t size)
{
	int fd = memfd_create("old", MFD_CLOEXEC);
	char *map;

	if (ftruncate(fd, size))
		return MAP_FAILED;
	map = mmap(NULL, size, RW, MAP_SHARED, fd, 0);
	close(fd);
	if (map != MAP_FAILED)
		memset(map, 'o', size);
	return map;
}

/* Continue with the mapping that mremap() has returned. */
static void say_moved(struct mapping *m, char *map)
{
	if (map == MAP_FAILED)
		return say_result(m, -1);
	m->addr = map;
	say(m, "0");
}

static void move_to(struct mapping *m, char *to)
{
	say_moved(m, mremap(m->addr, m->size, m->size, MREMAP_MAYMOVE | MREMAP_FIXED, to));
}

CALL(move, "`mremap(MREMAP_FIXED)` to where nothing is")
{
	char *to = anonymous(m->size, PROT_NONE, 0);

	munmap(to, m->size);
	move_to(m, to);
}

CALL(move_over_anonymous, "`mremap(MREMAP_FIXED)` over anonymous memory")
{
	move_to(m, anonymous(m->size, RW, 0));
}

CALL(move_over_file, "`mremap(MREMAP_FIXED)` over a file")
{
	move_to(m, file_memory(m->size));
}

CALL(move_over_itself, "`mremap(MREMAP_FIXED)` over another mapping of the same memory")
{
	move_to(m, map_again(m, NULL, 0));
}

/* Move by a page, so that no PMD can be moved as a whole. */
CALL(move_by_a_page, "`mremap(MREMAP_FIXED)` to another place in a PMD")
{
	char *to = anonymous(m->size + PAGE_SIZE, PROT_NONE, 0);

	munmap(to, m->size + PAGE_SIZE);
	move_to(m, to + PAGE_SIZE);
}

CALL(grow, "`mremap(MREMAP_MAYMOVE)`, to grow")
{
	say_moved(m, mremap(m->addr, m->size, 2 * m->size, MREMAP_MAYMOVE));
}

CALL(grow_in_place, "`mremap(0)`, to grow")
{
	say_moved(m, mremap(m->addr, m->size, m->size + PAGE_SIZE, 0));
}

CALL(duplicate, "`mremap(MREMAP_MAYMOVE)`, old size 0")
{
	say_moved(m, mremap(m->addr, 0, m->size, MREMAP_MAYMOVE));
}

CALL(dontunmap, "`mremap(MREMAP_MAYMOVE \\| MREMAP_DONTUNMAP)`")
{
	say_moved(m, mremap(m->addr, m->size, m->size, MREMAP_MAYMOVE | MREMAP_DONTUNMAP));
}

CALL(shrink, "`mremap(0)`, to shrink")
{
	m->pages /= 2;
	say_moved(m, mremap(m->addr, m->size, m->pages * PAGE_SIZE, 0));
	say(m, "%s behind", signal_names[touch(m->addr + m->size / 2, false)]);
}

CALL(remap_file_pages, "`remap_file_pages()`")
{
	say_result(m, syscall(SYS_remap_file_pages, m->addr, m->size, 0, 0, 0));
}

CALL(munmap_middle, "`munmap()` of a page in the middle")
{
	say_result(m, munmap(m->addr + m->size / 2, PAGE_SIZE));
	say(m, "%s there", signal_names[touch(m->addr + m->size / 2, false)]);
	m->pages /= 2;
}

/* Map the memory over an older mapping. */
static void map_over(struct mapping *m, char *there)
{
	munmap(m->addr, m->size);
	m->addr = there;
	say_map(m, map_again(m, there, MAP_FIXED));
}

CALL(over_reservation, "`mmap(MAP_FIXED)` over a reservation")
{
	map_over(m, anonymous(m->size, PROT_NONE, 0));
}

CALL(over_anonymous, "`mmap(MAP_FIXED)` over anonymous memory")
{
	map_over(m, anonymous(m->size, RW, 0));
}

CALL(over_locked, "`mmap(MAP_FIXED)` over locked memory")
{
	map_over(m, anonymous(m->size, RW, MAP_LOCKED));
}

CALL(over_stack, "`mmap(MAP_FIXED)` over memory that grows down")
{
	map_over(m, anonymous(m->size, RW, MAP_GROWSDOWN));
}

CALL(over_file, "`mmap(MAP_FIXED)` over a file")
{
	map_over(m, file_memory(m->size));
}

CALL(over_itself, "`mmap(MAP_FIXED)` over a mapping of the same memory")
{
	map_over(m, map_again(m, NULL, 0));
}

/* Map something else over the mapping. */
static void replace(struct mapping *m, int flags, int fd)
{
	char *map = mmap(m->addr, m->size, RW, MAP_FIXED | flags, fd, 0);

	if (map != m->addr)
		return say_result(m, -1);
	memset(map, 'n', m->size);
	say(m, "0");
	say_result(m, munmap(map, m->size));
	m->gone = true;
}

CALL(anonymous_over, "`mmap(MAP_FIXED)` of anonymous memory over it")
{
	replace(m, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

CALL(file_over, "`mmap(MAP_FIXED)` of a file over it")
{
	int fd = memfd_create("new", MFD_CLOEXEC);

	ftruncate(fd, m->size);
	replace(m, MAP_SHARED, fd);
	close(fd);
}

CALL(noreplace, "`mmap(MAP_FIXED_NOREPLACE)` where it is")
{
	say_map(m, map_again(m, m->addr, MAP_FIXED_NOREPLACE));
}

/* Flags of mmap(2). */
static void map_with(struct mapping *m)
{
	say_map(m, map_again(m, NULL, m->number));
}

#define FLAG(name)	ROW(with_##name, "`mmap(MAP_" #name ")`", map_with, MAP_##name)

FLAG(GROWSDOWN)
FLAG(STACK)
FLAG(LOCKED)
FLAG(POPULATE)
FLAG(NONBLOCK)
FLAG(NORESERVE)
FLAG(HUGETLB)
FLAG(DENYWRITE)
FLAG(EXECUTABLE)

CALL(with_32BIT, "`mmap(MAP_32BIT)`")
{
#ifdef MAP_32BIT
	say_map(m, map_again(m, NULL, MAP_32BIT));
	if ((unsigned long)m->addr >= 1UL << 31)
		say(m, "not below 2 GiB");
#else
	m->skip = "this machine has no MAP_32BIT";
#endif
}

CALL(with_sync, "`mmap(MAP_SYNC)`")
{
	int validate = m->kind->share == MAP_SHARED ? MAP_SHARED_VALIDATE : 0;

	say_map(m, map_again(m, NULL, MAP_SYNC | validate));
}

/* mmap2(2) as called by a 32-bit program. */
#ifdef __x86_64__
static long mmap2_of_32_bit(size_t size, int prot, int flags, int fd)
{
	long ret;

	asm volatile("push %%rbp; xor %%ebp, %%ebp; int $0x80; pop %%rbp"
		     : "=a" (ret)
		     : "a" (192), "b" (0), "c" (size), "d" (prot), "S" (flags), "D" (fd)
		     : "memory", "r8", "r9", "r10", "r11");
	return ret;
}
#endif

CALL(by_32_bit, "`mmap2()`, by the system call of 32-bit programs")
{
#ifdef __x86_64__
	long ret;

	/* Sets the plan. */
	munmap(map_again(m, NULL, 0), m->size);
	ret = mmap2_of_32_bit(m->size, m->kind->prot, m->kind->share, m->fd);
	if (ret < 0 && ret > -4096) {
		errno = -ret;
		ret = -1;
	}
	say_map(m, (char *)ret);
	if ((unsigned long)m->addr >= 1UL << 32)
		say(m, "not below 4 GiB");
#else
	m->skip = "this machine has no 32-bit programs of x86";
#endif
}

TEST_HARNESS_MAIN

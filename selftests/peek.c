// SPDX-License-Identifier: GPL-2.0
/* Other ways to read and write a mapping: ptrace(2), /proc/PID, process_vm_readv(2). */
#include <linux/elf.h>
#include <linux/fs.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include "calls.h"

#define OTHER 0x1234UL

/* Says what the first word is after a write, and restores it. */
static void say_written(struct mapping *m, long ret)
{
	__u64 word = load(m->addr);

	say_result(m, ret);
	if (word != VALUE)
		say(m, "written");
	if (word != VALUE && !memory_peek(m->fd, 0, 1, VALUE))
		say(m, "to a copy");
	else if (word != VALUE)
		memory_poke(m->fd, 0, 1, VALUE);
}

/* A traced child that has stopped. */
static pid_t traced_child(void)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return pid;
}

static void end_child(pid_t pid)
{
	kill(pid, SIGKILL);
	wait_for(pid);
}

CALL(peek, "`ptrace(PTRACE_PEEKDATA)`")
{
	pid_t pid = traced_child();
	long word;

	errno = 0;
	word = ptrace(PTRACE_PEEKDATA, pid, m->addr, 0);
	say_result(m, errno ? -1 : 0);
	if (!errno && word != VALUE)
		say(m, "other bytes");
	end_child(pid);
}

CALL(poke, "`ptrace(PTRACE_POKEDATA)`")
{
	pid_t pid = traced_child();
	long ret = ptrace(PTRACE_POKEDATA, pid, m->addr, OTHER);

	say_written(m, ret);
	end_child(pid);
}

static int open_memory(pid_t pid)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	return open(path, O_RDWR | O_CLOEXEC);
}

CALL(mem_read, "`/proc/PID/mem`: `read()`")
{
	char *bytes = calloc(1, m->size);
	int fd = open_memory(getpid());

	say(m, pread(fd, bytes, m->size, (off_t)m->addr) == (ssize_t)m->size ? "0" :
	    strerrorname_np(errno));
	if (memcmp(bytes, m->addr, m->size))
		say(m, "other bytes");
	close(fd);
	free(bytes);
}

/* With FOLL_FORCE, as a debugger sets a breakpoint. */
CALL(mem_write, "`/proc/PID/mem`: `write()`")
{
	pid_t pid = traced_child();
	int fd = open_memory(pid);
	__u64 word = OTHER;

	say_written(m, pwrite(fd, &word, sizeof(word), (off_t)m->addr) < 0 ? -1 : 0);
	close(fd);
	end_child(pid);
}

static void read_parent(struct mapping *m)
{
	char *bytes = calloc(1, m->size);
	struct iovec local = { bytes, m->size }, remote = { m->addr, m->size };
	ssize_t ret = process_vm_readv(getppid(), &local, 1, &remote, 1, 0);

	say(m, ret == (ssize_t)m->size ? "0" : strerrorname_np(errno));
	if (memcmp(bytes, m->addr, m->size))
		say(m, "other bytes");
}

CALL(vm_readv, "`process_vm_readv()`")
{
	say_of_child(m, read_parent);
}

static void write_parent(struct mapping *m)
{
	__u64 word = OTHER;
	struct iovec local = { &word, sizeof(word) }, remote = { m->addr, sizeof(word) };

	say_result(m, process_vm_writev(getppid(), &local, 1, &remote, 1, 0) < 0 ? -1 : 0);
}

CALL(vm_writev, "`process_vm_writev()`")
{
	__u64 word = VALUE;

	say_of_child(m, write_parent);
	if (load(m->addr) == VALUE)
		return;
	say(m, "written");
	if (!memory_peek(m->fd, 0, 1, VALUE))
		say(m, "to a copy");
	store(m->addr, word);
}

static const char *map_file(const struct mapping *m)
{
	static char path[100];

	snprintf(path, sizeof(path), "/proc/self/map_files/%lx-%lx", (unsigned long)m->addr,
		 (unsigned long)m->addr + m->size);
	return path;
}

/* Open the file in map_files, and use it. */
static void say_map_file(struct mapping *m, int flags, long (*use)(int fd))
{
	int fd = open(map_file(m), flags | O_CLOEXEC);

	if (fd < 0)
		return say_result(m, -1);
	say_result(m, use(fd));
	close(fd);
}

static void say_opened(struct mapping *m, int flags)
{
	int fd = open(map_file(m), flags | O_CLOEXEC);

	say_result(m, fd < 0 ? -1 : close(fd));
}

static long read_file(int fd)
{
	char byte;

	return read(fd, &byte, 1);
}

static long write_file(int fd)
{
	return write(fd, "x", 1);
}

static long truncate_file(int fd)
{
	return ftruncate(fd, 0);
}

static long mmap_file(int fd)
{
	void *map = mmap(NULL, PAGE_SIZE, RW, MAP_SHARED, fd, 0);

	return map == MAP_FAILED ? -1 : munmap(map, PAGE_SIZE);
}

CALL(map_files_open, "`/proc/PID/map_files`: `open(O_RDONLY)`")
{
	say_opened(m, O_RDONLY);
}

CALL(map_files_write_open, "`/proc/PID/map_files`: `open(O_RDWR)`")
{
	say_opened(m, O_RDWR);
}

CALL(map_files_read, "`/proc/PID/map_files`: `read()`")
{
	say_map_file(m, O_RDONLY, read_file);
}

CALL(map_files_write, "`/proc/PID/map_files`: `write()`")
{
	say_map_file(m, O_RDWR, write_file);
}

CALL(map_files_ftruncate, "`/proc/PID/map_files`: `ftruncate()`")
{
	say_map_file(m, O_RDWR, truncate_file);
}

CALL(map_files_truncate, "`/proc/PID/map_files`: `truncate()`")
{
	say_result(m, truncate(map_file(m), 0));
}

CALL(map_files_mmap, "`/proc/PID/map_files`: `mmap()`")
{
	say_map_file(m, O_RDWR, mmap_file);
}

/* Does every page have a page frame number? */
CALL(pagemap, "`/proc/PID/pagemap`: `read()`")
{
	__u64 entries[PMD_SIZE / PAGE_SIZE];
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	ssize_t size = m->pages * sizeof(*entries);
	size_t present = 0;

	say(m, pread(fd, entries, size, (unsigned long)m->addr / PAGE_SIZE * sizeof(*entries)) ==
	    size ? "0" : strerrorname_np(errno));
	for (size_t n = 0; n < m->pages; n++)
		present += entries[n] >> 63;
	say(m, present == m->pages ? "all present" : "not all present");
	close(fd);
}

static void scan(struct mapping *m, __u64 flags, __u64 category)
{
	struct page_region regions[2];
	struct pm_scan_arg arg = {
		.size = sizeof(arg), .flags = flags,
		.start = (unsigned long)m->addr, .end = (unsigned long)m->addr + m->size,
		.vec = (unsigned long)regions, .vec_len = ARRAY_SIZE(regions),
		.category_mask = category, .return_mask = category,
	};
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	long ret = ioctl(fd, PAGEMAP_SCAN, &arg);

	if (ret == 1 && (regions[0].end - regions[0].start) != m->size)
		ret = 0;
	if (ret < 0 && errno == ENOTTY)
		m->skip = "the kernel has no PAGEMAP_SCAN";
	say_result(m, ret);
	close(fd);
}

/* Expects one region, which is the whole mapping. */
CALL(scan_present, "`PAGEMAP_SCAN` for `PAGE_IS_PRESENT`: regions of its length")
{
	scan(m, 0, PAGE_IS_PRESENT);
}

CALL(scan_file, "`PAGEMAP_SCAN` for `PAGE_IS_FILE`: regions of its length")
{
	scan(m, 0, PAGE_IS_FILE);
}

CALL(scan_protect, "`PAGEMAP_SCAN` with `PM_SCAN_WP_MATCHING`")
{
	scan(m, PM_SCAN_WP_MATCHING, PAGE_IS_PRESENT);
}

CALL(clear_refs, "`/proc/PID/clear_refs`: each number")
{
	bool ok = write_text("/proc/self/clear_refs", "1") &&
		  write_text("/proc/self/clear_refs", "2") &&
		  write_text("/proc/self/clear_refs", "3") &&
		  write_text("/proc/self/clear_refs", "4") &&
		  write_text("/proc/self/clear_refs", "5");

	say_result(m, ok ? 0 : -1);
}

CALL(resident, "`/proc/PID/smaps`: pages that are resident")
{
	say(m, smaps_kib(m->addr, "Rss") == m->size / 1024 ? "all" : "not all");
}

#define CORE "/tmp/vmremap-core"

static void die(void)
{
	struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };

	setrlimit(RLIMIT_CORE, &unlimited);
	write_text("/proc/self/coredump_filter", "0xff");
	signal(SIGABRT, SIG_DFL);
	abort();
}

/* Number of bytes of the mapping in a core file, or -1. */
static long bytes_in_core(const struct mapping *m)
{
	int fd = open(CORE, O_RDONLY | O_CLOEXEC);
	long bytes = -1;
	struct elf64_hdr elf;
	struct elf64_phdr part;

	if (fd < 0 || read(fd, &elf, sizeof(elf)) != sizeof(elf))
		return -1;
	for (int n = 0; n < elf.e_phnum; n++)
		if (pread(fd, &part, sizeof(part), elf.e_phoff + n * sizeof(part)) ==
		    sizeof(part) && part.p_vaddr == (unsigned long)m->addr)
			bytes = part.p_filesz;
	close(fd);
	return bytes;
}

CALL(core, "a core dump: bytes of it")
{
	unlink(CORE);
	write_text("/proc/sys/kernel/core_pattern", CORE);
	write_text("/proc/sys/kernel/core_uses_pid", "0");
	in_child((die(), 0));
	say(m, "%ld", bytes_in_core(m));
	unlink(CORE);
}

TEST_HARNESS_MAIN

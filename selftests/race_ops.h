/* SPDX-License-Identifier: GPL-2.0 */
/* What race.c has race: all that a program, another one or the driver can do to a mapping. */
#ifndef VMREMAP_SELFTESTS_RACE_OPS_H
#define VMREMAP_SELFTESTS_RACE_OPS_H

#include <linux/mempolicy.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "pin.h"
#include "race.h"

#ifndef MADV_SOFT_OFFLINE
#define MADV_SOFT_OFFLINE 101
#endif

#define NODES (8 * sizeof(unsigned long))
#define DISK "/dev/ram0"

/* How long the driver keeps an area frozen for those that may wait for it. */
#define PATIENCE_NS 10000000UL

/* A write() or read() of so many bytes: less of them is a fault on the way. */
static int errno_of_bytes(ssize_t ret, size_t wanted)
{
	if (ret < 0)
		return errno;
	return (size_t)ret == wanted ? 0 : EFAULT;
}

static int run_read(const struct turn *turn)
{
	return look(turn->kind, address_of(turn), turn->page, false);
}

static int run_write(const struct turn *turn)
{
	return look(turn->kind, address_of(turn), turn->page, true);
}

static int run_madvise(const struct turn *turn)
{
	return errno_of(madvise(start_of(turn), size_of(turn), turn->op->arg));
}

/* For good: whoever prepares the next round switches huge pages on again. */
static int run_thp_disable(const struct turn *turn)
{
	(void)turn;
	return errno_of(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0));
}

static int run_mprotect(const struct turn *turn)
{
	int ret = errno_of(mprotect(start_of(turn), size_of(turn), turn->op->arg));
	int back = errno_of(mprotect(start_of(turn), size_of(turn), turn->kind->prot));

	return ret ?: back;
}

static int run_munmap(const struct turn *turn)
{
	return errno_of(munmap(start_of(turn), size_of(turn)));
}

static int run_mremap(const struct turn *turn)
{
	size_t offset = turn->first * PAGE_SIZE;
	char *from = BASE + offset, *to = SECOND + offset;

	if (mremap(from, size_of(turn), size_of(turn), MREMAP_MAYMOVE | MREMAP_FIXED, to) ==
	    MAP_FAILED)
		return errno;
	return mremap(to, size_of(turn), size_of(turn), MREMAP_MAYMOVE | MREMAP_FIXED, from) ==
	       MAP_FAILED ? errno : 0;
}

static int run_mlock(const struct turn *turn)
{
	int ret = errno_of(syscall(SYS_mlock2, start_of(turn), size_of(turn), turn->op->arg));
	int back = errno_of(munlock(start_of(turn), size_of(turn)));

	return ret ?: back;
}

static int run_mlockall(const struct turn *turn)
{
	int ret = errno_of(mlockall(turn->op->arg));

	munlockall();
	return ret;
}

/* Elsewhere. */
static int run_mmap(const struct turn *turn)
{
	char *map = map_once_more(turn->kind, turn->fd, NULL, turn->op->arg);
	int ret;

	if (map == MAP_FAILED)
		return errno;
	ret = look(turn->kind, map + turn->page * PAGE_SIZE, turn->page, false);
	return ret ?: errno_of(munmap(map, turn->kind->pages * PAGE_SIZE));
}

/* In its own place. */
static int run_mmap_over(const struct turn *turn)
{
	return map_once_more(turn->kind, turn->fd, BASE, MAP_FIXED) == MAP_FAILED ? errno : 0;
}

static int run_mmap_anonymous(const struct turn *turn)
{
	void *map = mmap(NULL, PAGE_SIZE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)turn;
	return map == MAP_FAILED ? errno : errno_of(munmap(map, PAGE_SIZE));
}

/* What a child came to, which did not survive for long. */
static int outcome_of_child(pid_t pid)
{
	int status;

	if (pid < 0)
		return errno;
	while (waitpid(pid, &status, __WALL) < 0)
		if (errno != EINTR)
			return errno;
	if (WIFSIGNALED(status))
		return SIGNAL(WTERMSIG(status));
	/* An exit status is too small for a signal's outcome. */
	return WEXITSTATUS(status) >= 200 ? WRONG_BYTES : WEXITSTATUS(status);
}

/* The child is a copy of one thread: it has its mapping, and makes no call of the library. */
static int run_fork(const struct turn *turn)
{
	pid_t pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	int seen;

	if (pid)
		return outcome_of_child(pid);
	seen = look(turn->kind, address_of(turn), turn->page, turn->write);
	if (seen > 1000 && seen < WRONG_BYTES) {
		struct sigaction action = { .sa_handler = SIG_DFL };

		sigaction(seen - 1000, &action, NULL);
		syscall(SYS_tgkill, syscall(SYS_getpid), syscall(SYS_gettid), seen - 1000);
	}
	syscall(SYS_exit_group, seen ? 200 : 0);
	return 0;
}

static int run_vfork(const struct turn *turn)
{
	pid_t pid = vfork();

	(void)turn;
	if (!pid)
		_exit(0);
	return outcome_of_child(pid);
}

static int run_exit(const struct turn *turn)
{
	(void)turn;
	_exit(0);
}

static int run_exec(const struct turn *turn)
{
	/* The words of an argument may be in the mapping. */
	execl("/bin/busybox", "true", turn->op->arg ? address_of(turn) : NULL, NULL);
	return errno;
}

static int run_dump(const struct turn *turn)
{
	(void)turn;
	abort();
}

/* Bytes out of the mapping, by a pipe. */
static int run_pipe_write(const struct turn *turn)
{
	int ends[2], ret;

	if (pipe(ends))
		return errno;
	ret = errno_of_bytes(write(ends[1], address_of(turn), 64), 64);
	close(ends[0]);
	close(ends[1]);
	return ret;
}

/* Bytes into it. */
static int run_pipe_read(const struct turn *turn)
{
	char bytes[64] = "";
	int ends[2], ret;

	if (pipe(ends))
		return errno;
	ret = errno_of_bytes(write(ends[1], bytes, sizeof(bytes)), sizeof(bytes)) ?:
	      errno_of_bytes(read(ends[0], scratch_of(turn), sizeof(bytes)), sizeof(bytes));
	close(ends[0]);
	close(ends[1]);
	return ret;
}

/* A page that a pipe holds for a moment. */
static int run_vmsplice(const struct turn *turn)
{
	struct iovec iov = { address_of(turn), PAGE_SIZE };
	int ends[2], ret;

	if (pipe(ends))
		return errno;
	ret = errno_of_bytes(vmsplice(ends[1], &iov, 1, 0), PAGE_SIZE);
	sched_yield();
	close(ends[0]);
	close(ends[1]);
	return ret;
}

static int run_direct(const struct turn *turn)
{
	int fd = open(DISK, O_RDWR | O_DIRECT | O_CLOEXEC), ret;

	/* There is no such disk everywhere. */
	if (fd < 0)
		return 0;
	ret = errno_of_bytes(turn->op->arg ?
			     pread(fd, scratch_of(turn), PAGE_SIZE, turn->slot * PAGE_SIZE) :
			     pwrite(fd, address_of(turn), PAGE_SIZE, turn->slot * PAGE_SIZE),
			     PAGE_SIZE);
	close(fd);
	return ret;
}

static int run_ring(const struct turn *turn)
{
	struct ring ring = {};
	int ret;

	ring.fd = syscall(SYS_io_uring_setup, 1, &ring.params);
	if (ring.fd < 0)
		return errno;
	ret = errno_of(ring_register(&ring, address_of(turn), PAGE_SIZE));
	close(ring.fd);
	/* After it has pinned the pages. */
	return ret == EOPNOTSUPP && ring_refuses_files() ? 0 : ret;
}

/* A futex that processes share: the kernel finds it by its page. */
static int run_futex_wake(const struct turn *turn)
{
	return errno_of(syscall(SYS_futex, address_of(turn), FUTEX_WAKE, 1, NULL, NULL, 0));
}

static int run_futex_wait(const struct turn *turn)
{
	struct timespec none = { .tv_nsec = 1000 };

	return errno_of(syscall(SYS_futex, scratch_of(turn), turn->op->arg, 12345, &none, NULL, 0));
}

static int run_futex_lock(const struct turn *turn)
{
	int *word = (int *)(scratch_of(turn) + PAGE_SIZE);
	int unlock = FUTEX_UNLOCK_PI | (turn->op->arg & FUTEX_PRIVATE_FLAG);
	int ret = errno_of(syscall(SYS_futex, word, turn->op->arg, 0, NULL, NULL, 0));

	/* It is still locked if an earlier round could not unlock it, for it was unmapped then. */
	if (ret == EDEADLK)
		ret = 0;
	return ret ?: errno_of(syscall(SYS_futex, word, unlock, 0, NULL, NULL, 0));
}

static int run_mincore(const struct turn *turn)
{
	unsigned char *pages = malloc(turn->pages);
	int ret = errno_of(mincore(start_of(turn), size_of(turn), pages));

	free(pages);
	return ret;
}

static int run_msync(const struct turn *turn)
{
	return errno_of(msync(start_of(turn), size_of(turn), turn->op->arg));
}

/* Read a file in /proc/PID. */
static int read_proc(pid_t pid, const char *name, off_t offset)
{
	char path[64], buf[4096];
	int fd, ret;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	ret = errno_of(pread(fd, buf, sizeof(buf), offset));
	close(fd);
	return ret;
}

static int run_smaps(const struct turn *turn)
{
	(void)turn;
	return read_proc(arena->victim, "smaps_rollup", 0);
}

static int run_cmdline(const struct turn *turn)
{
	(void)turn;
	return read_proc(arena->victim, "cmdline", 0);
}

static int run_pagemap(const struct turn *turn)
{
	return read_proc(arena->victim, "pagemap",
			 (unsigned long)start_of(turn) / PAGE_SIZE * sizeof(__u64));
}

static int run_clear_refs(const struct turn *turn)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/clear_refs", arena->victim);
	return write_text(path, turn->op->arg == 4 ? "4" : "1") ? 0 : errno;
}

static int run_mbind(const struct turn *turn)
{
	unsigned long nodes = 1 + turn->write;
	int ret = errno_of(syscall(SYS_mbind, start_of(turn), size_of(turn), MPOL_BIND, &nodes,
				   NODES, MPOL_MF_MOVE));

	syscall(SYS_mbind, start_of(turn), size_of(turn), MPOL_DEFAULT, NULL, 0, 0);
	return ret;
}

static int run_move_pages(const struct turn *turn)
{
	void *pages[] = { address_of(turn), start_of(turn) };
	int nodes[] = { turn->write, !turn->write }, status[2];

	return errno_of(syscall(SYS_move_pages, arena->victim, 2UL, pages, nodes, status,
				MPOL_MF_MOVE));
}

static int run_migrate_pages(const struct turn *turn)
{
	unsigned long from = 1 + turn->write, to = 2 - turn->write;

	return errno_of(syscall(SYS_migrate_pages, arena->victim, NODES, &from, &to));
}

static int run_sigaltstack(const struct turn *turn)
{
	stack_t stack = { .ss_sp = scratch_of(turn), .ss_size = SCRATCH_PER_ACTOR * PAGE_SIZE };
	stack_t none = { .ss_flags = SS_DISABLE };
	int ret = errno_of(sigaltstack(&stack, NULL));

	if (!ret)
		ret = take_signal_on_stack();
	sigaltstack(&none, NULL);
	return ret;
}

/* From another process. */
static int run_vm_readv(const struct turn *turn)
{
	__u64 bytes[8];
	struct iovec local = { bytes, sizeof(bytes) };
	struct iovec remote = { address_of(turn), sizeof(bytes) };
	int ret = errno_of_bytes(process_vm_readv(arena->victim, &local, 1, &remote, 1, 0),
				 sizeof(bytes));

	return !ret && *bytes != STAMP + turn->page ? WRONG_BYTES : ret;
}

static int run_vm_writev(const struct turn *turn)
{
	__u64 word = STAMP + turn->page;
	struct iovec local = { &word, sizeof(word) };
	struct iovec remote = { address_of(turn), sizeof(word) };

	return errno_of_bytes(process_vm_writev(arena->victim, &local, 1, &remote, 1, 0),
			      sizeof(word));
}

static int run_mem(const struct turn *turn)
{
	__u64 word = STAMP + turn->page;
	ssize_t done;
	char path[32];
	int fd, ret;

	snprintf(path, sizeof(path), "/proc/%d/mem", arena->victim);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return errno;
	done = turn->op->arg ? pwrite(fd, &word, sizeof(word), (off_t)address_of(turn)) :
			       pread(fd, &word, sizeof(word), (off_t)address_of(turn));
	/* Of an mm that has ended, there is nothing to read. */
	ret = done ? errno_of_bytes(done, sizeof(word)) : ESRCH;
	close(fd);
	return !ret && word != STAMP + turn->page ? WRONG_BYTES : ret;
}

static int run_ptrace(const struct turn *turn)
{
	pid_t pid = arena->victim, stopped = 0;
	int status, ret = 0;
	long word;

	if (ptrace(PTRACE_SEIZE, pid, 0, 0))
		return errno;
	/* exec(2) in another thread ends the thread that was interrupted: so interrupt again. */
	while (!ret && !stopped) {
		usleep(1000);
		stopped = ptrace(PTRACE_INTERRUPT, pid, 0, 0) ? -1 :
			  waitpid(pid, &status, __WALL | WNOHANG);
		if (stopped < 0)
			ret = errno;
	}
	if (!ret && !WIFSTOPPED(status))
		ret = ESRCH;
	errno = 0;
	if (!ret) {
		word = ptrace(PTRACE_PEEKDATA, pid, address_of(turn), 0);
		ret = errno;
	}
	if (!ret && (__u64)word != STAMP + turn->page)
		ret = WRONG_BYTES;
	if (!ret && turn->op->arg)
		ret = errno_of(ptrace(PTRACE_POKEDATA, pid, address_of(turn), word));
	/*
	 * It ends: its parent hears of that when its tracer has. After exec(2) in another
	 * thread the tracer is told of nobody's end, as if it had never traced.
	 */
	if (ptrace(PTRACE_DETACH, pid, 0, 0))
		while (!waitpid(pid, &status, __WALL | WNOHANG) && !kill(pid, 0))
			usleep(1000);
	return ret;
}

static int run_kill(const struct turn *turn)
{
	return errno_of(kill(arena->victim, turn->op->arg));
}

static int run_stop(const struct turn *turn)
{
	int ret = errno_of(kill(arena->victim, SIGSTOP));

	(void)turn;
	usleep(100);
	return errno_of(kill(arena->victim, SIGCONT)) ?: ret;
}

static int run_process_madvise(const struct turn *turn)
{
	struct iovec iov = { start_of(turn), size_of(turn) };
	int fd = syscall(SYS_pidfd_open, arena->victim, 0), ret;

	if (fd < 0)
		return errno;
	ret = errno_of(syscall(SYS_process_madvise, fd, &iov, 1UL, turn->op->arg, 0));
	close(fd);
	return ret;
}

/* The driver. */
static int run_ioctl(const struct turn *turn)
{
	return errno_of(ioctl(turn->fd, turn->op->arg, SLOT));
}

static int run_freeze(const struct turn *turn)
{
	if (ioctl(turn->fd, VMREMAP_TEST_FREEZE, SLOT))
		return errno;
	sched_yield();
	/* Another one may have put it meanwhile. */
	ioctl(turn->fd, VMREMAP_TEST_THAW, SLOT);
	return 0;
}

/*
 * Is there somebody who has to come to an end although the area is frozen? Not beside exec:
 * that waits for the area where it releases locks, and the other threads have ended by then.
 */
static bool holds_up(const struct turn *turn, bool patient)
{
	for (int n = 0; n < arena->cell.nr; n++) {
		const struct actor *actor = &arena->actors[n];

		if (n == turn->slot ||
		    __atomic_load_n(&actor->acted, __ATOMIC_ACQUIRE) == arena->go)
			continue;
		if (patient || !(actor->turn.op->waits || arena->effects & EXECS))
			return true;
	}
	return false;
}

/*
 * Until all others have ended, the victim too if it has to. Only those that may wait for
 * the area are not waited for longer than a while.
 */
static int run_freeze_long(const struct turn *turn)
{
	__u64 since = now();

	if (ioctl(turn->fd, VMREMAP_TEST_FREEZE, SLOT))
		return errno;
	while (!is_over() && holds_up(turn, now() - since < PATIENCE_NS))
		usleep(100);
	ioctl(turn->fd, VMREMAP_TEST_THAW, SLOT);
	return 0;
}

static int run_put(const struct turn *turn)
{
	return errno_of(memory_free(turn->fd, SLOT));
}

static int run_alloc(const struct turn *turn)
{
	__u32 slot = SPARE_SLOT + turn->slot;
	int ret = memory_alloc(turn->fd, slot, VMREMAP_TEST_AREA, turn->op->arg * PAGE_SIZE, 0);

	return ret ?: errno_of(memory_free(turn->fd, slot));
}

static int run_get(const struct turn *turn)
{
	return errno_of(ioctl(turn->fd, VMREMAP_TEST_GET_AND_PUT, SLOT));
}

/* The kernel's own accesses, which no freezing keeps from. */
static int run_poke(const struct turn *turn)
{
	size_t pages = turn->kind->pages - SCRATCH_PAGES;

	return errno_of(memory_poke(turn->fd, SLOT, pages, STAMP)) ?:
	       errno_of(memory_peek(turn->fd, SLOT, pages, STAMP));
}

/* The machine. */
static int run_proc_write(const struct turn *turn)
{
	static const char * const files[] = {
		"/proc/sys/vm/compact_memory", "/proc/sys/vm/drop_caches",
	};

	return write_text(files[turn->op->arg], "1") ? 0 : errno;
}

static int run_thp_never(const struct turn *turn)
{
	(void)turn;
	if (access(THP, F_OK))
		return 0;
	if (!write_text(THP, "never"))
		return errno;
	return write_text(THP, "always") ? 0 : errno;
}

/* The frame of a page of the victim's: to fail, or to be taken away softly. */
static int run_offline(const struct turn *turn)
{
	static const char * const files[] = {
		"/sys/devices/system/memory/soft_offline_page",
		"/sys/devices/system/memory/hard_offline_page",
	};
	char path[64], text[32];
	__u64 entry = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", arena->victim);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	if (pread(fd, &entry, sizeof(entry), (unsigned long)address_of(turn) / PAGE_SIZE *
		  sizeof(entry)) != sizeof(entry))
		entry = 0;
	close(fd);
	if (!(entry >> 63))
		return 0;
	snprintf(text, sizeof(text), "%llu", (entry & ((1ULL << 55) - 1)) * PAGE_SIZE);
	return write_text(files[turn->op->arg], text) ? 0 : errno;
}

static int run_cgroup(const struct turn *turn)
{
	char pid[16];

	(void)turn;
	snprintf(pid, sizeof(pid), "%d", arena->victim);
	if (!write_text(GROUP "/cgroup.procs", pid))
		return errno;
	write_text(GROUP "/memory.reclaim", "64M");
	return write_text(CGROUP "/cgroup.procs", pid) ? 0 : errno;
}

static int run_cgroup_freeze(const struct turn *turn)
{
	char pid[16];
	int ret = 0;

	(void)turn;
	snprintf(pid, sizeof(pid), "%d", arena->victim);
	if (!write_text(GROUP "/cgroup.procs", pid))
		return errno;
	if (!write_text(GROUP "/cgroup.freeze", "1"))
		ret = errno;
	usleep(200);
	write_text(GROUP "/cgroup.freeze", "0");
	return write_text(CGROUP "/cgroup.procs", pid) ? ret : errno;
}

#define SAMPLE "vmremap_sample_c"

/* A driver that comes, or goes, beside it. */
static int run_module(const struct turn *turn)
{
	(void)turn;
	if (module_unload(SAMPLE) && errno != ENOENT)
		return errno;
	return errno_of(module_load("/modules/" SAMPLE ".ko", ""));
}

#define OP(_name, _who, _class, _run, ...) \
	{ .name = _name, .who = _who, .class = _class, .run = _run, __VA_ARGS__ }
#define ADVICE(advice, ...) \
	OP(#advice, THREAD, ADVISES, run_madvise, .arg = advice, __VA_ARGS__)

static const struct op ops[] = {
	OP("read", THREAD, TOUCHES, run_read, .waits = true),
	OP("write", THREAD, TOUCHES, run_write, .waits = true, .writable = true),
	OP("MADV_POPULATE_READ", THREAD, POPULATES, run_madvise,
	   .arg = MADV_POPULATE_READ, .waits = true),
	OP("MADV_POPULATE_WRITE", THREAD, POPULATES, run_madvise,
	   .arg = MADV_POPULATE_WRITE, .waits = true, .writable = true),
	ADVICE(MADV_DONTNEED, .effects = ZAPS),
	ADVICE(MADV_DONTNEED_LOCKED, .effects = ZAPS),
	ADVICE(MADV_COLD),
	ADVICE(MADV_PAGEOUT, .effects = MOVES),
	ADVICE(MADV_WILLNEED, .also = { EBADF }),
	ADVICE(MADV_HUGEPAGE, .effects = SPLITS),
	ADVICE(MADV_NOHUGEPAGE, .effects = SPLITS),
	ADVICE(MADV_COLLAPSE, .also = { EINVAL }),
	ADVICE(MADV_RANDOM, .effects = SPLITS),
	ADVICE(MADV_NORMAL, .effects = SPLITS),
	ADVICE(MADV_DONTFORK, .effects = SPLITS | NO_FORK),
	ADVICE(MADV_MERGEABLE, .effects = SPLITS),
	OP("PR_SET_THP_DISABLE", THREAD, OTHERWISE, run_thp_disable, .effects = NO_THP_LEFT),
	OP("mprotect none", THREAD, ADVISES, run_mprotect,
	   .effects = PROTECTS | SPLITS, .arg = PROT_NONE),
	OP("mprotect read", THREAD, ADVISES, run_mprotect,
	   .effects = PROTECTS | SPLITS, .arg = PROT_READ),
	OP("munmap", THREAD, OTHERWISE, run_munmap, .effects = UNMAPS),
	OP("mremap", THREAD, REMAPS, run_mremap, .effects = UNMAPS | SPLITS),
	OP("mlock", THREAD, ADVISES, run_mlock, .effects = LOCKS | SPLITS, .waits = true),
	/* It populates nevertheless, because the kernel does not lock what cannot grow. */
	OP("mlock on fault", THREAD, ADVISES, run_mlock,
	   .effects = LOCKS | SPLITS, .arg = MLOCK_ONFAULT, .waits = true),
	OP("mlockall", THREAD, OTHERWISE, run_mlockall,
	   .effects = LOCKS | SPLITS, .arg = MCL_CURRENT, .waits = true),
	OP("mmap", THREAD, MAPS, run_mmap, .waits = true),
	OP("mmap MAP_POPULATE", THREAD, MAPS, run_mmap, .arg = MAP_POPULATE, .waits = true),
	OP("mmap over it", THREAD, MAPS, run_mmap_over),
	OP("mmap of anonymous memory", THREAD, OTHERWISE, run_mmap_anonymous),
	OP("fork", THREAD, FORKS, run_fork, .waits = true, .cost = 4),
	OP("vfork", THREAD, FORKS, run_vfork, .cost = 4),
	OP("exit", THREAD, OTHERWISE, run_exit, .effects = ENDS, .cost = 20),
	OP("exec", THREAD, OTHERWISE, run_exec, .effects = ENDS | EXECS, .cost = 20),
	OP("exec, an argument in it", THREAD, COPIES, run_exec,
	   .effects = ENDS | EXECS, .arg = 1, .waits = true, .cost = 20),
	OP("core dump", THREAD, OTHERWISE, run_dump, .effects = ENDS, .cost = 20),
	OP("write() from it", THREAD, COPIES, run_pipe_write, .waits = true),
	OP("read() into it", THREAD, COPIES, run_pipe_read, .waits = true, .writable = true),
	OP("vmsplice", THREAD, COPIES, run_vmsplice, .effects = PINS, .waits = true),
	OP("O_DIRECT write() from it", THREAD, COPIES, run_direct, .effects = PINS, .waits = true),
	OP("O_DIRECT read() into it", THREAD, COPIES, run_direct,
	   .effects = PINS, .arg = 1, .waits = true, .writable = true),
	OP("io_uring buffer", THREAD, COPIES, run_ring,
	   .effects = PINS, .waits = true, .writable = true, .cost = 2),
	OP("FUTEX_WAKE", THREAD, COPIES, run_futex_wake,
	   .effects = PINS, .waits = true, .of_area = true),
	OP("FUTEX_WAIT", THREAD, COPIES, run_futex_wait,
	   .effects = PINS, .arg = FUTEX_WAIT, .waits = true, .of_area = true,
	   .also = { EAGAIN }),
	OP("FUTEX_WAIT, private", THREAD, COPIES, run_futex_wait,
	   .arg = FUTEX_WAIT | FUTEX_PRIVATE_FLAG, .waits = true, .also = { EAGAIN }),
	OP("FUTEX_LOCK_PI", THREAD, COPIES, run_futex_lock,
	   .effects = PINS,
	   .arg = FUTEX_LOCK_PI, .waits = true, .at_once = true, .of_area = true,
	   .writable = true),
	OP("FUTEX_LOCK_PI, private", THREAD, COPIES, run_futex_lock,
	   .arg = FUTEX_LOCK_PI | FUTEX_PRIVATE_FLAG, .waits = true, .at_once = true,
	   .writable = true),
	OP("mincore", THREAD, ADVISES, run_mincore),
	OP("msync", THREAD, ADVISES, run_msync, .arg = MS_ASYNC),
	OP("mbind", THREAD, ADVISES, run_mbind, .effects = MOVES | SPLITS, .also = { EIO }),
	OP("a signal's frame in it", THREAD, TOUCHES, run_sigaltstack,
	   .effects = SIGNALS, .waits = true, .writable = true),
	OP("smaps_rollup", OTHER, REACHES, run_smaps),
	OP("pagemap", OTHER, REACHES, run_pagemap),
	OP("cmdline", OTHER, REACHES, run_cmdline),
	OP("clear_refs 1", OTHER, REACHES, run_clear_refs, .arg = 1),
	OP("clear_refs 4", OTHER, REACHES, run_clear_refs, .arg = 4, .also = { EINVAL }),
	OP("move_pages", OTHER, REACHES, run_move_pages, .effects = MOVES),
	OP("migrate_pages", OTHER, REACHES, run_migrate_pages, .effects = MOVES, .also = { EBUSY }),
	OP("process_vm_readv", OTHER, REACHES, run_vm_readv, .effects = PINS, .waits = true),
	OP("process_vm_writev", OTHER, REACHES, run_vm_writev,
	   .effects = PINS, .waits = true, .writable = true),
	OP("read of /proc/PID/mem", OTHER, REACHES, run_mem, .effects = PINS, .at_once = true),
	OP("write of /proc/PID/mem", OTHER, REACHES, run_mem,
	   .effects = PINS, .arg = 1, .at_once = true, .writable = true),
	OP("PTRACE_PEEKDATA", OTHER, REACHES, run_ptrace, .effects = TRACES | SIGNALS | PINS,
	   .at_once = true),
	OP("PTRACE_POKEDATA", OTHER, REACHES, run_ptrace,
	   .effects = TRACES | SIGNALS | PINS, .arg = 1, .at_once = true, .writable = true),
	OP("process_madvise cold", ROOT, REACHES, run_process_madvise, .arg = MADV_COLD),
	OP("process_madvise pageout", ROOT, REACHES, run_process_madvise,
	   .effects = MOVES, .arg = MADV_PAGEOUT),
	OP("SIGKILL", OTHER, REACHES, run_kill, .effects = ENDS, .arg = SIGKILL, .cost = 20),
	OP("a signal", OTHER, REACHES, run_kill, .effects = SIGNALS, .arg = SIGUSR1),
	OP("SIGSTOP and SIGCONT", OTHER, REACHES, run_stop, .effects = SIGNALS),
	OP("freeze and thaw", DRIVER, DRIVES, run_freeze, .effects = FREEZES, .revocable = true),
	OP("freeze for long", DRIVER, DRIVES, run_freeze_long,
	   .effects = FREEZES, .revocable = true, .cost = 10),
	OP("revoke", DRIVER, DRIVES, run_ioctl,
	   .effects = REVOKES, .arg = VMREMAP_TEST_REVOKE, .revocable = true),
	OP("put", DRIVER, DRIVES, run_put, .effects = PUTS, .of_area = true),
	OP("get and put", DRIVER, DRIVES, run_get, .of_area = true),
	OP("alloc and put of a page", DRIVER, DRIVES, run_alloc, .arg = 1),
	OP("alloc and put of a PMD", DRIVER, DRIVES, run_alloc, .arg = PMD_SIZE / PAGE_SIZE),
	OP("the driver's own access", DRIVER, DRIVES, run_poke),
	OP("compaction", ROOT, OTHERWISE, run_proc_write, .effects = MOVES, .cost = 10),
	OP("drop_caches", ROOT, OTHERWISE, run_proc_write, .arg = 1, .cost = 4),
	OP("THP never and always", ROOT, OTHERWISE, run_thp_never),
	OP("soft offline", ROOT, REACHES, run_offline,
	   .effects = MOVES, .of_area = true, .cost = 4,
	   .also = { EBUSY, EIO, EAGAIN, EOPNOTSUPP, ENXIO }),
	OP("memory failure", ROOT, REACHES, run_offline,
	   .effects = POISONS, .arg = 1, .of_area = true, .cost = 100,
	   .also = { EBUSY, EIO, EAGAIN, EOPNOTSUPP, EHWPOISON }),
	OP("cgroup move and reclaim", ROOT, REACHES, run_cgroup,
	   .effects = MOVES, .cost = 10, .also = { EAGAIN }),
	OP("cgroup freeze", ROOT, REACHES, run_cgroup_freeze, .effects = SIGNALS, .cost = 10),
	OP("module load and unload", ROOT, OTHERWISE, run_module, .effects = LOADS, .cost = 50),
};

#define OPS ((int)ARRAY_SIZE(ops))

#endif /* VMREMAP_SELFTESTS_RACE_OPS_H */

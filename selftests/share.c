// SPDX-License-Identifier: GPL-2.0
/* Processes and threads that share a mapping: fork(2), clone(2), futex(2), robust mutexes. */
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>

#include "calls.h"
#include "cgroup.h"

/* The index of a word that is free for use; the test compares word 0. */
#define WORD 1

static __u32 *word_of(const struct mapping *m)
{
	return (__u32 *)(page_word(m->addr, 0) + WORD);
}

static void touch_all(struct mapping *m)
{
	say_what_is_left(m);
}

CALL(fork, "`fork()`: the child's mapping")
{
	say_of_child(m, touch_all);
	say(m, "0");
}

CALL(dontfork, "`MADV_DONTFORK`, `fork()`: the child's mapping")
{
	madvise(m->addr, m->size, MADV_DONTFORK);
	say_of_child(m, touch_all);
}

static int use_memory(void *arg)
{
	struct mapping *m = arg;

	touch_all(m);
	return 0;
}

/* A process that shares the address space unmaps the memory, for this process, too. */
static int unmap_memory(void *arg)
{
	struct mapping *m = arg;

	return munmap(m->addr, m->size);
}

#define STACK_SIZE 65536

static void clone_vm(struct mapping *m, int (*fn)(void *))
{
	char *stack = mmap(NULL, STACK_SIZE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pid_t pid = clone(fn, stack + STACK_SIZE, CLONE_VM | CLONE_VFORK | SIGCHLD, m);
	int status = wait_for(pid);

	munmap(stack, STACK_SIZE);
	say_result(m, status);
}

CALL(clone_vm, "`clone(CLONE_VM)`: the child uses it")
{
	clone_vm(m, use_memory);
}

CALL(clone_vm_unmaps, "`clone(CLONE_VM)`: the child unmaps it")
{
	clone_vm(m, unmap_memory);
	say(m, "%s here", signal_names[touch(m->addr, false)]);
	m->gone = true;
}

#define CHILDREN 8

/* A child that is killed before its parent. It exits with 0 if the memory was unchanged. */
static int use_memory_and_more(struct mapping *m)
{
	write_text("/proc/self/oom_score_adj", "1000");
	touch_all(m);
	memset(malloc(1 << 20), 1, 1 << 20);
	touch_all(m);
	return m->outcome[0];
}

/* The memory does not suffice for all children: fork() may fail, and some may be killed. */
CALL(fork_under_pressure, "`fork()` of many at a cgroup's limit: children that find it changed")
{
	pid_t children[CHILDREN];
	int status, wrong = 0;

	if (!cgroup_enter()) {
		m->skip = "no memory cgroup to be had";
		return;
	}
	write_text(GROUP "/memory.max", "3145728");
	write_text("/proc/self/oom_score_adj", "-1000");
	for (int i = 0; i < CHILDREN; i++)
		children[i] = start_child(use_memory_and_more(m));
	for (int i = 0; i < CHILDREN; i++) {
		status = children[i] < 0 ? 0 : wait_for(children[i]);
		wrong += status && status != -SIGKILL;
	}
	cgroup_leave();
	say(m, "%d", wrong);
}

static long futex(__u32 *word, int op, __u32 value)
{
	return syscall(SYS_futex, word, op, value, NULL, NULL, 0);
}

static void call_futex(struct mapping *m)
{
	say_result(m, futex(word_of(m), m->number, 1));
}

ROW(wake_private, "`FUTEX_WAKE_PRIVATE`", call_futex, FUTEX_WAKE_PRIVATE)
ROW(wake_shared, "`FUTEX_WAKE`, shared", call_futex, FUTEX_WAKE)
ROW(wait_private, "`FUTEX_WAIT_PRIVATE` for another value", call_futex, FUTEX_WAIT_PRIVATE)
ROW(wait_shared, "`FUTEX_WAIT`, shared, for another value", call_futex, FUTEX_WAIT)

CALL(wake_child, "`FUTEX_WAKE`, shared, of a child that waits: how many it finds")
{
	pid_t pid = start_child(!!futex(word_of(m), FUTEX_WAIT, 0));
	bool ended = false, ready;
	long woken;

	/* Its wait may be refused. */
	ready = eventually(sleeps_in(pid, "futex") || (ended = waitpid(pid, NULL, WNOHANG) == pid));
	if (!ready)
		say(m, "the child does not wait");
	woken = futex(word_of(m), FUTEX_WAKE, 1);
	say_result(m, woken);
	if (ended)
		return;
	/* Nobody wakes a task that waits in a private copy. */
	if (woken != 1)
		kill(pid, SIGKILL);
	wait_for(pid);
}

/* A mutex in the mapping, whose owner dies. */
static pthread_mutex_t *mutex_of(const struct mapping *m)
{
	return (pthread_mutex_t *)(page_word(m->addr, 1) + WORD);
}

CALL(robust_mutex, "a robust mutex whose owner, another process, dies")
{
	pthread_mutexattr_t attr;
	int ret;

	if (!(m->kind->prot & PROT_WRITE))
		return say(m, "-");
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(mutex_of(m), &attr);
	in_child(pthread_mutex_lock(mutex_of(m)));
	ret = pthread_mutex_lock(mutex_of(m));
	say(m, "%s", ret ? strerrorname_np(ret) : "0");
	if (ret == EOWNERDEAD)
		pthread_mutex_consistent(mutex_of(m));
	pthread_mutex_unlock(mutex_of(m));
	pthread_mutex_destroy(mutex_of(m));
}

TEST_HARNESS_MAIN

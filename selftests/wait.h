/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Waits of the test programs. A test waits for an event, and gives up only after so long a time
 * that the event cannot come any more. VMREMAP_TIMEOUT_SCALE multiplies this time on slow kernels.
 */
#ifndef VMREMAP_SELFTESTS_WAIT_H
#define VMREMAP_SELFTESTS_WAIT_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "files.h"

/* A number of seconds that bounds a wait, on this kernel. */
static inline unsigned int patience(unsigned int seconds)
{
	const char *scale = getenv("VMREMAP_TIMEOUT_SCALE");

	return seconds * (scale ? atoi(scale) : 1);
}

/* The seconds that bound a single wait. */
#define A_MINUTE	patience(60)

/* Wait until @condition holds. Returns false if it still does not after a minute or more. */
#define eventually(condition) ({				\
	unsigned int left_ = A_MINUTE * 1000;			\
	bool holds_;						\
								\
	while (!(holds_ = (condition)) && left_--)		\
		usleep(1000);					\
	holds_;							\
})

/* Does a task sleep in a kernel function with this text in its name? */
static inline bool sleeps_in(pid_t tid, const char *function)
{
	char path[32], name[128];

	snprintf(path, sizeof(path), "/proc/%d/wchan", tid);
	return read_text(path, name, sizeof(name)) && strstr(name, function);
}

/* Wait for a child. Returns its exit status, or minus the signal that ended it. */
static inline int wait_for(pid_t pid)
{
	int status;

	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

/* Start a child that exits with the value of @expression. */
#define start_child(expression) ({				\
	pid_t pid_ = fork();					\
								\
	if (!pid_)						\
		_exit(expression);				\
	pid_;							\
})

/* Evaluate @expression in a child, and wait for it. */
#define in_child(expression) wait_for(start_child(expression))

#endif /* VMREMAP_SELFTESTS_WAIT_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* Signals that an access raises. */
#ifndef VMREMAP_SELFTESTS_SIGNALS_H
#define VMREMAP_SELFTESTS_SIGNALS_H

#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

/* Where this thread continues after SIGSEGV or SIGBUS, if it has called catch_signal(). */
static __thread sigjmp_buf signal_return;
static __thread bool signal_caught;

/* The compiler moves no access across this. */
static inline void set_catch(bool on)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	__atomic_store_n(&signal_caught, on, __ATOMIC_RELAXED);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/* Returns 0, and again the signal that an access raises before set_catch(false). */
#define catch_signal() ({				\
	int sig_ = sigsetjmp(signal_return, 0);		\
							\
	set_catch(!sig_);				\
	sig_;						\
})

/* A signal that is not caught ends the process, as without a handler. */
static inline void signal_handler(int sig)
{
	if (__atomic_load_n(&signal_caught, __ATOMIC_RELAXED))
		siglongjmp(signal_return, sig);
	signal(sig, SIG_DFL);
	raise(sig);
}

static inline void __attribute__((constructor)) signal_handler_install(void)
{
	/* Not blocked meanwhile, so that no system call has to unblock it. */
	struct sigaction action = { .sa_handler = signal_handler, .sa_flags = SA_NODEFER };

	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
}

/* Call @access on @addr. Returns the SIGSEGV or SIGBUS that this raised, or 0. */
static inline int signal_of(void (*access)(void *addr), void *addr)
{
	int sig = catch_signal();

	if (!sig)
		access(addr);
	set_catch(false);
	return sig;
}

static inline void read_byte(void *addr)
{
	__atomic_load_n((char *)addr, __ATOMIC_RELAXED);
}

static inline void write_byte(void *addr)
{
	char value = __atomic_load_n((char *)addr, __ATOMIC_RELAXED);

	__atomic_store_n((char *)addr, value, __ATOMIC_RELAXED);
}

#endif /* VMREMAP_SELFTESTS_SIGNALS_H */

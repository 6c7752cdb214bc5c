/* SPDX-License-Identifier: MIT */
#include "framework/threads/start.h"

#include <signal.h>

bool lam_thread_start(
	pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *data)
{
	sigset_t all, callers;
	sigfillset(&all);
	sigdelset(&all, SIGSEGV);
	sigdelset(&all, SIGBUS);
	sigdelset(&all, SIGFPE);
	sigdelset(&all, SIGILL);
	pthread_sigmask(SIG_SETMASK, &all, &callers);
	const bool started = pthread_create(thread, attributes, run, data) == 0;
	pthread_sigmask(SIG_SETMASK, &callers, NULL);
	return started;
}

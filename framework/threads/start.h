/* SPDX-License-Identifier: MIT */
/* Starts the library's own threads. Private to the framework. */
#ifndef LAM_START_H
#define LAM_START_H

#include <pthread.h>
#include <stdbool.h>

#pragma GCC visibility push(hidden)

/* As pthread_create(), with signals blocked, so that the program's handlers never run on the new
 * thread, and restores the caller's mask. Signals that a thread raises by a fault of its own stay
 * unblocked: when blocked, they would end the process before the program's handler ran. False: the
 * system has no thread. */
bool lam_thread_start(
	pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *data);

#pragma GCC visibility pop
#endif

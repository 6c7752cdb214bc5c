/* SPDX-License-Identifier: MIT */
/* A transport around another one, whose messages take a time: so many seconds, and so many for each
 * byte. */
#ifndef LAM_TESTS_SLOW_COMM_H
#define LAM_TESTS_SLOW_COMM_H

#include <lamina.h>

#include "tests/kit.h"

#include <math.h>
#include <time.h>

struct slow {
	lam_comm *inner;
	double latency, per_byte;
	double due[LAM_COMM_SLOTS]; /* when the message of a slot is there, at the earliest */
	double free;                /* when the line has sent what was given to it */
	int begun;                  /* how many exchanges were begun */
};

static double slow_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* When a message that is given to the line now has come. */
static double slow_due(struct slow *slow, size_t bytes)
{
	const double now = slow_now();
	slow->free = fmax(slow->free, now) + slow->per_byte * (double)bytes;
	return slow->free + slow->latency;
}

static void slow_sleep(double until)
{
	const double rest = until - slow_now();
	const struct timespec t = {(time_t)rest, (long)(1e9 * (rest - floor(rest)))};
	if (rest > 0)
		nanosleep(&t, NULL);
}

/* An exchange that waits. Long messages go as those do that are begun, which the transport may send
 * another way. */
static lam_status slow_wait(lam_comm *comm, int partner, const void *send, size_t send_bytes,
	void *receive, size_t receive_bytes, double seconds)
{
	enum { SHORT = 4096, SLOT = 0 };
	bool done = false;
	if (send_bytes != receive_bytes || send_bytes <= SHORT || !lam_comm_begins(comm))
		return lam_comm_exchange(
			comm, partner, send, send_bytes, receive, receive_bytes, seconds);
	const lam_status status = lam_comm_begin(comm, SLOT, partner, send, receive, send_bytes);
	return status ? status : lam_comm_finish(comm, SLOT, seconds, &done);
}

static lam_status slow_exchange(lam_comm *self, int partner, const void *send, size_t send_bytes,
	void *receive, size_t receive_bytes, double seconds)
{
	struct slow *slow = lam_comm_state(self);
	const double due = slow_due(slow, send_bytes > receive_bytes ? send_bytes : receive_bytes);
	const lam_status status = slow_wait(
		slow->inner, partner, send, send_bytes, receive, receive_bytes, seconds);
	slow_sleep(due);
	return status;
}

static lam_status slow_begin(
	lam_comm *self, int slot, int partner, const void *send, void *receive, size_t bytes)
{
	struct slow *slow = lam_comm_state(self);
	slow->due[slot] = slow_due(slow, bytes);
	slow->begun++;
	return lam_comm_begin(slow->inner, slot, partner, send, receive, bytes);
}

/* Whether the slot's message may be there. */
static bool slow_is_due(struct slow *slow, int slot, double seconds)
{
	if (seconds <= 0 && slow_now() < slow->due[slot])
		return false;
	slow_sleep(slow->due[slot]);
	return true;
}

static lam_status slow_finish(lam_comm *self, int slot, double seconds, bool *done)
{
	struct slow *slow = lam_comm_state(self);
	return slow_is_due(slow, slot, seconds) ? lam_comm_finish(slow->inner, slot, seconds, done)
						: LAM_OK;
}

static lam_status slow_look(
	lam_comm *self, int slot, double seconds, bool *done, const void **message)
{
	struct slow *slow = lam_comm_state(self);
	return slow_is_due(slow, slot, seconds)
		? lam_comm_look(slow->inner, slot, seconds, done, message)
		: LAM_OK;
}

static void slow_fail(lam_comm *self, const char *sentence)
{
	lam_comm_fail(((struct slow *)lam_comm_state(self))->inner, sentence);
}

static void slow_release(lam_comm *self)
{
	lam_comm_free(((struct slow *)lam_comm_state(self))->inner);
}

/* Takes `inner`. Without `begins`, no exchange goes on while backward does. */
KIT_UNUSED static lam_comm *slow_comm(lam_comm *inner, double latency, double per_byte, bool begins)
{
#define SLOW \
	LAM_COMM_ABI, .kind = "slow", .state_size = sizeof(struct slow), \
		      .exchange = slow_exchange, .fail = slow_fail, .release = slow_release
	static const lam_comm_class begin_class = {SLOW, .begin = slow_begin, .finish = slow_finish,
					    .look = slow_look},
				    wait_class = {SLOW};
#undef SLOW
	lam_comm *comm = lam_comm_new(
		begins ? &begin_class : &wait_class, lam_comm_rank(inner), lam_comm_size(inner));
	if (comm) {
		struct slow *slow = lam_comm_state(comm);
		*slow = (struct slow){.inner = inner, .latency = latency, .per_byte = per_byte};
	}
	return comm;
}

#endif

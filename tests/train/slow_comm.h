/* SPDX-License-Identifier: MIT */
/* A transport around another one, whose messages take a time: so many seconds, and so many for each
 * byte. */
#ifndef LAM_TESTS_SLOW_COMM_H
#define LAM_TESTS_SLOW_COMM_H

#include <lamina.h>

#include "tests/kit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct slow {
	lam_comm *inner;
	double latency, per_byte;
	double due[LAM_COMM_SLOTS]; /* when the message of a slot is there, at the earliest */
	double free;                /* when the line has sent what was given to it */
	int begun;                  /* how many exchanges were begun */
	/* What is looked at, and the inner transport has written to the caller's array. */
	struct {
		void *receive, *came; /* came NULL: nothing is */
		size_t bytes;
	} slots[LAM_COMM_SLOTS];
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
	slow->slots[slot].receive = receive;
	slow->slots[slot].bytes = bytes;
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
	*done = slow->slots[slot].came;
	free(slow->slots[slot].came);
	slow->slots[slot].came = NULL;
	return !*done && slow_is_due(slow, slot, seconds)
		? lam_comm_finish(slow->inner, slot, seconds, done)
		: LAM_OK;
}

/* Where the inner transport writes what came to the caller's array, this one takes it from there,
 * so that what looks must not read it there. */
static lam_status slow_look(
	lam_comm *self, int slot, double seconds, bool *done, const void **message)
{
	struct slow *slow = lam_comm_state(self);
	void *receive = slow->slots[slot].receive;
	const size_t bytes = slow->slots[slot].bytes;
	*message = slow->slots[slot].came;
	*done = *message;
	if (*done || !slow_is_due(slow, slot, seconds))
		return LAM_OK;
	const lam_status status = lam_comm_look(slow->inner, slot, seconds, done, message);
	if (status || !*done || *message)
		return status;
	slow->slots[slot].came = malloc(bytes);
	if (!slow->slots[slot].came)
		return LAM_ERR_MEMORY;
	*message = memcpy(slow->slots[slot].came, receive, bytes);
	memset(receive, 0xff, bytes);
	return LAM_OK;
}

static void slow_fail(lam_comm *self, const char *sentence)
{
	lam_comm_fail(((struct slow *)lam_comm_state(self))->inner, sentence);
}

static void slow_release(lam_comm *self)
{
	struct slow *slow = lam_comm_state(self);
	lam_comm_free(slow->inner);
	for (int slot = 0; slot < LAM_COMM_SLOTS; slot++)
		free(slow->slots[slot].came);
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

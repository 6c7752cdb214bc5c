/* SPDX-License-Identifier: MIT */
/* Ranks that are threads of one process. An exchange is a rendezvous: each side shows where its
 * data lie, copies the other's, and leaves when its own have been copied. One that was begun is the
 * same, copied when either side asks for its end. */
#include "framework/comm.h"

#include "framework/memory.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* One side of an exchange that was begun. */
struct letter {
	const void *data;
	void *receive;
	size_t bytes;
	int partner;
	bool open, got, taken; /* begun; has the partner's data; the partner has these */
};

/* What one rank shows to its partner. Each rank is in one exchange that waits at a time. */
struct seat {
	pthread_cond_t changed; /* the seat's own rank waits for it */
	const void *data;
	size_t bytes;
	int partner;         /* -1: none */
	bool copying, taken; /* the partner copies the data, or has */
	bool left;           /* the rank's end was freed */
	struct letter letters[LAM_COMM_SLOTS];
};

struct group {
	pthread_mutex_t lock;
	int size, users;
	bool failed;
	char sentence[512];
	struct seat seats[];
};

struct end {
	struct group *group;
};

static struct group *group_of(const lam_comm *comm)
{
	return ((struct end *)lam_comm_state(comm))->group;
}

static struct timespec deadline_after(double seconds)
{
	enum { MOST = 1000000000 }; /* some 30 years */
	struct timespec at;
	const double whole = floor(seconds < MOST ? seconds : MOST);
	clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_sec += (time_t)whole;
	at.tv_nsec += (long)((seconds < MOST ? seconds - whole : 0) * 1e9);
	if (at.tv_nsec >= 1000000000) {
		at.tv_nsec -= 1000000000;
		at.tv_sec++;
	}
	return at;
}

static lam_status left(int partner)
{
	return lam_fail(LAM_ERR_IO, "rank %d has left; expected its data", partner);
}

static lam_status late(int partner, int rank, double seconds)
{
	return lam_fail(LAM_ERR_IO, "rank %d did not answer rank %d within %g seconds", partner,
		rank, seconds);
}

static lam_status differs(int partner, size_t came, int rank, size_t wanted)
{
	return lam_fail(LAM_ERR_IO,
		"rank %d has sent %zu bytes; rank %d expected %zu: they are not at the same step "
		"of one run",
		partner, came, rank, wanted);
}

/* Whether the partner's data are there to be copied. */
static bool shown(const struct group *group, int rank, int partner)
{
	return group->seats[partner].partner == rank && !group->seats[partner].taken;
}

/* Waits, with the lock held, for the partner's data, or until ours were taken. */
static lam_status wait_for(struct group *group, int rank, int partner, bool taken,
	const struct timespec *deadline, double seconds)
{
	struct seat *own = &group->seats[rank];
	int timed = 0;
	for (;;) {
		while (own->copying) /* nobody may free the data now */
			pthread_cond_wait(&own->changed, &group->lock);
		if (group->failed)
			return lam_fail(LAM_ERR_IO, "%s", group->sentence);
		if (taken ? own->taken : shown(group, rank, partner))
			return LAM_OK;
		if (group->seats[partner].left)
			return left(partner);
		if (timed == ETIMEDOUT)
			return late(partner, rank, seconds);
		timed = pthread_cond_timedwait(&own->changed, &group->lock, deadline);
	}
}

static lam_status swap(struct group *group, int rank, int partner, void *receive,
	size_t receive_bytes, double seconds)
{
	const struct timespec deadline = deadline_after(seconds);
	struct seat *own = &group->seats[rank], *other = &group->seats[partner];
	lam_status status = wait_for(group, rank, partner, false, &deadline, seconds);
	if (status)
		return status;
	if (other->bytes != receive_bytes)
		return differs(partner, other->bytes, rank, receive_bytes);
	other->copying = true;
	pthread_mutex_unlock(&group->lock);
	if (receive_bytes > 0)
		memcpy(receive, other->data, receive_bytes);
	pthread_mutex_lock(&group->lock);
	other->copying = false;
	other->taken = true;
	pthread_cond_signal(&other->changed);
	return own->taken ? LAM_OK : wait_for(group, rank, partner, true, &deadline, seconds);
}

/* Nobody may read or write the arrays of this rank from now on: their owner frees them. */
static void close_letters(struct group *group, int rank)
{
	for (int slot = 0; slot < LAM_COMM_SLOTS; slot++)
		group->seats[rank].letters[slot].open = false;
}

static lam_status exchange(lam_comm *self, int partner, const void *send, size_t send_bytes,
	void *receive, size_t receive_bytes, double seconds)
{
	struct group *group = group_of(self);
	const int rank = lam_comm_rank(self);
	struct seat *own = &group->seats[rank];
	pthread_mutex_lock(&group->lock);
	own->data = send;
	own->bytes = send_bytes;
	own->partner = partner;
	own->copying = own->taken = false;
	pthread_cond_signal(&group->seats[partner].changed);
	const lam_status status = swap(group, rank, partner, receive, receive_bytes, seconds);
	own->partner = -1;
	if (status)
		close_letters(group, rank);
	pthread_mutex_unlock(&group->lock);
	return status;
}

static lam_status begin(
	lam_comm *self, int slot, int partner, const void *send, void *receive, size_t bytes)
{
	struct group *group = group_of(self);
	struct letter *own = &group->seats[lam_comm_rank(self)].letters[slot];
	pthread_mutex_lock(&group->lock);
	const bool open = own->open;
	if (!open)
		*own = (struct letter){send, receive, bytes, partner, .open = true};
	pthread_cond_signal(&group->seats[partner].changed);
	pthread_mutex_unlock(&group->lock);
	return open ? lam_fail(LAM_ERR_STATE, "slot %d is in use; expected a free one", slot)
		    : LAM_OK;
}

/* Copies the partner's data if they are there; with the lock held, so that nobody frees them. */
static lam_status take(struct group *group, int rank, int slot)
{
	struct letter *own = &group->seats[rank].letters[slot],
		      *other = &group->seats[own->partner].letters[slot];
	if (own->got || !other->open || other->partner != rank || other->taken)
		return LAM_OK;
	if (other->bytes != own->bytes)
		return differs(own->partner, other->bytes, rank, own->bytes);
	memcpy(own->receive, other->data, own->bytes);
	own->got = other->taken = true;
	pthread_cond_signal(&group->seats[own->partner].changed);
	return LAM_OK;
}

static lam_status finish_locked(struct group *group, int rank, int slot, double seconds, bool *done)
{
	struct seat *seat = &group->seats[rank];
	struct letter *own = &seat->letters[slot];
	const struct timespec deadline = deadline_after(seconds);
	int timed = seconds > 0 ? 0 : ETIMEDOUT;
	for (; own->open;) {
		if (group->failed)
			return lam_fail(LAM_ERR_IO, "%s", group->sentence);
		const lam_status status = take(group, rank, slot);
		if (status)
			return status;
		*done = own->got && own->taken;
		if (*done)
			break;
		if (group->seats[own->partner].left)
			return left(own->partner);
		if (timed == ETIMEDOUT && seconds > 0)
			return late(own->partner, rank, seconds);
		if (timed == ETIMEDOUT)
			return LAM_OK;
		timed = pthread_cond_timedwait(&seat->changed, &group->lock, &deadline);
	}
	*done = true;
	own->open = false;
	return LAM_OK;
}

static lam_status finish(lam_comm *self, int slot, double seconds, bool *done)
{
	struct group *group = group_of(self);
	pthread_mutex_lock(&group->lock);
	const lam_status status = finish_locked(group, lam_comm_rank(self), slot, seconds, done);
	if (status)
		close_letters(group, lam_comm_rank(self));
	pthread_mutex_unlock(&group->lock);
	return status;
}

static void fail(lam_comm *self, const char *sentence)
{
	struct group *group = group_of(self);
	pthread_mutex_lock(&group->lock);
	if (!group->failed)
		snprintf(group->sentence, sizeof group->sentence, "rank %d: %s",
			lam_comm_rank(self), sentence);
	group->failed = true;
	for (int r = 0; r < group->size; r++)
		pthread_cond_signal(&group->seats[r].changed);
	pthread_mutex_unlock(&group->lock);
}

static void group_free(struct group *group)
{
	for (int r = 0; r < group->size; r++)
		pthread_cond_destroy(&group->seats[r].changed);
	pthread_mutex_destroy(&group->lock);
	lam_free(group);
}

static void release(lam_comm *self)
{
	struct group *group = group_of(self);
	if (!group)
		return;
	pthread_mutex_lock(&group->lock);
	group->seats[lam_comm_rank(self)].left = true;
	close_letters(group, lam_comm_rank(self));
	for (int r = 0; r < group->size; r++)
		pthread_cond_signal(&group->seats[r].changed);
	const bool last = --group->users == 0;
	pthread_mutex_unlock(&group->lock);
	if (last)
		group_free(group);
}

static const lam_comm_class threads_class = {
	LAM_COMM_ABI,
	.kind = "threads",
	.state_size = sizeof(struct end),
	.exchange = exchange,
	.fail = fail,
	.release = release,
	.begin = begin,
	.finish = finish,
};

static struct group *group_new(int size)
{
	struct group *group = lam_alloc(1, sizeof *group + (size_t)size * sizeof(struct seat));
	pthread_condattr_t monotonic;
	if (!group)
		return NULL;
	pthread_mutex_init(&group->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	for (int r = 0; r < size; r++) {
		pthread_cond_init(&group->seats[r].changed, &monotonic);
		group->seats[r].partner = -1;
	}
	pthread_condattr_destroy(&monotonic);
	group->size = group->users = size;
	return group;
}

lam_status lam_comm_threads(int size, lam_comm **comms)
{
	if (!comms || size < 1 || size > LAM_MAX_RANKS)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_comm_threads: %d ranks and %s; expected 1 to %d, and room for them",
			size, comms ? "room" : "NULL", (int)LAM_MAX_RANKS);
	struct group *group = group_new(size);
	if (!group)
		return LAM_ERR_MEMORY;
	int made = 0;
	for (; made < size && (comms[made] = lam_comm_new(&threads_class, made, size)); made++)
		((struct end *)lam_comm_state(comms[made]))->group = group;
	if (made == size)
		return LAM_OK;
	while (made > 0) {
		((struct end *)lam_comm_state(comms[--made]))->group = NULL;
		lam_comm_free(comms[made]);
		comms[made] = NULL;
	}
	group_free(group);
	return LAM_ERR_MEMORY;
}

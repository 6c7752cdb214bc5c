/* SPDX-License-Identifier: MIT */
/* Transports: what arrives at which rank, and that a rank that is missing, late, gone or wrong ends
 * the others' calls in time. */
#include "tests/failing_memory.h"
#include "tests/train/comm_jobs.h"

static void exchanges_between_all_pairs(void)
{
	struct rank ranks[MOST_RANKS];
	for (int count = 1; count <= 8; count++)
		if (run_ranks(ranks, count, exchange_all, NULL))
			check_ranks(ranks, count);
}

static void broadcasts_from_every_rank(void)
{
	struct rank ranks[MOST_RANKS];
	for (int count = 1; count <= 9; count++)
		if (run_ranks(ranks, count, spread_all, NULL))
			check_ranks(ranks, count);
}

/* No rank leaves a barrier before the last one has come. */
static lam_status meet_all(struct rank *self)
{
	_Atomic(int) *come = self->data;
	lam_status status = LAM_OK;
	for (int round = 1; round <= 3 && !status; round++) {
		if (self->rank == round % self->ranks)
			sleep_for(0.02);
		(*come)++;
		status = lam_comm_barrier(self->comm, 20);
		if (!status && *come < round * self->ranks)
			status = lam_fail(LAM_ERR_STATE, "left after %d", *come);
		if (!status)
			status = lam_comm_barrier(self->comm, 20);
	}
	return status;
}

static void exchanges_that_were_begun_end_in_any_order(void)
{
	struct rank ranks[MOST_RANKS];
	for (int count = 2; count <= 8; count++)
		if (run_ranks(ranks, count, begin_all, NULL))
			check_ranks(ranks, count);
}

static void a_slot_is_used_again_and_again(void)
{
	struct rank ranks[MOST_RANKS];
	for (int count = 2; count <= 8; count += 2)
		if (run_ranks(ranks, count, begin_again, NULL))
			check_ranks(ranks, count);
}

/* Rank 1 frees what it wanted to send, in `way` 0 with its end, in 1 after a failure. */
static lam_status begin_and_leave(struct rank *self)
{
	bool done = false;
	if (self->rank == 0)
		sleep_for(0.2);
	char *sent = calloc(1, BYTES), *received = calloc(1, BYTES);
	lam_status status = lam_comm_begin(self->comm, 0, 1 - self->rank, sent, received, BYTES);
	if (self->rank == 1 && !status && *(int *)self->data == 1)
		status = lam_comm_finish(self->comm, 0, 0.01, &done);
	if (self->rank == 1) {
		free(sent);
		free(received);
		return *(int *)self->data == 1 && !done ? LAM_OK : status;
	}
	if (!status)
		status = lam_comm_finish(self->comm, 0, 0.5, &done);
	free(sent);
	free(received);
	return status;
}

static void what_was_begun_ends_with_its_rank(void)
{
	struct rank ranks[MOST_RANKS];
	for (int way = 0; way <= 1; way++)
		if (run_ranks(ranks, 2, begin_and_leave, &way))
			check(ranks[0].status == LAM_ERR_IO
					&& strstr(ranks[0].sentence, "rank 1 has left"),
				"way %d: %s", way, ranks[0].sentence);
}

static void barriers_wait_for_all(void)
{
	struct rank ranks[MOST_RANKS];
	for (int count = 1; count <= 9; count++) {
		_Atomic(int) come = 0;
		if (run_ranks(ranks, count, meet_all, &come))
			check_ranks(ranks, count);
	}
}

static lam_status wait_briefly(struct rank *self)
{
	char byte = 0;
	if (self->rank == 1)
		sleep_for(0.5);
	return self->rank == 0 ? lam_comm_exchange(self->comm, 1, &byte, 1, &byte, 1, 0.05)
			       : LAM_OK;
}

static void a_late_rank_is_named(void)
{
	struct rank ranks[MOST_RANKS];
	if (run_ranks(ranks, 2, wait_briefly, NULL))
		check(ranks[0].status == LAM_ERR_IO
				&& strstr(ranks[0].sentence,
					"rank 1 did not answer rank 0 within 0.05 seconds"),
			"%s", ranks[0].sentence);
}

static lam_status leave(struct rank *self)
{
	char byte = 0;
	return self->rank == 1 ? LAM_OK : lam_comm_exchange(self->comm, 1, &byte, 1, &byte, 1, 60);
}

static void a_rank_that_has_left_is_named(void)
{
	struct rank ranks[MOST_RANKS];
	if (run_ranks(ranks, 2, leave, NULL))
		check(ranks[0].status == LAM_ERR_IO && strstr(ranks[0].sentence, "rank 1 has left"),
			"%s", ranks[0].sentence);
}

static lam_status give_up(struct rank *self)
{
	char byte = 0;
	if (self->rank == 2) {
		sleep_for(0.05);
		lam_comm_fail(self->comm, "the lake is dry");
		sleep_for(0.2);
		return LAM_OK;
	}
	return lam_comm_barrier(self->comm, 60)
		? lam_error_status()
		: lam_comm_exchange(self->comm, (self->rank + 1) % 3, &byte, 1, &byte, 1, 60);
}

static void a_failure_reaches_all(void)
{
	struct rank ranks[MOST_RANKS];
	if (!run_ranks(ranks, 4, give_up, NULL))
		return;
	for (int r = 0; r < 4; r++)
		check(r == 2 ? ranks[r].status == LAM_OK
			     : ranks[r].status == LAM_ERR_IO
					&& strcmp(ranks[r].sentence, "rank 2: the lake is dry")
						== 0,
			"rank %d: %s", r, ranks[r].sentence);
}

static lam_status send_too_much(struct rank *self)
{
	char bytes[8] = {0};
	const lam_status status = lam_comm_exchange(self->comm, 1 - self->rank, bytes,
		self->rank ? 8 : 4, bytes, self->rank ? 4 : 4, 0.5);
	if (status)
		lam_comm_fail(self->comm, lam_error());
	return status;
}

static lam_status begin_too_much(struct rank *self)
{
	char sent[8] = {0}, came[8];
	bool done = false;
	lam_status status = lam_comm_begin(
		self->comm, 5, 1 - self->rank, sent, came, self->rank ? 8 : 4);
	if (!status)
		status = lam_comm_finish(self->comm, 5, 0.5, &done);
	if (status)
		lam_comm_fail(self->comm, lam_error());
	return status;
}

/* Where both have begun, either may be the first to see it. */
static void another_length_is_refused(void)
{
	struct rank ranks[MOST_RANKS];
	for (int way = 0; way < 2; way++)
		if (run_ranks(ranks, 2, way ? begin_too_much : send_too_much, NULL))
			check(ranks[0].status == LAM_ERR_IO
					&& strstr(ranks[0].sentence,
						way ? "bytes; rank "
						    : "rank 1 has sent 8 bytes; rank 0 expected 4"),
				"%s", ranks[0].sentence);
}

static lam_status never(lam_comm *self, int partner, const void *send, size_t send_bytes,
	void *receive, size_t receive_bytes, double seconds)
{
	(void)self, (void)partner, (void)send, (void)send_bytes, (void)receive;
	(void)receive_bytes, (void)seconds;
	return LAM_ERR_IO;
}

static void wrong_calls_are_refused(void)
{
	static const lam_comm_class none = {LAM_COMM_ABI, .kind = "none"},
				    old = {.abi = 5, .kind = "old", .exchange = never},
				    mute = {LAM_COMM_ABI, .kind = "mute", .exchange = never};
	lam_comm *comms[2];
	check(!lam_comm_new(NULL, 0, 1) && strstr(lam_error(), "a class with a kind"));
	check(!lam_comm_new(&none, 0, 1) && strstr(lam_error(), "no .exchange"));
	check(!lam_comm_new(&old, 0, 1) && strstr(lam_error(), "the abi 5"));
	check(!lam_comm_new(&mute, 2, 2) && strstr(lam_error(), "rank 2 of 2"));
	check_fails(lam_comm_threads(0, comms), LAM_ERR_ARGUMENT, "0 ranks");
	check_fails(lam_comm_threads(2, NULL), LAM_ERR_ARGUMENT, "NULL");
	lam_comm *comm = lam_comm_new(&mute, 0, 2);
	char byte = 0;
	require(comm != NULL);
	check(lam_comm_rank(comm) == 0 && lam_comm_size(comm) == 2 && lam_comm_state(comm));
	check_fails(lam_comm_exchange(comm, 0, &byte, 1, &byte, 1, 1), LAM_ERR_ARGUMENT, "itself");
	check_fails(lam_comm_exchange(comm, 2, &byte, 1, &byte, 1, 1), LAM_ERR_ARGUMENT, "rank 2");
	check_fails(lam_comm_exchange(comm, 1, &byte, 1, &byte, 1, 0), LAM_ERR_ARGUMENT, "seconds");
	check_fails(lam_comm_exchange(comm, 1, &byte, 1, &byte, 1, 1), LAM_ERR_IO, "mute");
	check_fails(lam_comm_barrier(comm, 1), LAM_ERR_IO, "mute");
	check_fails(lam_comm_exchange(comm, 1, NULL, 1, &byte, 1, 1), LAM_ERR_ARGUMENT, "NULL");
	check_fails(lam_comm_exchange(comm, 1, &byte, 1, NULL, 1, 1), LAM_ERR_ARGUMENT, "NULL");
	check_fails(lam_comm_broadcast(comm, 1, NULL, 1, 1), LAM_ERR_ARGUMENT, "NULL");
	check_fails(lam_comm_begin(comm, 0, 1, &byte, &byte, 1), LAM_ERR_UNSUPPORTED, ".begin");
	check_fails(lam_comm_broadcast(NULL, 0, &byte, 1, 1), LAM_ERR_ARGUMENT, "NULL");
	check(!lam_comm_begins(comm));
	lam_comm_fail(comm, "nobody hears it");
	lam_comm_free(comm);
	lam_comm_free(NULL);
	check(lam_comm_rank(NULL) == 0 && lam_comm_size(NULL) == 1 && !lam_comm_state(NULL));
}

static lam_status begin_nothing(
	lam_comm *self, int slot, int partner, const void *send, void *receive, size_t bytes)
{
	(void)self, (void)slot, (void)partner, (void)send, (void)receive, (void)bytes;
	return LAM_OK;
}

static lam_status never_done(lam_comm *self, int slot, double seconds, bool *done)
{
	(void)self, (void)slot, (void)seconds;
	*done = false;
	return LAM_OK;
}

/* One that sends nothing still waits for the partner, and finds arrays of NULL in order. */
static lam_status send_nothing(struct rank *self)
{
	_Atomic(int) *come = self->data;
	if (self->rank == 1)
		sleep_for(0.1);
	(*come)++;
	const lam_status status = lam_comm_exchange(
		self->comm, 1 - self->rank, NULL, 0, NULL, 0, 20);
	return !status && *come < 2 ? lam_fail(LAM_ERR_STATE, "left after %d", *come) : status;
}

static void an_exchange_of_nothing_is_a_meeting(void)
{
	struct rank ranks[MOST_RANKS];
	_Atomic(int) come = 0;
	if (run_ranks(ranks, 2, send_nothing, &come))
		check_ranks(ranks, 2);
}

/* Each allocation fails once: the sentence says so, and nothing is left. */
static void no_memory_for_ranks(void)
{
	lam_comm *comms[4];
	lam_status status = LAM_ERR_MEMORY;
	int tries = 0;
	lam_set_allocator(&counting);
	for (; status && tries < 100; tries++) {
		const int before = live;
		fails_at = tries + 1;
		status = lam_comm_threads(4, comms);
		fails_at = 0;
		if (!status)
			for (int r = 0; r < 4; r++)
				lam_comm_free(comms[r]);
		else
			check_fails(status, LAM_ERR_MEMORY, "memory");
		check(live == before, "try %d leaves %d", tries, live - before);
	}
	lam_set_allocator(NULL);
	check(!status && tries > 8, "status %d after %d tries", (int)status, tries);
}

static lam_status never_there(
	lam_comm *self, int slot, double seconds, bool *done, const void **message)
{
	*message = self;
	return never_done(self, slot, seconds, done);
}

static void a_finish_that_does_not_wait_fails(void)
{
	static const lam_comm_class lazy = {LAM_COMM_ABI, .kind = "lazy", .exchange = never,
					    .begin = begin_nothing, .finish = never_done},
				    blind = {LAM_COMM_ABI, .kind = "blind", .exchange = never,
					    .begin = begin_nothing, .finish = never_done,
					    .look = never_there};
	lam_comm *comm = lam_comm_new(&lazy, 0, 2);
	bool done = true;
	require(comm != NULL);
	check_ok(lam_comm_finish(comm, 0, 0, &done));
	check(!done);
	check_fails(lam_comm_finish(comm, 0, 1, &done), LAM_ERR_IO, "lazy");
	const void *message = &done;
	check_fails(lam_comm_look(comm, 0, 1, &done, &message), LAM_ERR_IO, "lazy");
	check(!message);
	lam_comm_free(comm);
	comm = lam_comm_new(&blind, 0, 2);
	require(comm != NULL);
	check_fails(lam_comm_look(comm, 0, 1, &done, &message), LAM_ERR_IO, ".look");
	message = &done;
	check_ok(lam_comm_look(comm, 0, 0, &done, &message));
	check(!done && !message, "a message that has not come");
	lam_comm_free(comm);
}

static void wrong_slots_are_refused(void)
{
	lam_comm *comms[2];
	char byte = 0;
	bool done;
	require(!lam_comm_threads(2, comms));
	lam_comm *comm = comms[0];
	check_fails(lam_comm_begin(comm, 0, 0, &byte, &byte, 1), LAM_ERR_ARGUMENT, "another");
	check_fails(lam_comm_begin(comm, 0, 1, &byte, &byte, 0), LAM_ERR_ARGUMENT, "0 bytes");
	check_fails(lam_comm_begin(comm, 0, 1, NULL, &byte, 1), LAM_ERR_ARGUMENT, "NULL");
	check_fails(lam_comm_begin(comm, 0, 1, &byte, NULL, 1), LAM_ERR_ARGUMENT, "NULL");
	check_fails(lam_comm_begin(comm, LAM_COMM_SLOTS, 1, &byte, &byte, 1), LAM_ERR_ARGUMENT,
		"slot 16");
	check_fails(lam_comm_finish(comm, -1, 1, &done), LAM_ERR_ARGUMENT, "slot -1");
	check_fails(lam_comm_finish(comm, 0, -1, &done), LAM_ERR_ARGUMENT, "seconds");
	check_fails(lam_comm_finish(comm, 0, 1, NULL), LAM_ERR_ARGUMENT, "done is NULL");
	check_fails(lam_comm_finish(NULL, 0, 1, &done), LAM_ERR_ARGUMENT, "the comm is NULL");
	const void *message;
	check_fails(lam_comm_look(comm, 16, 1, &done, &message), LAM_ERR_ARGUMENT, "look: slot 16");
	check_fails(lam_comm_look(comm, 0, -1, &done, &message), LAM_ERR_ARGUMENT, "seconds");
	check_fails(lam_comm_look(comm, 0, 1, NULL, &message), LAM_ERR_ARGUMENT, "done is NULL");
	check_fails(lam_comm_look(comm, 0, 1, &done, NULL), LAM_ERR_ARGUMENT, "message is NULL");
	check(lam_comm_begins(comm) && !lam_comm_begins(NULL));
	check_ok(lam_comm_begin(comm, 3, 1, &byte, &byte, 1));
	check_fails(lam_comm_begin(comm, 3, 1, &byte, &byte, 1), LAM_ERR_STATE, "slot 3");
	lam_comm_free(comms[0]);
	lam_comm_free(comms[1]);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(exchanges_between_all_pairs),
		TEST(broadcasts_from_every_rank),
		TEST(exchanges_that_were_begun_end_in_any_order),
		TEST(a_slot_is_used_again_and_again),
		TEST(what_was_begun_ends_with_its_rank),
		TEST(barriers_wait_for_all),
		TEST(a_late_rank_is_named),
		TEST(a_rank_that_has_left_is_named),
		TEST(a_failure_reaches_all),
		TEST(another_length_is_refused),
		TEST(wrong_calls_are_refused),
		TEST(wrong_slots_are_refused),
		TEST(a_finish_that_does_not_wait_fails),
		TEST(an_exchange_of_nothing_is_a_meeting),
		TEST(no_memory_for_ranks),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}

/* SPDX-License-Identifier: MIT */
/* The transport by MPI alone, for tests/mpi.sh: what arrives at which rank, and what is said of
 * ranks that are late or send another length. Every rank runs all of it, with a comm for each test.
 */
#include <mpi.h>

#include "exchange/mpi/lamina_mpi.h"
#include "tests/train/comm_jobs.h"

/* This process as a rank of a comm of its own; .comm is NULL after a failed check. */
static struct rank joined(void)
{
	lam_comm *comm = lam_mpi_comm(MPI_COMM_WORLD);
	check(comm != NULL, "%s", lam_error());
	return (struct rank){
		.comm = comm, .rank = lam_comm_rank(comm), .ranks = lam_comm_size(comm)};
}

static void works(lam_status (*job)(struct rank *self))
{
	struct rank self = joined();
	if (self.comm)
		check_ok(job(&self));
	lam_comm_free(self.comm);
}

static void exchanges_between_all_pairs(void)
{
	works(exchange_all);
}

static void broadcasts_from_every_rank(void)
{
	works(spread_all);
}

static void exchanges_that_were_begun_end_in_any_order(void)
{
	works(begin_all);
}

static void a_slot_is_used_again_and_again(void)
{
	works(begin_again);
}

static lam_status wait_for_last(struct rank *self)
{
	const double began = MPI_Wtime();
	if (self->rank == self->ranks - 1)
		sleep_for(0.3);
	const lam_status status = lam_comm_barrier(self->comm, 20);
	check(MPI_Wtime() - began > 0.2, "%g seconds", MPI_Wtime() - began);
	return status;
}

/* SHARES in the environment: 1, the ranks must share memory; 0, they must not. Where it is not set,
 * or the system does not list what is mapped, nothing is checked. */
static void memory_is_shared_where_it_can_be(void)
{
	struct rank self = joined();
	const char *shares = getenv("SHARES");
	FILE *maps = shares ? fopen("/proc/self/maps", "r") : NULL;
	char line[4096];
	bool found = false;
	while (maps && fgets(line, sizeof line, maps))
		found |= strstr(line, "/lamina-") != NULL && strstr(line, "rw-s") != NULL;
	if (maps && fclose(maps) == 0)
		check(found == (*shares == '1'), "rank %d: SHARES=%s", self.rank, shares);
	lam_comm_free(self.comm);
}

static void barriers_wait_for_the_last(void)
{
	MPI_Barrier(MPI_COMM_WORLD);
	works(wait_for_last);
}

/* Rank 0 expects `expected` bytes of rank 1, which sends `sent`; 0: it sends nothing. */
static const struct wrong {
	const char *name;
	int expected, sent;
	bool begins;
	const char *words;
} wrongs[] = {
	{"late", 4, 0, false, "rank 1 did not answer rank 0 within 0.2 seconds"},
	{"shorter", 8, 4, false, "rank 1 has sent 4 bytes; rank 0 expected 8"},
	{"longer", 4, 8, false, "rank 1 has sent more than was expected"},
	{"late, begun", 4, 0, true, "rank 1 did not answer rank 0 within 0.2 seconds"},
	{"shorter, begun", 8, 4, true, "rank 1 has sent 4 bytes; rank 0 expected 8"},
	{"longer, begun", 4, 8, true, "rank 1 has sent more than was expected"},
};

static lam_status do_wrong(struct rank *self, const struct wrong *wrong)
{
	char own[8] = {0}, other[8];
	const size_t bytes = (size_t)(self->rank ? wrong->sent : wrong->expected);
	const int partner = 1 - self->rank;
	bool done = false;
	if (!wrong->begins)
		return lam_comm_exchange(self->comm, partner, own, bytes, other, bytes, 0.2);
	const lam_status status = lam_comm_begin(self->comm, 5, partner, own, other, bytes);
	return status ? status : lam_comm_finish(self->comm, 5, 0.2, &done);
}

static void ranks_that_are_wrong_are_named(void)
{
	for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++) {
		struct rank self = joined();
		if (!self.comm || self.ranks < 2) {
			lam_comm_free(self.comm);
			return;
		}
		test_begin("%s", wrongs[i].name);
		const bool takes_part = self.rank == 0 || (self.rank == 1 && wrongs[i].sent);
		const lam_status status = takes_part ? do_wrong(&self, &wrongs[i]) : LAM_OK;
		if (self.rank == 0)
			check(status == LAM_ERR_IO && strstr(lam_error(), wrongs[i].words),
				"%d: %s", (int)status, lam_error());
		lam_comm_free(self.comm);
		test_end();
	}
}

enum way { EXCHANGE, BEGIN, BROADCAST, WAYS };

/* Rank 0 waits too short; what rank 1 sends then is not written where it would have been. So few
 * bytes go at once: MPI_Finalize() may wait for a long message that nobody takes. */
static void wait_too_short(struct rank *self, enum way way)
{
	enum { BYTES_LATE = 8 };
	static unsigned char own[BYTES_LATE], other[BYTES_LATE];
	const double seconds = 0.3;
	bool done = false;
	memset(other, 7, sizeof other);
	for (int turn = 0; turn < 2; turn++) {
		lam_status status = LAM_OK;
		if (self->rank == turn && way == BROADCAST)
			status = lam_comm_broadcast(
				self->comm, 1, turn ? own : other, sizeof other, seconds);
		else if (self->rank == turn && way == BEGIN)
			status = lam_comm_begin(self->comm, 3, 1 - turn, own, other, sizeof other);
		else if (self->rank == turn)
			status = lam_comm_exchange(self->comm, 1 - turn, own, sizeof own, other,
				sizeof other, seconds);
		if (self->rank == turn && way == BEGIN && !status)
			status = lam_comm_finish(self->comm, 3, seconds, &done);
		check(status || self->rank != 0 || turn > 0, "rank 1 has answered");
		MPI_Barrier(MPI_COMM_WORLD);
	}
	for (int i = 0; i < BYTES_LATE && self->rank == 0; i++)
		if (!check(other[i] == 7, "byte %d was written", i))
			break;
}

/* Through MPI alone: what is sent through shared memory is copied, or read, by the rank that takes
 * it. */
static void what_comes_too_late_is_not_written(void)
{
	char *shared = getenv("LAMINA_MPI_SHARED");
	shared = shared ? strdup(shared) : NULL;
	setenv("LAMINA_MPI_SHARED", "0", 1);
	for (enum way way = 0; way < WAYS; way++) {
		struct rank self = joined();
		if (self.comm && self.ranks >= 2)
			wait_too_short(&self, way);
		lam_comm_free(self.comm);
	}
	if (shared)
		setenv("LAMINA_MPI_SHARED", shared, 1);
	else
		unsetenv("LAMINA_MPI_SHARED");
	free(shared);
}

static void a_slot_in_use_is_refused(void)
{
	struct rank self = joined();
	char own[2] = {0}, other[2];
	if (self.comm && self.rank < 2 && self.ranks >= 2) {
		check_ok(lam_comm_begin(self.comm, 2, 1 - self.rank, own, other, 1));
		check_fails(lam_comm_begin(self.comm, 2, 1 - self.rank, own, other, 1),
			LAM_ERR_STATE, "in slot 2, which is in use");
	}
	bool done;
	const void *message = NULL;
	if (self.comm && self.rank < 2 && self.ranks >= 2)
		check_ok(lam_comm_look(self.comm, 2, 20, &done, &message));
	const char *shares = getenv("SHARES");
	if (self.rank < 2 && shares && *shares == '1')
		check(message != NULL, "what lies in shared memory was copied");
	if (message) { /* in shared memory, until it is finished */
		const void *again = NULL;
		check_fails(lam_comm_begin(self.comm, 2, 1 - self.rank, own, other, 1),
			LAM_ERR_STATE, "in slot 2, which is in use");
		check_ok(lam_comm_look(self.comm, 2, 0, &done, &again));
		check(done && again == message, "looked again: %p, not %p", again, message);
	}
	if (self.comm && self.rank < 2 && self.ranks >= 2)
		check_ok(lam_comm_finish(self.comm, 2, 0, &done));
	check(self.rank > 1 || self.ranks < 2 || done,
		"what was looked at is not finished at once");
	lam_comm_free(self.comm);
}

static void no_communicator_is_refused(void)
{
	check(!lam_mpi_comm(MPI_COMM_NULL) && lam_error_status() == LAM_ERR_ARGUMENT, "%s",
		lam_error());
}

static void mpi_of_the_caller_goes_on(void)
{
	int ended = 1;
	lam_comm *comm = lam_mpi_world();
	require(comm, "%s", lam_error());
	lam_comm_free(comm);
	MPI_Finalized(&ended);
	check(!ended);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(exchanges_between_all_pairs),
		TEST(broadcasts_from_every_rank),
		TEST(exchanges_that_were_begun_end_in_any_order),
		TEST(a_slot_is_used_again_and_again),
		TEST(memory_is_shared_where_it_can_be),
		TEST(barriers_wait_for_the_last),
		TEST(ranks_that_are_wrong_are_named),
		TEST(what_comes_too_late_is_not_written),
		TEST(a_slot_in_use_is_refused),
		TEST(no_communicator_is_refused),
		TEST(mpi_of_the_caller_goes_on),
	};
	lam_comm *early = lam_mpi_comm(MPI_COMM_WORLD);
	const bool told = !early && strstr(lam_error(), "MPI was not begun");
	MPI_Init(&argc, &argv);
	MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
	int result = test_main(tests, sizeof tests / sizeof *tests, argc, argv);
	MPI_Barrier(MPI_COMM_WORLD);
	MPI_Finalize();
	if (!told || lam_mpi_world() || !strstr(lam_error(), "MPI has ended")) {
		printf("FAIL  before MPI_Init() and after MPI_Finalize(): %s\n", lam_error());
		result = TEST_FAIL;
	}
	return result;
}

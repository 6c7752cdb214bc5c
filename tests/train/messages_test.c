/* SPDX-License-Identifier: MIT */
/* What ranks send in a step is what docs/scaling.md says, and a message that fails, whichever it
 * is, leaves no rank with another net. */
#include "framework/net/arenas.h"
#include "tests/train/shards_jobs.h"

/* What a rank has sent. */
struct tally {
	int64_t waited, waited_bytes; /* by .exchange */
	int64_t begun, begun_bytes;
};

struct trial {
	struct job job;
	bool waits; /* the transport has no .begin */
	struct tally tallies[MOST_RANKS];
	int failing; /* this rank's transport fails at this call, from 0; -1: never */
	int64_t fails_at;
};

/* A transport around another one. */
struct tap {
	lam_comm *inner;
	struct trial *trial;
};

static lam_status tapped(const struct tap *tap)
{
	const int rank = lam_comm_rank(tap->inner);
	const struct tally *tally = &tap->trial->tallies[rank];
	return rank == tap->trial->failing && tally->waited + tally->begun == tap->trial->fails_at
		? lam_fail(LAM_ERR_IO, "the cable is out")
		: LAM_OK;
}

static lam_status tap_exchange(lam_comm *self, int partner, const void *send, size_t send_bytes,
	void *receive, size_t receive_bytes, double seconds)
{
	struct tap *tap = lam_comm_state(self);
	struct tally *tally = &tap->trial->tallies[lam_comm_rank(self)];
	const lam_status status = tapped(tap);
	tally->waited++;
	tally->waited_bytes += (int64_t)send_bytes;
	return status ? status
		      : lam_comm_exchange(tap->inner, partner, send, send_bytes, receive,
			      receive_bytes, seconds);
}

static lam_status tap_begin(
	lam_comm *self, int slot, int partner, const void *send, void *receive, size_t bytes)
{
	struct tap *tap = lam_comm_state(self);
	struct tally *tally = &tap->trial->tallies[lam_comm_rank(self)];
	const lam_status status = tapped(tap);
	tally->begun++;
	tally->begun_bytes += (int64_t)bytes;
	return status ? status : lam_comm_begin(tap->inner, slot, partner, send, receive, bytes);
}

static lam_status tap_finish(lam_comm *self, int slot, double seconds, bool *done)
{
	const struct tap *tap = lam_comm_state(self);
	return lam_comm_finish(tap->inner, slot, seconds, done);
}

static void tap_fail(lam_comm *self, const char *sentence)
{
	lam_comm_fail(((struct tap *)lam_comm_state(self))->inner, sentence);
}

static void tap_release(lam_comm *self)
{
	lam_comm_free(((struct tap *)lam_comm_state(self))->inner);
}

/* Takes `inner`. */
static lam_comm *tap_comm(lam_comm *inner, struct trial *trial)
{
#define TAP \
	LAM_COMM_ABI, .kind = "tap", .state_size = sizeof(struct tap), .exchange = tap_exchange, \
		      .fail = tap_fail, .release = tap_release
	static const lam_comm_class begins = {TAP, .begin = tap_begin, .finish = tap_finish},
				    waits = {TAP};
#undef TAP
	lam_comm *comm = lam_comm_new(
		trial->waits ? &waits : &begins, lam_comm_rank(inner), lam_comm_size(inner));
	if (comm)
		*(struct tap *)lam_comm_state(comm) = (struct tap){inner, trial};
	return comm;
}

static lam_status run(struct rank *self)
{
	struct trial *trial = self->data;
	lam_comm *comm = tap_comm(self->comm, trial);
	if (!comm)
		return lam_error_status();
	self->comm = comm;
	self->data = &trial->job;
	return job_run(self);
}

/* What the formulas of docs/scaling.md go by, of the last net. */
static struct {
	int64_t params, states, losses;
} facts;

static void note(struct job *own, lam_net *net, int rank)
{
	(void)own;
	if (rank > 0)
		return;
	const lam_arena params = lam_net_params(net);
	const struct lam_param *last = params.params[params.count - 1];
	facts.params = last->offset + last->count;
	facts.states = lam_net_states(net).size;
	facts.losses = lam_net_loss_count(net);
}

/* The third of four weights: the others are two ranges of the arena. */
static void freeze(struct job *own, lam_net *net, int rank)
{
	note(own, net, rank);
	struct lam_param *const weight = lam_net_param(net, 4);
	lam_param_set_trainable(weight, false);
	if (rank == 0)
		facts.params -= lam_net_params(net).params[5]->offset - weight->offset;
}

static lam_status leave_alone(lam_net *net, lam_optimizer *o, int64_t step, void *data)
{
	(void)net, (void)o, (void)step, (void)data;
	return LAM_OK;
}

static const struct sent {
	const char *name;
	int job;
	bool counts, asks, stops, freezes; /* a divisor by targets; callbacks */
} sents[] = {
	{"neither statistics nor callbacks", 0, false, false, false, false},
	{"statistics", 1, false, false, false, false},
	{"targets that do not count", 3, true, false, false, false},
	{".before_update", 0, false, true, false, false},
	{".step_end of one rank", 0, false, false, true, false},
	{"all of them", 1, false, true, true, false},
	{"many messages of gradients", 5, false, false, false, false},
	{"a frozen weight between others", 0, false, false, false, true},
};

/* What the ranks send in so many epochs. */
static bool send(const struct sent *sent, int ranks, bool waits, int epochs, struct tally *tally)
{
	struct rank rank[MOST_RANKS];
	struct trial trial = {.job = job_of(sent->job), .waits = waits, .failing = -1};
	trial.job.no_validation = true;
	trial.job.epochs = epochs;
	trial.job.differ = sent->freezes ? freeze : note;
	trial.job.before_update = sent->asks ? leave_alone : NULL;
	trial.job.stop_at = sent->stops ? 1000 : 0;
	trial.job.stopper = ranks - 1;
	if (!run_ranks(rank, ranks, run, &trial) || !check_ranks(rank, ranks))
		return false;
	*tally = trial.tallies[0];
	for (int r = 1; r < ranks; r++)
		check(trial.tallies[r].begun == tally->begun, "rank %d", r);
	return true;
}

/* Of an epoch: three steps, and a meeting at its end. */
static void check_epoch(const struct sent *sent, int ranks, bool waits)
{
	enum { STEPS_OF_IT = 3, WORD = 72, MESSAGE = 65536 };
	struct tally one, two;
	if (!send(sent, ranks, waits, 1, &one) || !send(sent, ranks, waits, 2, &two))
		return;
	const int64_t rounds = ranks == 2 ? 1 : 2, callbacks = sent->asks + sent->stops,
		      brief = 2 + (facts.states > 0) + sent->counts + callbacks,
		      brief_bytes = WORD * (1 + callbacks) + 32 * facts.losses + 8 * facts.states
		+ 8 * facts.losses * sent->counts,
		      gradients = (facts.params + MESSAGE - 1) / MESSAGE + sent->freezes,
		      gradient_bytes = facts.params * (int64_t)sizeof(lam_real);
	const int64_t steps = STEPS_OF_IT * rounds, waited = waits ? gradients : 0;
	check(two.waited - one.waited == steps * (brief + waited) + rounds,
		"%d messages of an epoch; %d, %d a step", (int)(two.waited - one.waited),
		(int)brief, (int)waited);
	check(two.waited_bytes - one.waited_bytes
			== steps * (brief_bytes + (waits ? gradient_bytes : 0)) + rounds * WORD,
		"%d bytes; %d a step", (int)(two.waited_bytes - one.waited_bytes),
		(int)brief_bytes);
	check(two.begun - one.begun == steps * (gradients - waited), "%d gradients begun; %d",
		(int)(two.begun - one.begun), (int)gradients);
	check(two.begun_bytes - one.begun_bytes == (waits ? 0 : steps * gradient_bytes),
		"%d bytes begun", (int)(two.begun_bytes - one.begun_bytes));
}

static void a_step_sends_what_the_model_says(void)
{
	for (size_t i = 0; i < sizeof sents / sizeof *sents; i++)
		for (int ranks = 2; ranks <= 4; ranks += 2)
			for (int waits = 0; waits < 2; waits++) {
				test_begin("%s, %d ranks%s", sents[i].name, ranks,
					waits ? ", waiting" : "");
				check_epoch(&sents[i], ranks, waits != 0);
				test_end();
			}
}

/* A rank that has not failed has the net of `whole`. */
static void fail_at(const struct trial *whole, int ranks, int failing, int64_t n)
{
	struct rank rank[MOST_RANKS];
	struct trial trial = {.job = whole->job, .failing = failing, .fails_at = n};
	memset(trial.job.prints, 0, sizeof trial.job.prints);
	run_ranks(rank, ranks, run, &trial);
	for (int r = 0; r < ranks; r++)
		check(rank[r].status ? rank[r].status == LAM_ERR_IO
					&& strstr(rank[r].sentence, "the cable is out")
				     : r != failing && trial.job.prints[r] == whole->job.prints[r],
			"message %d, rank %d: %d, %s", (int)n, r, (int)rank[r].status,
			rank[r].status ? rank[r].sentence : "another net");
}

/* Also the very last: then some ranks may have ended well, with the net that all would have. */
static void any_message_may_fail(void)
{
	enum { RANKS = 4, MOST = 200 };
	struct rank rank[MOST_RANKS];
	struct trial whole = {.job = job_of(0), .failing = -1};
	whole.job.no_validation = true;
	whole.job.epochs = 1;
	if (!run_ranks(rank, RANKS, run, &whole) || !check_ranks(rank, RANKS))
		return;
	for (int failing = 0; failing < RANKS; failing++) {
		const struct tally *tally = &whole.tallies[failing];
		const int64_t all = tally->waited + tally->begun;
		check(all > 20 && all < MOST, "%d messages", (int)all);
		test_begin("%d messages of rank %d", (int)all, failing);
		for (int64_t n = 0; n < all; n++)
			fail_at(&whole, RANKS, failing, n);
		test_end();
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(a_step_sends_what_the_model_says),
		TEST(any_message_may_fail),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}

/* SPDX-License-Identifier: MIT */
/* What one rank fails at while the others know nothing of it: each run ends on all ranks at their
 * next meeting, with that rank's sentence, long before their patience is over. */
#include "tests/files/files.h"
#include "tests/train/shards_wrong.h"

#include <signal.h>
#include <sys/resource.h>

/* Reading fails on rank 1 alone, after so many samples. */
static lam_status run_with_failing_data(struct rank *self)
{
	struct job job = plain_job();
	atomic_int reads = *(const int *)self->data;
	lam_dataset *data = stripes(self->rank == 1 ? &reads : NULL);
	lam_net *net = lam_net_create(
		job.model(), LAM_SHAPE(1, SIDE, SIDE), .max_batch = 4, .seed = 5, .threads = 1);
	lam_status status = lam_fit(net, data, NULL, .epochs = 5, .batch = 16, .shards = 4,
		.comm = self->comm, .optimizer = job.optimizer, .timeout = 30);
	lam_net_free(net);
	lam_dataset_free(data);
	return status;
}

static void a_failure_of_one_rank_is_the_sentence_of_all(void)
{
	for (int reads = 0; reads <= 30; reads += 15)
		for (int ranks = 2; ranks <= 4; ranks *= 2)
			fail_all(run_with_failing_data, &reads, ranks, LAM_ERR_IO,
				"rank 1: the disk has gone");
}

/* Data that cannot be read after so many samples, with a status of its own; or a run that a
 * callback stops after two steps. And the net that is left. */
struct left {
	lam_status failure;
	uint64_t prints[2];
};

struct numeric {
	int left;
	lam_status failure;
};

static lam_status numeric_read(const lam_dataset *self, int64_t index, lam_real *x, void *target)
{
	struct numeric *numeric = lam_dataset_state(self);
	if (numeric->failure && numeric->left-- <= 0)
		return lam_fail(numeric->failure, "the sensor is broken");
	for (int p = 0; p < PIXELS; p++)
		x[p] = (lam_real)((index * 7 + p) % 13) / 13;
	if (target)
		*(int32_t *)target = (int32_t)(index % CLASSES);
	return LAM_OK;
}

static bool after_two(const lam_progress *progress, void *data)
{
	return progress->total_step == 2 && !((const struct left *)data)->failure;
}

static lam_status run_until_broken(struct rank *self)
{
	static const lam_dataset_class numeric_class = {LAM_DATASET_ABI, .kind = "numeric",
		.state_size = sizeof(struct numeric), .read = numeric_read};
	struct left *left = self->data;
	lam_dataset *data = lam_dataset_new(&numeric_class, SAMPLES, LAM_SHAPE(1, SIDE, SIDE),
		(lam_target_info){.type = LAM_CLASSES, .classes = CLASSES});
	lam_net *net = lam_net_create(perceptron_model(), LAM_SHAPE(1, SIDE, SIDE), .max_batch = 5,
		.seed = 5, .threads = 1);
	if (data)
		*(struct numeric *)lam_dataset_state(data) = (struct numeric){
			30, self->rank == 1 ? left->failure : LAM_OK};
	const lam_status status = lam_fit(net, data, NULL, .epochs = 5, .batch = 20, .shards = 4,
		.comm = self->comm, .optimizer = lam_sgd(.lr = (lam_real)0.1), .timeout = 30,
		.step_end = after_two, .step_end_data = left);
	if (net) {
		const lam_arena params = lam_net_params(net), states = lam_net_states(net);
		left->prints[self->rank] = mix(
			mix(1, params.values, (size_t)params.size * sizeof(lam_real)),
			states.values, (size_t)states.size * sizeof(lam_real));
	}
	lam_net_free(net);
	lam_dataset_free(data);
	return status;
}

/* The net is as before the step in which one rank could not read, whatever it calls that. */
static void a_failure_leaves_the_net_as_before_the_step(void)
{
	struct left stopped = {0};
	struct rank rank[MOST_RANKS];
	require(run_ranks(rank, 2, run_until_broken, &stopped) && check_ranks(rank, 2));
	const lam_status failures[] = {LAM_ERR_IO, LAM_ERR_NUMERIC};
	for (int i = 0; i < 2; i++) {
		struct left broken = {.failure = failures[i]};
		fail_all(run_until_broken, &broken, 2, failures[i], "rank 1: the sensor is broken");
		for (int r = 0; r < 2; r++)
			check(broken.prints[r] == stopped.prints[r], "status %d, rank %d",
				(int)failures[i], r);
	}
}

static lam_status fill_the_disk(lam_net *net, lam_optimizer *optimizer, int64_t step, void *data)
{
	(void)net, (void)optimizer, (void)data;
	struct rlimit limit;
	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = 1;
	if (step == 1)
		setrlimit(RLIMIT_FSIZE, &limit);
	return LAM_OK;
}

/* Ranks other than 0 have no files, and go on to the next step. */
static void fails_on_a_full_disk(struct job *job)
{
	struct rlimit before;
	getrlimit(RLIMIT_FSIZE, &before);
	signal(SIGXFSZ, SIG_IGN);
	job->before_update = fill_the_disk;
	job->epochs = 4;
	fails_on(job, 4, LAM_ERR_IO, "rank 0: ");
	setrlimit(RLIMIT_FSIZE, &before);
}

static void a_checkpoint_that_fails_is_told_to_all(void)
{
	for (int every = 0; every <= 2; every++) {
		struct job job = plain_job();
		job.checkpoint = file_path("full.npz");
		job.checkpoint_every = every;
		fails_on_a_full_disk(&job);
		remove(job.checkpoint);
	}
}

static void a_history_that_fails_is_told_to_all(void)
{
	struct job job = plain_job();
	job.history = file_path("history.csv");
	fails_on_a_full_disk(&job);
}

/* A moment that is not finite is noticed where a checkpoint is due, which rank 0 alone has. */
static lam_status explode(lam_net *net, lam_optimizer *optimizer, int64_t step, void *data)
{
	(void)optimizer, (void)data;
	int64_t count;
	if (step == 0)
		lam_net_gradients(net, &count)[0] = (lam_real)1e30;
	return LAM_OK;
}

static void a_moment_that_is_not_finite_is_told_to_all(void)
{
	struct job job = plain_job();
	job.optimizer = lam_rmsprop(.lr = (lam_real)0.01);
	job.checkpoint = file_path("moment.npz");
	job.checkpoint_every = 1;
	job.before_update = explode;
	fails_on(&job, 4, LAM_ERR_NUMERIC, "rank 0: lam_fit: step 1 left value");
}

static lam_status refuse_on_one(lam_net *net, lam_optimizer *optimizer, int64_t step, void *data)
{
	(void)net, (void)optimizer, (void)data;
	static _Atomic(int) calls;
	return step == 2 && ++calls == 2 ? lam_fail(LAM_ERR_STATE, "no, thank you") : LAM_OK;
}

/* No rank has made the update that one has refused. */
static void an_update_that_one_refuses_is_made_by_none(void)
{
	struct job job = plain_job();
	job.before_update = refuse_on_one;
	job.print_failed = true;
	fails_on(&job, 4, LAM_ERR_STATE, ": no, thank you");
	for (int r = 1; r < 4; r++)
		check(job.prints[r] == job.prints[0], "rank %d", r);
}

static double negative_on_one(const lam_schedule_step *step, void *data)
{
	return step->step == 4 && *(int *)data == 1 ? -1 : 0.1;
}

static lam_status run_with_own_rate(struct rank *self)
{
	struct job job = plain_job();
	lam_dataset *data = stripes(NULL);
	lam_net *net = lam_net_create(
		job.model(), LAM_SHAPE(1, SIDE, SIDE), .max_batch = 4, .seed = 5, .threads = 1);
	lam_status status = lam_fit(net, data, NULL, .epochs = 25, .batch = 16, .shards = 4,
		.comm = self->comm, .optimizer = job.optimizer, .timeout = 30,
		.schedule = lam_schedule_function(negative_on_one, &self->rank));
	lam_net_free(net);
	lam_dataset_free(data);
	return status;
}

static void a_rate_that_one_cannot_use_is_told_to_all(void)
{
	fail_all(run_with_own_rate, NULL, 4, LAM_ERR_ARGUMENT, "rank 1: lam_fit: ");
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(a_failure_of_one_rank_is_the_sentence_of_all),
		TEST(a_failure_leaves_the_net_as_before_the_step),
		TEST(a_checkpoint_that_fails_is_told_to_all),
		TEST(a_history_that_fails_is_told_to_all),
		TEST(a_moment_that_is_not_finite_is_told_to_all),
		TEST(an_update_that_one_refuses_is_made_by_none),
		TEST(a_rate_that_one_cannot_use_is_told_to_all),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}

/* SPDX-License-Identifier: MIT */
/* Runs of several ranks that cannot work: each ends on all ranks, in time, with one sentence. */
#include "tests/train/shards_wrong.h"

static void other_lr(struct job *own, lam_net *net, int rank)
{
	(void)net;
	if (rank == 2)
		own->optimizer.lr = (lam_real)0.5;
}

static void other_shards(struct job *own, lam_net *net, int rank)
{
	(void)net;
	if (rank == 3)
		own->shards = 8;
}

static void other_params(struct job *own, lam_net *net, int rank)
{
	(void)own;
	if (rank == 1)
		lam_param_edit(lam_net_param(net, 0))[0] += 1;
}

static void other_settings(struct job *own, lam_net *net, int rank)
{
	(void)own;
	if (rank == 1)
		lam_param_set_trainable(lam_net_param(net, 0), false);
}

static void other_epochs(struct job *own, lam_net *net, int rank)
{
	(void)net;
	own->epochs += rank == 1;
}

static void no_epochs(struct job *own, lam_net *net, int rank)
{
	(void)net;
	if (rank == 2)
		own->epochs = 0;
}

static void ranks_that_differ_are_refused(void)
{
	static const struct {
		void (*differ)(struct job *own, lam_net *net, int rank);
		const char *words;
	} rows[] = {
		{other_lr, "rank 2: lam_fit: lr is 0.5; rank 0 has 0.05"},
		{other_shards, "rank 3: lam_fit: .shards is 8; rank 0 has 4"},
		{other_params, "rank 1: lam_fit: other parameters (checksum"},
		{other_settings, "rank 1: lam_fit: other settings of parameters"},
		{other_epochs, "rank 1: lam_fit: .epochs is 3; rank 0 has 2"},
		{no_epochs, "rank 2: lam_fit: .epochs is 0; expected at least 1"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct job job = plain_job();
		job.differ = rows[i].differ;
		test_begin("%s", rows[i].words);
		fails_on(&job, 4, LAM_ERR_ARGUMENT, rows[i].words);
		test_end();
	}
}

static lam_layer *other_layers(void)
{
	return lam_sequential(lam_affine(.out = 13), lam_batch_norm(), lam_gelu(),
		lam_affine(.out = CLASSES), lam_softmax_cross_entropy());
}

/* Each rank has a job of its own. */
struct jobs {
	struct job job[2];
	lam_status (*run)(struct rank *self);
};

static lam_status run_own(struct rank *self)
{
	struct jobs *jobs = self->data;
	self->data = &jobs->job[self->rank];
	return job_run(self);
}

static void another_net_is_refused(void)
{
	struct jobs jobs = {{plain_job(), plain_job()}, NULL};
	struct rank rank[MOST_RANKS];
	jobs.job[1].model = other_layers;
	if (run_ranks(rank, 2, run_own, &jobs))
		for (int r = 0; r < 2; r++)
			check(rank[r].status == LAM_ERR_ARGUMENT
					&& strstr(rank[r].sentence, "rank 1: lam_fit: another net"),
				"%s", rank[r].sentence);
}

/* 59 samples in place of 60. */
static lam_dataset *fewer_stripes(void)
{
	static const lam_dataset_class stripe_class = {LAM_DATASET_ABI, .kind = "stripes",
		.state_size = sizeof(atomic_int *), .read = stripe_read};
	return lam_dataset_new(&stripe_class, SAMPLES - 1, LAM_SHAPE(1, SIDE, SIDE),
		(lam_target_info){.type = LAM_CLASSES, .classes = CLASSES});
}

static void other_data_and_room_are_refused(void)
{
	static const char *const words[] = {
		"rank 1: lam_fit: the number of training samples is 59; rank 0 has 60",
		"rank 1: lam_fit: the number of validation samples is 0; rank 0 has 60",
		"rank 1: lam_fit: the net's .max_batch is 6; rank 0 has 5",
		/* the cause, not the room that follows it */
		"rank 1: lam_fit: .shards is 8; rank 0 has 4",
		"rank 1: lam_fit: batch is 24; rank 0 has 20",
	};
	for (int way = 0; way < 5; way++) {
		struct jobs jobs = {{plain_job(), plain_job()}, NULL};
		jobs.job[1].data = way == 0 ? fewer_stripes : NULL;
		jobs.job[1].no_validation = way == 1;
		jobs.job[1].max_batch += way >= 2;
		jobs.job[1].shards += way == 3 ? 4 : 0;
		jobs.job[1].batch += way == 4 ? 4 : 0;
		fail_all(run_own, &jobs, 2, LAM_ERR_ARGUMENT, words[way]);
	}
}

static lam_status late(lam_net *net, lam_optimizer *optimizer, int64_t step, void *data)
{
	(void)net, (void)optimizer, (void)data;
	static _Atomic(int) calls;
	if (step == 3 && ++calls == 2)
		nanosleep(&(struct timespec){2, 0}, NULL);
	return LAM_OK;
}

/* One rank hangs; the others end in time, and so does the late one when it comes back. */
static void a_rank_that_hangs_ends_all(void)
{
	struct job job = plain_job();
	struct rank rank[MOST_RANKS];
	job.before_update = late;
	job.timeout = 0.3;
	if (!run_ranks(rank, 4, job_run, &job))
		return;
	for (int r = 0; r < 4; r++)
		check(rank[r].status == LAM_ERR_IO
				&& strstr(rank[r].sentence, "within 0.3 seconds"),
			"rank %d: %s", r, rank[r].sentence);
}

/* A rank that dies frees its comm, or never calls lam_fit(). */
static lam_status run_unless_2(struct rank *self)
{
	return self->rank == 2 ? LAM_OK : job_run(self);
}

static void a_rank_that_dies_ends_all(void)
{
	struct job job = plain_job();
	struct rank rank[MOST_RANKS];
	if (!run_ranks(rank, 4, run_unless_2, &job))
		return;
	for (int r = 0; r < 4; r++)
		check(r == 2
				|| (rank[r].status == LAM_ERR_IO
					&& strstr(rank[r].sentence, "rank 2 has left")),
			"rank %d: %s", r, rank[r].sentence);
}

static lam_status edit_on_one(lam_net *net, lam_optimizer *optimizer, int64_t step, void *data)
{
	(void)data;
	static _Atomic(int) calls;
	int64_t count;
	(void)net, (void)count;
	if (step == 2 && ++calls == 2)
		optimizer->lr *= 2;
	return LAM_OK;
}

static void callbacks_that_differ_are_noticed(void)
{
	struct job job = plain_job();
	job.before_update = edit_on_one;
	fails_on(&job, 4, LAM_ERR_STATE, "the ranks' parameters differ");
}

static lam_layer *overflowing_model(void)
{
	return lam_sequential(lam_scale(.factor = (lam_real)1e30),
		lam_affine(.out = 4, .name = "big"), lam_scale(.factor = (lam_real)1e30),
		lam_affine(.out = CLASSES), lam_softmax_cross_entropy());
}

static void a_loss_that_is_not_finite_names_its_layer(void)
{
	struct job job = plain_job();
	job.model = overflowing_model;
	for (int ranks = 1; ranks <= 4; ranks *= 2)
		fails_on(&job, ranks, LAM_ERR_NUMERIC,
			sizeof(lam_real) == 4 ? "scale \"2\"" : "not finite");
}

static void what_cannot_work_is_refused(void)
{
	lam_dataset *data = stripes(NULL);
	lam_net *net = lam_net_create(
		perceptron_model(), LAM_SHAPE(1, SIDE, SIDE), .max_batch = 4, .threads = 1);
	lam_comm *comms[3];
	require(data && net && !lam_comm_threads(3, comms));
	const lam_optimizer sgd = lam_sgd(.lr = (lam_real)0.1);
	check_fails(lam_fit(net, data, NULL, .epochs = 1, .shards = 3, .optimizer = sgd),
		LAM_ERR_ARGUMENT, ".shards is 3; expected a power of two");
	check_fails(lam_fit(net, data, NULL, .epochs = 1, .shards = 1 << 17, .optimizer = sgd),
		LAM_ERR_ARGUMENT, "1 to 65536");
	check_fails(lam_fit(net, data, NULL, .epochs = 1, .shards = 4, .comm = comms[0],
			    .optimizer = sgd),
		LAM_ERR_ARGUMENT, ".comm has 3 ranks; expected a power of two");
	check_fails(
		lam_fit(net, data, NULL, .epochs = 1, .shards = 4, .batch = 17, .optimizer = sgd),
		LAM_ERR_ARGUMENT, ".batch is 17; expected 1 to 16");
	check_fails(
		lam_fit(net, data, NULL, .epochs = 1, .shards = 4, .timeout = 1, .optimizer = sgd),
		LAM_ERR_ARGUMENT, ".timeout without .comm");
	check_fails(lam_fit(net, data, NULL, .epochs = 1, .shards = 4, .replay = "x.npz",
			    .optimizer = sgd),
		LAM_ERR_UNSUPPORTED, ".replay with .shards");
	check_fails(
		lam_fit(net, data, NULL, .epochs = 1, .shards = 4, .batch = 7, .optimizer = sgd),
		LAM_ERR_ARGUMENT, "7 samples in 4 shards: one has 1, but batch_norm \"1\"");
	check_fails(
		lam_fit(net, data, NULL, .epochs = 1, .shards = 4, .batch = 11, .optimizer = sgd),
		LAM_ERR_ARGUMENT, "the last batch has 5 samples in 4 shards");
	check_fails(lam_fit(net, data, NULL, .epochs = 1, .parts = true, .optimizer = sgd),
		LAM_ERR_ARGUMENT, ".parts without .shards");
	check_fails(lam_fit(net, data, NULL, .epochs = 1, .shards = 4, .parts = true, .batch = 14,
			    .optimizer = sgd),
		LAM_ERR_ARGUMENT, ".parts with a .batch of 14 and 4 .shards; expected a multiple");
	check_fails(lam_fit(net, data, NULL, .epochs = 1, .shards = 4, .parts = true, .batch = 16,
			    .augment = {.mixup = (lam_real)0.2}, .optimizer = sgd),
		LAM_ERR_UNSUPPORTED, ".parts with .mixup");
	for (int r = 0; r < 3; r++)
		lam_comm_free(comms[r]);
	lam_net_free(net);
	lam_dataset_free(data);
}

static lam_status alone_without_shards(struct rank *self)
{
	struct job job = plain_job();
	job.shards = 0;
	self->data = &job;
	return job_run(self);
}

static void a_comm_needs_shards(void)
{
	struct rank rank[MOST_RANKS];
	if (run_ranks(rank, 2, alone_without_shards, NULL))
		for (int r = 0; r < 2; r++)
			check(strstr(rank[r].sentence, ".comm without .shards"), "%s",
				rank[r].sentence);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(ranks_that_differ_are_refused),
		TEST(another_net_is_refused),
		TEST(other_data_and_room_are_refused),
		TEST(a_rank_that_hangs_ends_all),
		TEST(a_rank_that_dies_ends_all),
		TEST(callbacks_that_differ_are_noticed),
		TEST(a_loss_that_is_not_finite_names_its_layer),
		TEST(what_cannot_work_is_refused),
		TEST(a_comm_needs_shards),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}

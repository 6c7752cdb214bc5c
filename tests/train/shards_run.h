/* SPDX-License-Identifier: MIT */
/* Runs in shards, on any number of ranks that are threads. */
#ifndef LAM_TESTS_SHARDS_RUN_H
#define LAM_TESTS_SHARDS_RUN_H

#include "tests/train/ranks.h"
#include "tests/train/resume_problem.h"

/* A run, and what its ranks end with. */
struct job {
	lam_layer *(*model)(void);
	lam_dataset *(*data)(void); /* NULL: stripes(NULL) */
	lam_optimizer optimizer;
	int batch, shards, max_batch, threads, epochs;
	double clip, average, timeout;
	bool keep_best, no_validation, flip;
	bool print_failed; /* notes the net of a run that has failed, too */
	bool parts;        /* a rank cannot read the samples of others' parts */
	const char *checkpoint, *history;
	int checkpoint_every; /* steps; 0: each epoch */
	int64_t stop_at;      /* steps; 0: never */
	int stopper;          /* the rank that stops */
	/* Changes what one rank asks for. */
	void (*differ)(struct job *own, lam_net *net, int rank);
	lam_status (*before_update)(lam_net *net, lam_optimizer *o, int64_t step, void *data);
	uint64_t prints[MOST_RANKS];
	lam_report reports[MOST_RANKS];
};

struct own_stop {
	int64_t at;
};

static bool stops(const lam_progress *progress, void *data)
{
	return progress->total_step >= ((struct own_stop *)data)->at;
}

/* Data of which a rank has the samples [first, end) alone. */
struct own_part {
	lam_dataset *all;
	int64_t first, end;
};

static lam_status part_read(const lam_dataset *self, int64_t index, lam_real *x, void *target)
{
	const struct own_part *part = lam_dataset_state(self);
	return index < part->first || index >= part->end
		? lam_fail(LAM_ERR_IO, "sample %d is on another rank", (int)index)
		: lam_dataset_read(part->all, index, x, target);
}

static void part_destroy(lam_dataset *self)
{
	lam_dataset_free(((struct own_part *)lam_dataset_state(self))->all);
}

/* Takes `all`. */
static lam_dataset *part_of(lam_dataset *all, const struct rank *self)
{
	static const lam_dataset_class part_class = {LAM_DATASET_ABI, .kind = "part",
		.state_size = sizeof(struct own_part), .read = part_read, .destroy = part_destroy};
	const int64_t ranks = self->comm ? self->ranks : 1, n = lam_dataset_count(all);
	lam_dataset *data = lam_dataset_new(
		&part_class, n, lam_dataset_shape(all), lam_dataset_targets(all));
	if (data)
		*(struct own_part *)lam_dataset_state(data) = (struct own_part){
			all, n * self->rank / ranks, n * (self->rank + 1) / ranks};
	return data;
}

static lam_status job_run(struct rank *self)
{
	struct job *job = self->data, own = *job;
	lam_dataset *data = own.data ? own.data() : stripes(NULL);
	if (own.parts && data)
		data = part_of(data, self);
	lam_net *net = lam_net_create(own.model(), LAM_SHAPE(1, SIDE, SIDE),
		.max_batch = own.max_batch, .seed = 5, .threads = own.threads);
	lam_status status = data && net ? LAM_OK : lam_error_status();
	struct own_stop stop = {own.stop_at};
	if (!status && own.differ)
		own.differ(&own, net, self->rank);
	if (!status)
		status = lam_fit(net, data, &job->reports[self->rank], .epochs = own.epochs,
			.batch = own.batch, .shards = own.shards, .comm = self->comm,
			.validation = own.no_validation ? NULL : data, .optimizer = own.optimizer,
			.clip = own.clip, .average = own.average, .keep_best = own.keep_best,
			.augment = {.shift = 1, .flip = own.flip}, .checkpoint = own.checkpoint,
			.checkpoint_every = own.checkpoint_every, .resume = own.checkpoint != NULL,
			.history = own.history,
			.step_end = own.stop_at && self->rank == own.stopper ? stops : NULL,
			.step_end_data = &stop, .timeout = self->comm ? own.timeout : 0,
			.before_update = own.before_update, .parts = own.parts);
	if (!status || own.print_failed)
		job->prints[self->rank] = print_of(net, &job->reports[self->rank]);
	lam_net_free(net);
	lam_dataset_free(data);
	return status;
}

/* Runs a job on `ranks` ranks; 0: without a comm. True: all have ended well, with the same bits. */
KIT_UNUSED static bool job_on(struct job *job, int ranks)
{
	struct rank rank[MOST_RANKS] = {{.data = job}};
	if (ranks == 0)
		return check_ok(job_run(&rank[0]));
	bool good = run_ranks(rank, ranks, job_run, job) && check_ranks(rank, ranks);
	for (int r = 1; r < ranks && good; r++)
		good = check(job->prints[r] == job->prints[0], "rank %d of %d", r, ranks);
	return good;
}

#endif

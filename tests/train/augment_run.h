/* SPDX-License-Identifier: MIT */
/* Short runs of lam_fit() that must end with the same bits as a loop written by hand, with any
 * number of threads, and however often they are stopped; and that allocate nothing in a step. */
#ifndef LAM_TESTS_AUGMENT_RUN_H
#define LAM_TESTS_AUGMENT_RUN_H

#include "tests/files/files.h"
#include "tests/train/counted.h"

#include <lamina.h>

#include "framework/memory.h"
#include "framework/net/inside.h"


struct run {
	lam_layer *(*model)(void);
	lam_shape shape; /* of the net's input */
	const lam_dataset *train, *validation;
	lam_augment augment;
	bool no_shuffle;
	int64_t batch;
	int epochs;
	int64_t steps_per_epoch;
};

KIT_UNUSED static lam_net *run_net(const struct run *r, int threads)
{
	return lam_net_create(
		r->model(), r->shape, .max_batch = r->batch, .seed = 7, .threads = threads);
}

static uint64_t run_mix(uint64_t hash, const void *data, size_t bytes)
{
	for (const unsigned char *at = data; bytes > 0; bytes--)
		hash = (hash ^ *at++) * 0x100000001b3;
	return hash;
}

/* Of parameters, moments and scores. */
KIT_UNUSED static uint64_t run_print(lam_net *net, const lam_report *report)
{
	uint64_t hash = 0xcbf29ce484222325;
	for (int i = 0; i < net->plan.param_count; i++) {
		const struct lam_param *param = net->plan.params[i];
		const size_t bytes = (size_t)param->count * sizeof(lam_real);
		hash = run_mix(hash, param->value, bytes);
		for (int m = 0; m < net->moment_count; m++)
			hash = run_mix(hash, net->moments[m] + param->offset, bytes);
	}
	const double scores[] = {report->train.loss, report->train.accuracy,
		report->validation.loss, report->validation.accuracy, report->best_loss};
	return report->size ? run_mix(hash, scores, sizeof scores) : hash;
}

struct run_stop {
	int64_t at;       /* the step after which the run stops; 0: none */
	long first, last; /* allocations after the first step, and after the last one */
};

static bool run_stops(const lam_progress *progress, void *data)
{
	struct run_stop *stop = data;
	if (progress->total_step == 1)
		stop->first = allocations;
	stop->last = allocations;
	return stop->at > 0 && progress->total_step >= stop->at;
}

static lam_status run_fit(const struct run *r, lam_net *net, const char *checkpoint,
	struct run_stop *stop, lam_report *report)
{
	return lam_fit(net, r->train, report, .epochs = r->epochs, .batch = r->batch,
		.validation = r->validation, .optimizer = lam_adam(.lr = (lam_real)0.01),
		.augment = r->augment, .no_shuffle = r->no_shuffle,
		.steps_per_epoch = r->steps_per_epoch, .checkpoint = checkpoint,
		.resume = checkpoint != NULL, .step_end = run_stops, .step_end_data = stop);
}

/* With this many threads, without a stop; 0 and a failed check if it fails. */
KIT_UNUSED static uint64_t run_through(const struct run *r, int threads)
{
	struct run_stop stop = {0};
	lam_report report;
	lam_net *net = run_net(r, threads);
	uint64_t print = 0;
	if (check(net, "%s", lam_error()) && check_ok(run_fit(r, net, NULL, &stop, &report))
		&& check(stop.first == stop.last, "%ld allocations", stop.last - stop.first))
		print = run_print(net, &report);
	lam_net_free(net);
	return print;
}

/* Stopped after `first` steps, and again after `second`, with other numbers of threads. */
static uint64_t run_in_parts(const struct run *r, int64_t first, int64_t second)
{
	const char *path = file_path("parts.npz");
	const int64_t ends[] = {first, second, 0};
	uint64_t print = 0;
	unlink(path);
	for (int part = 0; part < 3; part++) {
		struct run_stop stop = {.at = ends[part]};
		lam_report report;
		lam_net *net = run_net(r, part + 1);
		if (check(net, "%s", lam_error())
			&& check_ok(run_fit(r, net, path, &stop, &report)))
			print = run_print(net, &report);
		lam_net_free(net);
	}
	return print;
}

/* The same bits with 1, 2, 3 threads, and after a stop at every step. */
KIT_UNUSED static void run_comes_to_the_same(const struct run *r, int64_t steps)
{
	const uint64_t print = run_through(r, 1);
	check(print != 0);
	for (int threads = 2; threads <= 3; threads++)
		check(run_through(r, threads) == print, "%d threads", threads);
	for (int64_t at = 1; at < steps; at++)
		check(run_in_parts(r, at, at + (steps - at) / 2) == print, "stopped at %d",
			(int)at);
}

/* The parameters of a loop written by hand; each batch as the loader gives it. */
KIT_UNUSED static uint64_t run_by_hand(const struct run *r)
{
	const lam_optimizer adam = lam_adam(.lr = (lam_real)0.01);
	lam_net *net = run_net(r, 2);
	lam_loader *loader = lam_loader_new(r->train, .batch = r->batch, .seed = 7,
		.augment = r->augment, .no_shuffle = r->no_shuffle,
		.steps_per_epoch = r->steps_per_epoch);
	uint64_t print = 0;
	bool good = check(net && loader, "%s", lam_error());
	const int64_t steps = lam_loader_batches(loader) * r->epochs;
	for (int64_t step = 0; step < steps && good; step++) {
		const lam_batch *batch = lam_loader_next(loader);
		good = check(batch, "%s", lam_error())
			&& check_ok(lam_net_step(net, &adam, batch->x, batch->targets, batch->n));
	}
	if (good)
		print = run_print(net, &(lam_report){0});
	lam_loader_free(loader);
	lam_net_free(net);
	return print;
}

/* The parameters of lam_fit(), without its scores. */
KIT_UNUSED static uint64_t run_of_fit(const struct run *r, int threads)
{
	struct run_stop stop = {0};
	lam_net *net = run_net(r, threads);
	uint64_t print = 0;
	if (check(net, "%s", lam_error()) && check_ok(run_fit(r, net, NULL, &stop, NULL)))
		print = run_print(net, &(lam_report){0});
	lam_net_free(net);
	return print;
}

#endif

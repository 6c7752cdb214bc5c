/* SPDX-License-Identifier: MIT */
/* Evaluation: one epoch of a data set, in order, in evaluation mode. The next batch is read while
 * the net works on the current one. */
#include "framework/evaluate.h"

#include "framework/base/float_mode.h"
#include "framework/base/options.h"
#include "framework/net/finite.h"
#include "framework/net/run.h"
#include "framework/net/use.h"
#include "framework/train/score.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

lam_loader *lam_evaluate_loader(
	const lam_net *net, const lam_dataset *dataset, const lam_augment *augment, int64_t batch)
{
	return lam_loader_new_lanes(
		&(lam_loader_options){
			.size = sizeof(lam_loader_options),
			.dataset = dataset,
			.batch = batch ? batch : lam_net_max_batch(net),
			.augment = *augment,
			.no_shuffle = true,
			.evaluation = true,
		},
		net);
}

lam_status lam_first_batch(lam_net *net, lam_loader *loader)
{
	lam_net_set_running(net, true);
	lam_status status = lam_loader_fill(loader);
	lam_net_set_running(net, false);
	return status;
}

lam_status lam_evaluate_run(lam_net *net, lam_loader *loader, lam_scored which, lam_score *score)
{
	lam_status status = lam_loader_seek(loader, 0, 0);
	if (!status)
		status = lam_first_batch(net, loader);
	lam_tallies_clear(net, which);
	const int64_t batches = lam_loader_batches(loader);
	for (int64_t i = 0; i < batches && !status; i++) {
		lam_lane_batch batch;
		lam_loader_take(loader, &batch);
		status = lam_net_run(net,
			&(lam_run){
				.what = LAM_RUN_FORWARD,
				.mode = LAM_EVAL,
				.n = batch.n,
				.inputs = batch.inputs,
				.targets = batch.targets,
				.side = i + 1 < batches ? lam_loader_begin(loader) : NULL,
			});
		if (!status)
			lam_tallies_add(net, which, batch.targets, batch.n);
	}
	lam_net_forget_input(net); /* it is the loader's memory, which will be freed */
	if (status)
		lam_tallies_clear(net, which);
	else
		*score = lam_tallies_score(net, which);
	return status;
}

/* "nan", not "-nan" */
static double shown(double value)
{
	return isnan(value) ? (double)NAN : value;
}

/* Fails because the loss is not finite, and names the parameter or statistic that is not. */
static lam_status say_not_finite(const lam_net *net, const lam_score *score)
{
	int64_t at;
	const lam_param *param = lam_net_not_finite(net, &at);
	char cause[200] = "";
	if (param)
		snprintf(cause, sizeof cause, "; \"%.120s\" has a value of %g (value %" PRId64 ")",
			lam_param_name(param), shown((double)lam_param_value(param)[at]), at);
	return lam_fail(LAM_ERR_NUMERIC,
		"lam_evaluate: the loss over %" PRId64 " samples is %g; expected a finite one%s",
		score->count, shown(score->loss), cause);
}

lam_status lam_evaluate_with(const lam_evaluate_options *given)
{
	lam_evaluate_options options;
	if (!lam_take_options("lam_evaluate", &options, sizeof options,
		    offsetof(lam_evaluate_options, batch), offsetof(lam_evaluate_options, named),
		    given))
		return LAM_ERR_ARGUMENT;
	if (!options.net || !options.dataset || !options.score)
		return lam_fail(LAM_ERR_ARGUMENT, "lam_evaluate: the %s is NULL",
			!options.net               ? "net"
				: !options.dataset ? "data set"
						   : "score");
	if (options.score_size < sizeof options.score->size
		|| options.score_size > sizeof *options.score)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_evaluate: a score of %zu bytes; expected .score_size to say at most "
			"%zu",
			options.score_size, sizeof *options.score);
	if (options.batch < 0 || options.batch > lam_net_max_batch(options.net))
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_evaluate: .batch is %" PRId64 "; expected 1 to %" PRId64
			", the net's .max_batch",
			options.batch, lam_net_max_batch(options.net));
	if (lam_dataset_count(options.dataset) == LAM_ENDLESS)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_evaluate: the data set is endless; expected one with a count");
	lam_status status = lam_net_expect_idle(options.net, "lam_evaluate");
	lam_augment crop = {0};
	if (!status && options.centre)
		crop = lam_crop_to_net(options.net, options.dataset);
	if (!status)
		status = lam_check_dataset(options.net, options.dataset, &crop, "the data set");
	if (!status)
		status = lam_score_room(options.net, LAM_EVALUATED);
	if (status)
		return status;
	lam_loader *loader = lam_evaluate_loader(
		options.net, options.dataset, &crop, options.batch);
	if (!loader)
		return lam_error_status();
	lam_score score;
	LAM_FLOAT_SCOPE(caller, LAM_FLOAT_IEEE);
	status = lam_evaluate_run(options.net, loader, LAM_EVALUATED, &score);
	lam_loader_free(loader);
	if (status)
		return status;
	score.size = options.score_size;
	memcpy(options.score, &score, options.score_size);
	return isfinite(score.loss) ? LAM_OK : say_not_finite(options.net, &score);
}

/* SPDX-License-Identifier: MIT */
/* What a run makes of the weights that it keeps: the moving average, and those of the best epoch.
 */
#include "framework/train/inside.h"

lam_status lam_trainer_keep(lam_trainer *trainer)
{
	const bool wanted[LAM_KEPT] = {[LAM_KEPT_AVERAGE] = trainer->options.average > 0,
		[LAM_KEPT_BEST] = trainer->options.keep_best};
	for (int k = 0; k < LAM_KEPT; k++)
		if (wanted[k] && lam_copy_new(&trainer->kept[k], trainer->net))
			return LAM_ERR_MEMORY;
	return LAM_OK;
}

/* The first step copies the weights, so that those from before the run are not part of the average;
 * lookahead begins with these. As the rate that follows a decay in PyTorch, 1 - decay is computed
 * in double. */
const lam_average *lam_trainer_average(lam_trainer *trainer)
{
	const lam_fit_options *o = &trainer->options;
	lam_copy *copy = &trainer->kept[LAM_KEPT_AVERAGE];
	const int64_t done = trainer->state.steps;
	const double step = (double)(done + 1);
	double decay = o->average;
	if (!copy->params)
		return NULL;
	if (done == 0 && o->lookahead)
		lam_copy_take(copy, trainer->net);
	const bool copies = done == 0 && !o->lookahead,
		   moves = o->average_every == 0 || (done + 1) % o->average_every == 0;
	if (!copies && !moves)
		return NULL;
	for (int i = 0; i < o->average_power; i++)
		decay *= step / (double)trainer->total_steps;
	if (o->average_warmup && decay > (1 + step) / (10 + step))
		decay = (1 + step) / (10 + step);
	trainer->average = (lam_average){copy->params, copy->states,
		copies ? 1 : (lam_real)(1 - decay), .back = o->lookahead};
	return &trainer->average;
}

void lam_trainer_swap(lam_trainer *trainer)
{
	if (trainer->kept[LAM_KEPT_AVERAGE].params)
		lam_copy_swap(&trainer->kept[LAM_KEPT_AVERAGE], trainer->net);
}

void lam_trainer_keep_best(lam_trainer *trainer)
{
	if (trainer->kept[LAM_KEPT_BEST].params)
		lam_copy_take(&trainer->kept[LAM_KEPT_BEST], trainer->net);
}

void lam_trainer_give_result(lam_trainer *trainer)
{
	const lam_copy *average = &trainer->kept[LAM_KEPT_AVERAGE],
		       *best = &trainer->kept[LAM_KEPT_BEST];
	if (best->params && trainer->state.best_epoch > 0)
		lam_copy_put(best, trainer->net);
	else if (average->params)
		lam_copy_put(average, trainer->net);
}

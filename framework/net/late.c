/* SPDX-License-Identifier: MIT */
#include "framework/net/late.h"

#include "framework/net/optimizer_check.h"
#include "framework/net/param_unit.h"

bool lam_updates_late(const lam_walk *walk, int i)
{
	const lam_net *net = walk->net;
	const lam_run *run = &walk->run;
	const lam_call *call = &net->plan.calls[i];
	const unsigned both = LAM_RUN_BACKWARD | LAM_RUN_UPDATE;
	if (!call->late || !call->gradient || (run->what & both) != both || !run->optimizer
		|| run->optimizer->rule == LAM_RULE_OWN || run->clip > 0 || run->grad_norm
		|| run->shard || call->layer_class->update)
		return false;
	const struct lam_param *param = net->plan.params[call->first_param];
	return param->call == i && !param->parts && lam_param_trains(param)
		&& !(net->sum_begun && param->summed);
}

/* The library's own rules do not fail. */
static void take(void *data, int64_t first, int64_t count)
{
	const struct lam_late *late = data;
	lam_update update = late->update;
	update.value += first;
	update.gradient += first;
	for (int m = 0; m < LAM_MAX_MOMENTS; m++)
		update.moment[m] = update.moment[m] ? update.moment[m] + first : NULL;
	update.first = first;
	update.count = count;
	(void)lam_optimizer_rule(update.optimizer)->update(&update);
}

const struct lam_taker *lam_late_taker(
	const lam_walk *walk, const lam_task *job, struct lam_late *late)
{
	if (job->kind != TASK_GRADIENT || !lam_updates_late(walk, job->index))
		return NULL;
	const lam_plan *plan = &walk->net->plan;
	late->update = lam_param_update(
		walk, plan->params[plan->calls[job->index].first_param], &late->own);
	late->taker = (struct lam_taker){.take = take, .data = late};
	const lam_real *const array[] = {late->update.gradient, late->update.value,
		late->update.moment[0], late->update.moment[1]};
	for (int a = 0; a < LAM_TAKER_ARRAYS; a++)
		if (array[a])
			late->taker.array[late->taker.arrays++] = array[a];
	return &late->taker;
}

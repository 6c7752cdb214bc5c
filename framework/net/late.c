/* SPDX-License-Identifier: MIT */
#include "framework/net/late.h"

#include "framework/net/optimizer_check.h"
#include "framework/net/param_unit.h"

bool lam_updates_late(const lam_walk *walk, const struct lam_param *param)
{
	const lam_net *net = walk->net;
	const lam_run *run = &walk->run;
	const lam_call *call = &net->plan.calls[param->call];
	const unsigned both = LAM_RUN_BACKWARD | LAM_RUN_UPDATE;
	return call->late && param->index == 0 && !call->layer_class->update
		&& lam_param_trains(param) && !lam_net_adds(net, param)
		&& (run->what & both) == both && !lam_run_norms(run) && !run->shard
		&& run->optimizer /* NULL: tasks are only counted */
		&& run->optimizer->rule != LAM_RULE_OWN;
}

static void take(void *data, int64_t first, int64_t count)
{
	const struct lam_late *late = data;
	const lam_update update = lam_update_part(&late->update, first, count);
	(void)lam_optimizer_rule(update.optimizer)->update(&update);
}

const struct lam_taker *lam_late_taker(
	const lam_walk *walk, const lam_task *task, struct lam_late *late)
{
	if (!task->updates)
		return NULL;
	const lam_plan *plan = &walk->net->plan;
	late->update = lam_param_update(
		walk, plan->params[plan->calls[task->index].first_param], &late->own);
	late->taker = (struct lam_taker){.take = take,
		.data = late,
		.array = {late->update.gradient, late->update.value},
		.arrays = 2};
	_Static_assert((int)LAM_TAKER_ARRAYS == 2 + (int)LAM_MAX_MOMENTS, "room for all");
	for (int m = 0; m < LAM_MAX_MOMENTS && late->update.moment[m]; m++)
		late->taker.array[late->taker.arrays++] = late->update.moment[m];
	return &late->taker;
}

/* SPDX-License-Identifier: MIT */
/* A step in halves, for the caller's .before_update or for shards: a run of forward and backward,
 * or one of each shard, the call, and a run of the update. The tasks are those of a step in one
 * run, in the same order, so the bits are, too. */
#include "framework/train/inside.h"

#include "framework/base/failure.h"
#include "framework/net/optimizer_check.h"
#include "framework/net/use.h"

/* The run's moments are those of its rule, so a step cannot have another one. */
static lam_status same_rule(const lam_trainer *trainer, const lam_optimizer *optimizer)
{
	const lam_optimizer *own = &trainer->options.optimizer;
	const lam_status status = lam_optimizer_check(optimizer);
	if (status)
		return lam_fail(status, "lam_fit: after .before_update: %s", lam_error());
	if (lam_optimizer_rule(optimizer) == lam_optimizer_rule(own)
		&& lam_optimizer_layout(optimizer) == lam_optimizer_layout(own))
		return LAM_OK;
	return lam_fail(LAM_ERR_ARGUMENT,
		"lam_fit: .before_update changed the optimizer from %s to %s with other moments; "
		"expected another lr or other numbers of the same rule",
		lam_optimizer_name(own), lam_optimizer_name(optimizer));
}

static lam_status call(lam_trainer *trainer, lam_optimizer *optimizer)
{
	const lam_fit_options *o = &trainer->options;
	const uint64_t before = lam_failures();
	lam_net_set_paused(trainer->net, true);
	lam_status status;
	{
		LAM_FLOAT_SCOPE(ours, trainer->caller_mode);
		status = o->before_update(
			trainer->net, optimizer, trainer->state.steps, o->before_update_data);
	}
	lam_net_set_paused(trainer->net, false);
	if (status && lam_unsaid(status, before))
		return lam_fail_unsaid(status, "lam_fit", ".before_update");
	return status ? status : same_rule(trainer, optimizer);
}

lam_status lam_trainer_run_halves(
	lam_trainer *trainer, const lam_run *run, lam_optimizer *optimizer, bool *refused)
{
	lam_run half = *run;
	half.what = LAM_RUN_FORWARD | LAM_RUN_BACKWARD;
	half.grad_norm = NULL;
	lam_status status = trainer->shards.range.all ? lam_shards_run(trainer, &half)
						      : lam_net_run(trainer->net, &half);
	if (status)
		return status;
	lam_trainer_profile(trainer, false);
	if (trainer->options.before_update)
		/* No rank makes an update that another one has refused. */
		status = lam_shards_meet(&trainer->shards, LAM_MEET_UPDATE, trainer->state.steps, 0,
			call(trainer, optimizer), NULL);
	*refused = status;
	if (status)
		return status;
	if (optimizer->lr != (lam_real)trainer->lr)
		trainer->lr = (double)optimizer->lr;
	half = *run;
	half.what = LAM_RUN_UPDATE;
	half.side = NULL;
	lam_trainer_profile(trainer, true);
	return lam_net_run(trainer->net, &half);
}

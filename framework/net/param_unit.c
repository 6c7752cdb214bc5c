/* SPDX-License-Identifier: MIT */
/* Works on pieces of a parameter: adds parts of its gradient, sums over it, updates it. */
#include "framework/net/param_unit.h"

#include "framework/base/failure.h"
#include "framework/kernels/kernels.h"
#include "framework/net/optimizer_check.h"
#include "framework/random.h"

#include <math.h>
#include <string.h>

/* Unlike the number of any layer, so that none has the random numbers of a rule. */
#define RULE_KEYS (UINT64_C(1) << 62)

/* The values of a parameter that a unit works on: its pieces, or all values if it is not cut. */
static void param_piece(
	const lam_unit *unit, const struct lam_param *param, int64_t *first, int64_t *count)
{
	*first = unit->slices == 1 ? 0 : unit->slice * LAM_UPDATE_PIECE;
	int64_t end = unit->slices == 1 ? param->count : unit->slice_end * LAM_UPDATE_PIECE;
	*count = (end < param->count ? end : param->count) - *first;
}

/* The optimizer for a parameter: with its own rate and decay, which are written to `own`. */
static const lam_optimizer *optimizer_of(
	const lam_optimizer *optimizer, const struct lam_param *param, lam_optimizer *own)
{
	if (param->rate == 1 && param->decay == 1)
		return optimizer;
	*own = *optimizer;
	own->lr *= param->rate;
	own->weight_decay *= param->decay;
	return own;
}

lam_update lam_param_update(const lam_walk *walk, const struct lam_param *param, lam_optimizer *own)
{
	const lam_net *net = walk->net;
	const char *dot = strrchr(param->name, '.');
	lam_update update = {
		.optimizer = optimizer_of(walk->run.optimizer, param, own),
		.name = dot ? dot + 1 : param->name,
		.param = param->index,
		.value = param->value,
		.gradient = param->grad,
		.count = param->count,
		.step = net->updates,
		.gradient_scale = 1,
		.decays = param->decay > 0,
		.whole = param->count,
	};
	for (int m = 0; m < net->moment_count; m++)
		update.moment[m] = net->moments[m] + param->offset;
	if (walk->run.clip > 0 && walk->norm > walk->run.clip)
		update.gradient_scale = (lam_real)(walk->run.clip / walk->norm);
	if (update.optimizer->rule == LAM_RULE_OWN)
		update.key = lam_random_key(lam_random_key(net->seed, net->passes, RULE_KEYS),
			(uint64_t)net->updates, (uint64_t)param->offset);
	return update;
}

static lam_status run_update(
	const lam_walk *walk, const lam_unit *unit, const struct lam_param *param)
{
	const lam_net *net = walk->net;
	const lam_call *call = &net->plan.calls[param->call];
	int64_t first, count;
	param_piece(unit, param, &first, &count);
	lam_optimizer own;
	const lam_update whole = lam_param_update(walk, param, &own);
	lam_update update = lam_update_part(&whole, first, count);
	if (update.optimizer->rule == LAM_RULE_OWN && update.optimizer->rule_class->measure)
		update.sums = net->sums + (ptrdiff_t)unit->task->index * net->rule_sums;
	if (!call->layer_class->update)
		return lam_update_default(&update);
	const uint64_t before = lam_failures();
	lam_status status = call->layer_class->update(call->layer, &update);
	return lam_unsaid(status, before)
		? lam_fail_unsaid(status, lam_call_title(call).text, ".update")
		: status;
}

/* Each piece has parts of its own, so that their sum does not depend on the units. */
static lam_status run_measure(
	const lam_walk *walk, const lam_unit *unit, const struct lam_param *param)
{
	const lam_net *net = walk->net;
	lam_optimizer own;
	const lam_update whole = lam_param_update(walk, param, &own);
	lam_status status = LAM_OK;
	for (int64_t slice = unit->slice; slice < unit->slice_end && !status; slice++) {
		const int64_t first = slice * LAM_UPDATE_PIECE, rest = param->count - first;
		const lam_update piece = lam_update_part(
			&whole, first, rest < LAM_UPDATE_PIECE ? rest : LAM_UPDATE_PIECE);
		status = lam_rule_measure(
			&piece, net->sum_parts + (unit->task->base + slice) * net->rule_sums);
	}
	return status;
}

/* The squares of a large finite gradient may overflow in the kernel. Then they are summed in
 * double. */
static double sum_squares(const lam_real *grad, int64_t count)
{
	double sum = lam_kernel()->reduce.sum_squares(grad, (size_t)count);
	if (isfinite(sum))
		return sum;
	sum = 0;
	for (int64_t i = 0; i < count; i++)
		sum += (double)grad[i] * (double)grad[i];
	return sum;
}

/* Adds the parts of values [first, first + count) of a shared parameter's gradient. */
static void add_parts(
	const lam_net *net, const struct lam_param *param, int64_t first, int64_t count)
{
	lam_real *sum = param->written + first;
	for (int k = 0; k < param->parts; k++) {
		const lam_real *part = net->parts + net->plan.parts[param->first_part + k].offset
			+ first;
		const bool begins = k == 0 && !param->owner_writes;
		for (int64_t i = 0; i < count; i++)
			sum[i] = begins ? part[i] : sum[i] + part[i];
	}
}

lam_status lam_run_param(const lam_walk *walk, const lam_unit *unit)
{
	const lam_net *net = walk->net;
	const struct lam_param *param = net->plan.params[unit->task->index];
	int64_t first, count;
	param_piece(unit, param, &first, &count);
	if (unit->task->kind == TASK_UPDATE)
		return run_update(walk, unit, param);
	if (unit->task->kind == TASK_MEASURE)
		return run_measure(walk, unit, param);
	if (unit->task->kind == TASK_PARTS) {
		add_parts(net, param, first, count);
		return LAM_OK;
	}
	if (unit->task->kind == TASK_ACCUMULATE) {
		lam_real *sum = param->grad + first;
		const lam_real *fresh = net->fresh + param->offset + first;
		for (int64_t i = 0; i < count; i++)
			sum[i] += fresh[i];
		return LAM_OK;
	}
	for (int64_t slice = unit->slice; slice < unit->slice_end; slice++) {
		int64_t begin = slice * LAM_UPDATE_PIECE;
		int64_t end = begin + LAM_UPDATE_PIECE < param->count ? begin + LAM_UPDATE_PIECE
								      : param->count;
		net->norm_sums[unit->task->base + slice] = sum_squares(
			param->grad + begin, end - begin);
	}
	return LAM_OK;
}

/* SPDX-License-Identifier: MIT */
#include "framework/net/shard.h"

#include "framework/net/param_unit.h"

void lam_net_begin_shards(lam_net *net)
{
	net->passes++;
}

void lam_net_end_shards(lam_net *net, const double *sums, const double *counts)
{
	net->loss = 0;
	for (int i = 0; i < net->plan.loss_count; i++) {
		lam_loss_end *loss = &net->losses[i];
		loss->count = counts[i];
		loss->value = counts[i] > 0 ? sums[i] / counts[i] : 0;
		net->loss += (double)net->plan.losses[i].weight * loss->value;
	}
	net->has_output = net->can_backward = net->has_input_grad = net->sum_begun = false;
	net->has_gradients = true;
}

double lam_net_loss_sum(const lam_net *net, int loss)
{
	const lam_call *call = &net->plan.calls[net->plan.losses[loss].call];
	const int64_t blocks = lam_call_blocks(call, net->n);
	double sum = 0;
	for (int64_t b = 0; b < blocks; b++)
		sum += net->losses[loss].sums[b];
	return sum;
}

double lam_net_loss_count_of(const lam_net *net, int loss, const lam_run_target *targets, int64_t n)
{
	const lam_target_info *info = &net->losses[loss].info;
	return targets->second
		? lam_mixed_count(info, targets->data, targets->second, targets->share, n)
		: lam_target_count(info, targets->data, targets->weights, n);
}

bool lam_net_loss_counts(const lam_net *net, int loss, const lam_run_target *targets)
{
	const lam_target_info *info = &net->losses[loss].info;
	return targets->weights
		|| (info->type == LAM_CLASSES
			&& (info->weights || lam_target_ignored(info) != INT64_MIN));
}

lam_real *lam_net_gradient_arena(const lam_net *net)
{
	return net->grads;
}

/* sum[i] = lower[levels - 1][i] + (… + (lower[0][i] + g[i])); the inner loops have a fixed length,
 * so that they are compiled to vectors. `sum` may be `g`, but no lower one. */
static void add(const lam_shard_run *shard, int64_t first, int64_t count, bool empty)
{
	lam_real *sum = shard->sum + first;
	const lam_real *g = shard->gradient + first;
	int64_t i = 0;
	for (; i < count; i += LAM_LANES) {
		const int64_t rest = count - i, lanes = rest < LAM_LANES ? rest : LAM_LANES;
		lam_real part[LAM_LANES] = {0};
		for (int64_t k = 0; k < lanes && !empty; k++)
			part[k] = g[i + k];
		for (int level = 0; level < shard->levels; level++) {
			const lam_real *lower = shard->lower[level] + first + i;
			if (lanes == LAM_LANES)
				for (int k = 0; k < LAM_LANES; k++)
					part[k] = lower[k] + part[k];
			else
				for (int64_t k = 0; k < lanes; k++)
					part[k] = lower[k] + part[k];
		}
		for (int64_t k = 0; k < lanes; k++)
			sum[i + k] = part[k];
	}
}

void lam_shard_unit(const lam_walk *walk, const lam_unit *unit)
{
	const struct lam_param *param = walk->net->plan.params[unit->task->index];
	const int64_t first = unit->slices == 1 ? 0 : unit->slice * LAM_UPDATE_PIECE,
		      end = unit->slices == 1 ? param->count : unit->slice_end * LAM_UPDATE_PIECE,
		      last = end < param->count ? end : param->count;
	add(walk->run.shard, param->offset + first, last - first,
		!(walk->run.what & LAM_RUN_BACKWARD));
}

/* SPDX-License-Identifier: MIT */
#include "framework/net/shard.h"

#include "framework/kernels/kernels.h"
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

/* sum[i] = lower[levels - 1][i] + (… + (lower[0][i] + g[i])) for one value. */
static lam_real add_one(const lam_shard_run *shard, int64_t i, bool empty)
{
	lam_real part = empty ? 0 : shard->gradient[i];
	for (int level = 0; level < shard->levels; level++)
		part = shard->lower[level][i] + part;
	return part;
}

/* The same for `count` values, by vectors, in pieces that stay in the first cache. `sum` may be
 * `g`, but no lower one. */
static void add(const lam_shard_run *shard, int64_t first, int64_t count, bool empty)
{
	enum { PIECE = 1024 };
	const struct lam_map_kernels *map = &lam_kernel()->map;
	const int64_t end = first + count, whole = first + count / LAM_LANES * LAM_LANES;
	for (int64_t at = first; at < whole; at += PIECE) {
		const size_t values = (size_t)(whole - at < PIECE ? whole - at : PIECE);
		const lam_real *part = shard->gradient + at;
		lam_real *sum = shard->sum + at;
		if (empty)
			map->fill(sum, 0, values);
		for (int level = 0; level < shard->levels; level++)
			map->add(
				sum, shard->lower[level] + at, level || empty ? sum : part, values);
	}
	for (int64_t i = whole; i < end; i++)
		shard->sum[i] = add_one(shard, i, empty);
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

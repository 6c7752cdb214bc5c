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

bool lam_net_together(const lam_net *net, int64_t shards, int64_t samples)
{
	return samples > 0 && samples % LAM_LANES == 0 && samples <= net->max_batch / shards
		&& net->plan.part_count == 0;
}

double lam_net_loss_sum(const lam_net *net, int loss, int number, int together)
{
	const lam_call *call = &net->plan.calls[net->plan.losses[loss].call];
	const int64_t blocks = lam_call_blocks(call, net->n / together);
	double sum = 0;
	for (int64_t b = number * blocks; b < (number + 1) * blocks; b++)
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

/* A shard's gradient g and its place in the tree: *sum = lower[levels - 1] + (… + (lower[0] + g)).
 * With no levels it is g itself. */
struct addition {
	const lam_real *gradient; /* NULL: 0 */
	lam_real *const *lower;
	int levels;
	lam_real *sum;
};

static lam_real *sum_of(const lam_net *net, const lam_shard_run *shard, int number)
{
	return number + 1 == shard->all ? net->grads : shard->lower[lam_shard_levels(number)];
}

/* Shards in one run have one place for their gradients. */
lam_real *lam_shard_gradient(const lam_net *net, const lam_shard_run *shard)
{
	return shard->together == 1 && lam_shard_levels(shard->number) == 0
		? sum_of(net, shard, shard->number)
		: net->grads;
}

/* The addition of one value. */
static void add_one(const struct addition *a, int64_t i)
{
	lam_real part = a->gradient ? a->gradient[i] : 0;
	for (int level = 0; level < a->levels; level++)
		part = a->lower[level][i] + part;
	a->sum[i] = part;
}

/* The same for `count` values, by vectors, in pieces that stay in the first cache. `sum` may be
 * `gradient`, but no lower one. */
static void add(const struct addition *a, int64_t first, int64_t count)
{
	enum { PIECE = 1024 };
	const struct lam_map_kernels *map = &lam_kernel()->map;
	const int64_t end = first + count, whole = first + count / LAM_LANES * LAM_LANES;
	for (int64_t at = first; at < whole; at += PIECE) {
		const size_t values = (size_t)(whole - at < PIECE ? whole - at : PIECE);
		lam_real *sum = a->sum + at;
		const lam_real *part = a->gradient ? a->gradient + at : sum;
		if (!a->gradient)
			map->fill(sum, 0, values);
		else if (a->levels == 0 && part != sum)
			map->copy(sum, part, values);
		for (int level = 0; level < a->levels; level++)
			map->add(sum, a->lower[level] + at, level ? sum : part, values);
	}
	for (int64_t i = whole; i < end; i++)
		add_one(a, i);
}

void lam_shard_unit(const lam_walk *walk, const lam_unit *unit)
{
	const lam_shard_run *shard = walk->run.shard;
	const struct lam_param *param = walk->net->plan.params[unit->task->index];
	const int number = shard->number + (unit->shard > 0 ? unit->shard : 0);
	const int64_t first = unit->slices == 1 ? 0 : unit->slice * LAM_UPDATE_PIECE,
		      end = unit->slices == 1 ? param->count : unit->slice_end * LAM_UPDATE_PIECE,
		      last = end < param->count ? end : param->count;
	add(&(struct addition){.gradient = walk->run.what & LAM_RUN_BACKWARD
			    ? lam_shard_gradient(walk->net, shard)
			    : NULL,
		    .lower = shard->lower,
		    .levels = lam_shard_levels(number),
		    .sum = sum_of(walk->net, shard, number)},
		param->offset + first, last - first);
}

void lam_shard_states_unit(const lam_walk *walk, const lam_unit *unit)
{
	const lam_net *net = walk->net;
	const lam_shard_run *shard = walk->run.shard;
	const lam_call *call = &net->plan.calls[unit->task->index];
	for (int k = 0; k < call->states; k++) {
		const struct lam_param *state = net->plan.states[call->first_state + k];
		double *left = shard->states + unit->shard * net->plan.state_values + state->offset;
		for (int64_t i = 0; i < state->count; i++) {
			left[i] = (double)state->value[i];
			state->value[i] = shard->states_before[state->offset + i];
		}
	}
}

/* SPDX-License-Identifier: MIT */
/* The random batch of a gradient check: inputs and targets. */
#include "framework/check/gradients.h"

#include "framework/kernels/sizes.h"
#include "framework/memory.h"
#include "framework/net/query.h"
#include "framework/net/targets.h"
#include "framework/random.h"

#include <math.h>

/* A key for this draw and this number of samples. */
static uint64_t key_of(const lam_check *c, uint64_t kind, uint64_t array)
{
	const uint64_t key = lam_random_key(c->options->seed, kind, array);
	return c->draw ? lam_random_key(key, (uint64_t)c->draw, (uint64_t)c->n) : key;
}

double lam_check_normal(const lam_check *c, uint64_t array, int64_t i)
{
	return lam_random_normal(key_of(c, 1, array), (uint64_t)i);
}

double lam_check_uniform(const lam_check *c, uint64_t array, int64_t i)
{
	return lam_random_uniform(lam_random(key_of(c, 2, array), 0, (uint64_t)i).word[0]);
}

/* Arrays of other inputs and losses than the first have other numbers. */
static uint64_t array_of(uint64_t array, int k)
{
	return array + 1000000 * (uint64_t)k;
}

static double input_value(const lam_check *c, int k, int64_t i)
{
	const double low = (double)c->options->low, high = (double)c->options->high;
	return c->ranged ? low + (high - low) * lam_check_uniform(c, array_of(LAM_DRAW_INPUT, k), i)
			 : lam_check_normal(c, array_of(LAM_DRAW_INPUT, k), i);
}

/* Fills the lane blocks of input k; idle lanes repeat the last sample. */
static void draw_input(lam_check *c, int k)
{
	const int64_t features = c->net->plan.slots[k].features;
	for (int64_t s = 0; s < lane_blocks(c->n) * LAM_LANES; s++)
		for (int64_t f = 0; f < features; f++)
			c->slots[k][(s / LAM_LANES * features + f) * LAM_LANES + s % LAM_LANES] =
				(lam_real)input_value(c, k, least(s, c->n - 1) * features + f);
}

/* One target in eight is the class that is ignored, if there is one. */
static lam_status draw_classes(lam_check *c, int loss, const lam_target_info *info)
{
	const int64_t count = c->n * lam_target_values(info);
	int32_t *targets = lam_alloc((size_t)count, sizeof *targets);
	c->targets[loss] = targets;
	const int64_t ignored = lam_target_ignored(info);
	for (int64_t i = 0; i < count && targets; i++) {
		const double part = 8 * lam_check_uniform(c, array_of(LAM_DRAW_TARGETS, loss), i);
		targets[i] = ignored != INT64_MIN && part >= 7
			? (int32_t)ignored
			: (int32_t)((part - floor(part)) * (double)info->classes);
	}
	return targets ? LAM_OK : LAM_ERR_MEMORY;
}

/* Divides the values by their sum, at each of the places [features / places][places]. */
static void make_sums_one(lam_real *values, int64_t features, int64_t places)
{
	for (int64_t place = 0; place < places; place++) {
		lam_real sum = 0;
		for (int64_t i = place; i < features; i += places)
			sum += values[i];
		for (int64_t i = place; i < features; i += places)
			values[i] /= sum;
	}
}

/* Draws values in the range that the loss gives, or in (0, 1). Targets that are probabilities sum
 * to 1. */
static lam_status draw_values(lam_check *c, int loss, const lam_target_info *info)
{
	const int64_t features = lam_shape_count(&info->shape);
	lam_real *values = lam_alloc((size_t)(c->n * features), sizeof *values);
	c->targets[loss] = values;
	if (!values)
		return LAM_ERR_MEMORY;
	const double low = (double)info->least,
		     range = info->least < info->most ? (double)info->most - low : 1;
	for (int64_t i = 0; i < c->n * features; i++)
		values[i] = (lam_real)(low
			+ range
				* (0.05
					+ 0.9
						* lam_check_uniform(
							c, array_of(LAM_DRAW_TARGETS, loss), i)));
	for (int64_t s = 0; s < c->n && lam_net_metric(c->net, loss) == LAM_METRIC_CLASS; s++)
		make_sums_one(values + s * features, features,
			info->shape.rank > 1 ? features / info->shape.dim[0] : 1);
	return LAM_OK;
}

/* Weights of the samples in batches whose values are judged in groups, so that the others have
 * none. One in eight is 0. */
static lam_status draw_weights(lam_check *c, int loss)
{
	lam_free(c->weights[loss]);
	c->weights[loss] = NULL;
	if (!c->groups || !lam_net_loss_weighs(c->net, loss))
		return LAM_OK;
	lam_real *weights = c->weights[loss] = lam_alloc((size_t)c->n, sizeof *weights);
	for (int64_t i = 0; i < c->n && weights; i++) {
		const double part = lam_check_uniform(c, array_of(LAM_DRAW_WEIGHTS, loss), i);
		weights[i] = part < 0.125 ? 0 : (lam_real)(2 * part);
	}
	return weights ? LAM_OK : LAM_ERR_MEMORY;
}

lam_status lam_check_draw(lam_check *c)
{
	lam_status status = LAM_OK;
	for (int k = 0; k < c->net->plan.input_count; k++)
		draw_input(c, k);
	for (int loss = 0; loss < c->net->plan.loss_count && !status; loss++) {
		const lam_target_info info = lam_net_target_info(c->net, loss);
		lam_free(c->targets[loss]);
		c->targets[loss] = NULL;
		status = info.type == LAM_CLASSES ? draw_classes(c, loss, &info)
						  : draw_values(c, loss, &info);
		if (!status)
			status = draw_weights(c, loss);
	}
	return status;
}

/* SPDX-License-Identifier: MIT */
/* The weight's gradient is a sum over blocks (or samples), lanes and places. A slice of it is whole
 * channels of all blocks, so that the order of sums does not depend on the threads. The sums of
 * channels that share a weight are added in a second phase. */
#include "layers/channel_weight.h"

#include "framework/kernels/kernels.h"

enum { CHANNELS, TOTAL }; /* the phases of the gradient */

lam_status lam_channel_weight_check(
	struct lam_channel_weight *weight, const lam_shape *in, lam_shape *out)
{
	weight->channels = in->dim[0];
	weight->places = lam_shape_count(in) / in->dim[0];
	*out = *in;
	return LAM_OK;
}

lam_status lam_channel_weight_plan(
	const struct lam_channel_weight *weight, lam_real initial, lam_plan *plan)
{
	lam_plan_param(plan, "weight", LAM_SHAPE(weight->shared ? 1 : weight->channels),
		(lam_param_options){.init = LAM_INIT_CONSTANT, .init_scale = initial});
	if (weight->shared)
		lam_plan_shared(plan, LAM_GRADIENT, weight->channels * (int64_t)sizeof(double), 0);
	return LAM_OK;
}

static int gradient_phases(
	const struct lam_channel_weight *weight, int64_t slices, lam_phase *phase)
{
	phase[CHANNELS] = (lam_phase){.slices = slices};
	phase[TOTAL] = (lam_phase){.slices = 1};
	return weight->shared ? 2 : 1;
}

int lam_channel_weight_phases(
	const lam_layer *self, lam_job job, lam_mode mode, int64_t blocks, lam_phase *phase)
{
	(void)mode, (void)blocks;
	const struct lam_channel_weight *weight = lam_layer_state(self);
	const int64_t channels = weight->channels;
	if (job == LAM_GRADIENT)
		return gradient_phases(weight, channels, phase);
	phase[0] = (lam_phase){.per_block = true,
		.slices = lam_channel_slices(channels, channels * weight->places)};
	return 1;
}

const lam_real *lam_channel_weights(const struct lam_channel_weight *weight, const lam_pass *pass,
	struct channels group, lam_real room[LAM_CHANNEL_GROUP])
{
	if (!weight->shared)
		return pass->w[0] + group.first;
	for (int64_t k = 0; k < group.count; k++)
		room[k] = pass->w[0][0];
	return room;
}

static lam_status total(const struct lam_channel_weight *weight, const lam_pass *pass)
{
	const double *sums = pass->shared;
	double sum = 0;
	for (int64_t c = 0; c < weight->channels; c++)
		sum += sums[c];
	pass->dw[0][0] = (lam_real)sum;
	return LAM_OK;
}

static void store_sums(const struct lam_channel_weight *weight, const lam_pass *pass, int64_t first,
	int64_t count, const double *sums)
{
	for (int64_t k = 0; k < count; k++)
		if (weight->shared)
			((double *)pass->shared)[first + k] = sums[k];
		else
			pass->dw[0][first + k] = (lam_real)sums[k];
}

lam_status lam_channel_weight_gradient(const lam_layer *self, const lam_pass *pass)
{
	const struct lam_channel_weight *weight = lam_layer_state(self);
	const struct lam_reduce_kernels *reduce = &lam_kernel()->reduce;
	if (!pass->dw[0])
		return LAM_OK;
	if (pass->phase == TOTAL)
		return total(weight, pass);
	const struct channels run = lam_channels_of(pass, weight->channels);
	struct channels group;
	for (int64_t c = run.first; c < run.first + run.count; c += group.count) {
		group = lam_channel_group(run, c);
		const int64_t at = c * weight->places * LAM_LANES;
		double sums[LAM_CHANNEL_GROUP] = {0};
		for (int64_t b = 0; b < pass->blocks; b++)
			(weight->below ? reduce->channel_dots_below : reduce->channel_dots)(sums,
				pass->dy->data + b * pass->dy->block + at,
				pass->x->data + b * pass->x->block + at, (size_t)group.count,
				(size_t)weight->places, (int)lanes_used(pass->n, b));
		store_sums(weight, pass, c, group.count, sums);
	}
	return LAM_OK;
}

static int sample_phases(const lam_layer *self, lam_layout x, int64_t samples, lam_phase *phase)
{
	(void)x, (void)samples;
	const struct lam_channel_weight *weight = lam_layer_state(self);
	phase[0] = (lam_phase){.per_block = true,
		.slices = lam_channel_group_slices(weight->channels, weight->places)};
	return 1;
}

static int training_phases(const lam_layer *self, lam_job job, lam_mode mode, lam_layout x,
	int64_t samples, lam_phase *phase)
{
	(void)mode;
	const struct lam_channel_weight *weight = lam_layer_state(self);
	return job == LAM_GRADIENT ? gradient_phases(weight, lane_blocks(weight->channels), phase)
				   : sample_phases(self, x, samples, phase);
}

/* to = w from, of what the weight is a factor of, in the groups of this call */
static lam_status apply_lanes(
	const lam_layer *self, const lam_pass *pass, const lam_view *to, const lam_view *from)
{
	const struct lam_channel_weight *weight = lam_layer_state(self);
	const struct lam_map_kernels *map = &lam_kernel()->map;
	const size_t places = (size_t)weight->places;
	const struct channels run = lam_channels_of(pass, lane_blocks(weight->channels));
	for (int64_t g = run.first; g < run.first + run.count; g++) {
		const int64_t first = g * LAM_LANES, at = first * weight->places;
		lam_real lanes[LAM_LANES] __attribute__((aligned(LAM_ALIGN))) = {0};
		for (int64_t k = 0; k < LAM_LANES && first + k < weight->channels; k++)
			lanes[k] = pass->w[0][weight->shared ? 0 : first + k];
		if (weight->below)
			map->channel_leaky_lanes(to->data + at, from->data + at, pass->x->data + at,
				lanes, 1, places);
		else
			map->multiply_channels(to->data + at, from->data + at, lanes, 1, places);
	}
	return LAM_OK;
}

static lam_status sample_forward(const lam_layer *self, const lam_pass *pass)
{
	return apply_lanes(self, pass, pass->out, pass->x);
}

static lam_status sample_backward(const lam_layer *self, const lam_pass *pass)
{
	return apply_lanes(self, pass, pass->dx, pass->dy);
}

static const lam_real zero[LAM_LANES] __attribute__((aligned(LAM_ALIGN))) = {0};

/* Subtracts the sums of dy min(x, 0) of some places from those of sixteen channels: max(-x, 0) is
 * made first, so that an infinite x that does not count is no factor. */
static void subtract_below(
	double sums[LAM_LANES], const lam_real *dy, const lam_real *x, int64_t places)
{
	enum { PIECE = 64 };
	const struct lam_map_kernels *map = &lam_kernel()->map;
	lam_real below[PIECE * LAM_LANES] __attribute__((aligned(LAM_ALIGN)));
	double unused[LAM_LANES] = {0};
	for (int64_t first = 0; first < places; first += PIECE) {
		const int64_t count = least(places - first, PIECE), at = first * LAM_LANES;
		map->scale(below, x + at, -1, (size_t)(count * LAM_LANES));
		map->curve[LAM_CURVE_relu].forward(
			below, below, (size_t)(count * LAM_LANES), (struct lam_curve_options){{0}});
		lam_kernel()->reduce.lane_products(
			unused, sums, dy + at, below, zero, NULL, (size_t)count);
	}
}

/* dL/dweight of sixteen channels, whose values begin at `at`. The sum of dy, which the kernel gives
 * too, is not used. */
static void sum_lanes(const struct lam_channel_weight *weight, const lam_pass *pass, int64_t at,
	double sums[LAM_LANES])
{
	double unused[LAM_LANES] = {0};
	for (int l = 0; l < LAM_LANES; l++)
		sums[l] = 0;
	for (int64_t i = 0; i < pass->n; i++) {
		const lam_real *dy = pass->dy->data + i * pass->dy->block + at,
			       *x = pass->x->data + i * pass->x->block + at;
		if (weight->below)
			subtract_below(sums, dy, x, weight->places);
		else
			lam_kernel()->reduce.lane_products(
				unused, sums, dy, x, zero, NULL, (size_t)weight->places);
	}
	for (int l = 0; l < LAM_LANES && weight->below; l++)
		sums[l] = -sums[l];
}

static lam_status sample_gradient(const lam_layer *self, const lam_pass *pass)
{
	const struct lam_channel_weight *weight = lam_layer_state(self);
	if (!pass->dw[0])
		return LAM_OK;
	if (pass->phase == TOTAL)
		return total(weight, pass);
	const struct channels run = lam_channels_of(pass, lane_blocks(weight->channels));
	for (int64_t g = run.first; g < run.first + run.count; g++) {
		double sums[LAM_LANES];
		sum_lanes(weight, pass, g * LAM_LANES * weight->places, sums);
		store_sums(weight, pass, g * LAM_LANES, lanes_used(weight->channels, g), sums);
	}
	return LAM_OK;
}

static const lam_sample_training training = {
	.phases = training_phases,
	.backward = sample_backward,
	.gradient = sample_gradient,
};

const lam_sample_form lam_channel_weight_sample_form = {
	.phases = sample_phases,
	.forward = sample_forward,
	.training = &training,
};

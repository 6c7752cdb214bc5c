/* SPDX-License-Identifier: MIT */
/* The weight's gradient is a sum over blocks, lanes and places. A slice of it is whole channels of
 * all blocks, so that the order of sums does not depend on the threads. The sums of channels that
 * share a weight are added in a second phase. */
#include "layers/channel_weight.h"

#include "framework/kernels/kernels.h"

enum { CHANNELS, TOTAL }; /* the phases of the gradient */

void lam_channel_weight_check(struct lam_channel_weight *weight, const lam_shape *in)
{
	weight->channels = in->dim[0];
	weight->places = lam_shape_count(in) / in->dim[0];
}

void lam_channel_weight_plan(
	const struct lam_channel_weight *weight, lam_real initial, lam_plan *plan)
{
	lam_plan_param(plan, "weight", LAM_SHAPE(weight->shared ? 1 : weight->channels),
		(lam_param_options){.init = LAM_INIT_CONSTANT, .init_scale = initial});
	if (weight->shared)
		lam_plan_shared(plan, LAM_GRADIENT, weight->channels * (int64_t)sizeof(double), 0);
}

int lam_channel_weight_phases(
	const struct lam_channel_weight *weight, lam_job job, lam_phase *phase)
{
	const int64_t channels = weight->channels;
	if (job != LAM_GRADIENT) {
		phase[0] = (lam_phase){.per_block = true,
			.slices = lam_channel_slices(channels, channels * weight->places)};
		return 1;
	}
	phase[CHANNELS] = (lam_phase){.slices = channels};
	phase[TOTAL] = (lam_phase){.slices = 1};
	return weight->shared ? 2 : 1;
}

int lam_channel_weight_sample_phases(const struct lam_channel_weight *weight, lam_phase *phase)
{
	phase[0] = (lam_phase){.per_block = true,
		.slices = lam_channel_group_slices(weight->channels, weight->places)};
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

int lam_channel_weight_training_phases(
	const struct lam_channel_weight *weight, lam_job job, lam_phase *phase)
{
	if (job != LAM_GRADIENT)
		return lam_channel_weight_sample_phases(weight, phase);
	phase[CHANNELS] = (lam_phase){.slices = lane_blocks(weight->channels)};
	phase[TOTAL] = (lam_phase){.slices = 1};
	return weight->shared ? 2 : 1;
}

void lam_channel_weight_lanes(const struct lam_channel_weight *weight, const lam_pass *pass,
	const lam_view *to, const lam_view *from, lam_channel_weight_kernel *kernel)
{
	const struct channels run = lam_channels_of(pass, lane_blocks(weight->channels));
	for (int64_t g = run.first; g < run.first + run.count; g++) {
		const int64_t first = g * LAM_LANES, at = first * weight->places;
		lam_real lanes[LAM_LANES] __attribute__((aligned(LAM_ALIGN))) = {0};
		for (int64_t k = 0; k < LAM_LANES && first + k < weight->channels; k++)
			lanes[k] = pass->w[0][weight->shared ? 0 : first + k];
		kernel(to->data + at, from->data + at, pass->x->data + at, lanes, 1,
			(size_t)weight->places);
	}
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

lam_status lam_channel_weight_gradient(const struct lam_channel_weight *weight,
	const lam_pass *pass,
	void (*dots)(double *sum, const lam_real *dy, const lam_real *x, size_t channels,
		size_t plane, int used))
{
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
			dots(sums, pass->dy->data + b * pass->dy->block + at,
				pass->x->data + b * pass->x->block + at, (size_t)group.count,
				(size_t)weight->places, (int)lanes_used(pass->n, b));
		for (int64_t k = 0; k < group.count; k++)
			if (weight->shared)
				((double *)pass->shared)[c + k] = sums[k];
			else
				pass->dw[0][c + k] = (lam_real)sums[k];
	}
	return LAM_OK;
}

/* Subtracts the sums of dy min(x, 0) of some places from those of sixteen channels: max(-x, 0) is
 * made first, so that an infinite x that does not count is no factor. */
static void subtract_below(
	double sums[LAM_LANES], const lam_real *dy, const lam_real *x, int64_t places)
{
	enum { PIECE = 64 };
	static const lam_real zero[LAM_LANES] __attribute__((aligned(LAM_ALIGN))) = {0};
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
	bool below, double sums[LAM_LANES])
{
	static const lam_real zero[LAM_LANES] __attribute__((aligned(LAM_ALIGN))) = {0};
	double unused[LAM_LANES] = {0};
	for (int l = 0; l < LAM_LANES; l++)
		sums[l] = 0;
	for (int64_t i = 0; i < pass->n; i++) {
		const lam_real *dy = pass->dy->data + i * pass->dy->block + at,
			       *x = pass->x->data + i * pass->x->block + at;
		if (below)
			subtract_below(sums, dy, x, weight->places);
		else
			lam_kernel()->reduce.lane_products(
				unused, sums, dy, x, zero, NULL, (size_t)weight->places);
	}
	for (int l = 0; l < LAM_LANES && below; l++)
		sums[l] = -sums[l];
}

lam_status lam_channel_weight_sample_gradient(
	const struct lam_channel_weight *weight, const lam_pass *pass, bool below)
{
	if (!pass->dw[0])
		return LAM_OK;
	if (pass->phase == TOTAL)
		return total(weight, pass);
	const struct channels run = lam_channels_of(pass, lane_blocks(weight->channels));
	for (int64_t g = run.first; g < run.first + run.count; g++) {
		double sums[LAM_LANES];
		sum_lanes(weight, pass, g * LAM_LANES * weight->places, below, sums);
		for (int64_t k = 0, c = g * LAM_LANES; k < LAM_LANES && c < weight->channels;
			k++, c++)
			if (weight->shared)
				((double *)pass->shared)[c] = sums[k];
			else
				pass->dw[0][c] = (lam_real)sums[k];
	}
	return LAM_OK;
}

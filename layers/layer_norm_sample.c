/* SPDX-License-Identifier: MIT */
/* Layer norm for one sample at a time, with channels in the lanes; the formulas stand in
 * layer_norm.c. A row of features has that layout, too.
 *
 * Over the channels of each place there is a backward: its first phase computes dx, and the sums
 * of a slice's places; its second adds those of all slices and samples, in their order. */
#include "layers/lane_bias.h"
#include "layers/layer_norm_state.h"

#include <math.h>

enum { WEIGHT = LAYER_NORM_WEIGHT, BIAS = LAYER_NORM_BIAS };
enum { INPUT, WEIGHTS }; /* phases of backward */

/* Whether the moments are those of each place, of which there may be one. Only then is there a
 * backward. */
static bool over_channels(const struct layer_norm *norm)
{
	return norm->options.channels || norm->places == 1;
}

/* The slices of a sample. Each of backward has sums of its own, of at most SUM_TERMS places. */
static int64_t lane_slices(const struct layer_norm *norm, lam_job job)
{
	const int64_t slices = lam_channel_slices(
		norm->places, lane_blocks(norm->channels) * norm->places);
	return job == LAM_FORWARD ? slices : most(slices, ceil_divide(norm->places, SUM_TERMS));
}

/* Copies of the parameters in that layout, and backward's sums. */
void lam_layer_norm_sample_plan(const struct layer_norm *norm, lam_plan *plan)
{
	if (!lam_plan_inference(plan) && !norm->options.no_affine)
		lam_plan_shared(plan, LAM_BACKWARD, 0,
			lane_slices(norm, LAM_BACKWARD) * lane_blocks(norm->channels)
				* (int64_t)sizeof(struct lam_norm_sums));
	const int64_t bytes = lane_blocks(norm->channels) * norm->places * LAM_LANES
		* (int64_t)sizeof(lam_real);
	for (int param = WEIGHT; param <= BIAS && !norm->options.no_affine; param++)
		if (norm->options.channels)
			lam_lane_bias_plan(plan, param, norm->channels);
		else
			lam_plan_packed(plan, param, bytes, 1, false);
}

static lam_status sample_pack(const lam_layer *self, lam_layout x, int index, const lam_real *w,
	void *packed, int64_t slice, int64_t slices)
{
	(void)x, (void)index, (void)slice, (void)slices;
	const struct layer_norm *norm = lam_layer_state(self);
	const int64_t values = lane_blocks(norm->channels) * norm->places * LAM_LANES;
	if (norm->options.channels) {
		lam_lane_bias_pack(w, packed, norm->channels);
		return LAM_OK;
	}
	lam_real *to = packed;
	for (int64_t i = 0; i < values; i++) {
		const int64_t lane = i % LAM_LANES, place = i / LAM_LANES % norm->places,
			      channel = i / LAM_LANES / norm->places * LAM_LANES + lane;
		to[i] = channel < norm->channels ? w[channel * norm->places + place] : 0;
	}
	return LAM_OK;
}

static int sample_phases(const lam_layer *self, lam_layout x, int64_t samples, lam_phase *phase)
{
	(void)x, (void)samples;
	const struct layer_norm *norm = lam_layer_state(self);
	phase[0] = (lam_phase){.per_block = true,
		.slices = norm->options.channels ? lane_slices(norm, LAM_FORWARD) : 1};
	return 1;
}

static int training_phases(const lam_layer *self, lam_job job, lam_mode mode, lam_layout x,
	int64_t samples, lam_phase *phase)
{
	(void)mode;
	const struct layer_norm *norm = lam_layer_state(self);
	if (job == LAM_FORWARD)
		return sample_phases(self, x, samples, phase);
	phase[INPUT] = (lam_phase){.per_block = true, .slices = lane_slices(norm, job)};
	phase[WEIGHTS] = (lam_phase){.per_block = false, .slices = lane_blocks(norm->channels)};
	return norm->options.no_affine ? 1 : 2;
}

static lam_layout training_layouts(
	const lam_layer *self, const lam_shape *in, lam_layout given, lam_layout *out)
{
	(void)in, (void)given;
	return *out = over_channels(lam_layer_state(self)) ? LAM_CHANNEL_LANES : LAM_BATCH_LANES;
}

/* The lanes of some moments merged: of `many` values in the first `longer` lanes, of `few` in the
 * others. Returns the mean of all; `*rest` is what its rounding left, `*squares` the sum of squared
 * distances. */
static lam_real merge_lanes(const struct lam_norm_moments *m, int64_t longer, int64_t many,
	int64_t few, double *rest, double *squares)
{
	double mean = 0, before = 0;
	*squares = 0;
	for (int64_t l = 0; l < LAM_LANES; l++) {
		const double count = (double)(l < longer ? many : few);
		if (count == 0)
			break;
		const double share = count / (before + count),
			     step = (m->origin[l] - m->origin[0]) + m->mean[l] - mean;
		mean += step * share;
		*squares += m->squares[l] + step * step * before * share;
		before += count;
	}
	const lam_real center = (lam_real)(m->origin[0] + mean);
	*rest = m->origin[0] - (double)center + mean;
	return center;
}

/* Over all values of one sample, with channels in the lanes. Lanes without a channel count in no
 * sum: whole groups of sixteen channels come first, then the lanes in use of the last one. */
static void sample_values(const struct layer_norm *norm, const lam_pass *pass)
{
	const struct lam_norm_kernels *kernel = &lam_kernel()->norm;
	const int64_t whole = norm->channels / LAM_LANES * norm->places,
		      left = norm->channels % LAM_LANES, values = lam_layer_norm_values(norm),
		      vectors = lane_blocks(norm->channels) * norm->places;
	const lam_real *x = pass->x->data;
	lam_real *y = pass->out->data;
	struct lam_norm_moments moments = {{0}, {0}, {0}};
	kernel->moments(&moments, 0, x, (size_t)whole, LAM_LANES);
	if (left > 0) {
		struct lam_norm_moments used = moments;
		kernel->moments(&used, (double)whole, x + whole * LAM_LANES, (size_t)norm->places,
			LAM_LANES);
		for (int64_t l = 0; l < left; l++) {
			moments.origin[l] = used.origin[l];
			moments.mean[l] = used.mean[l];
			moments.squares[l] = used.squares[l];
		}
	}
	double rest, squares;
	lam_real mean = merge_lanes(&moments, left, whole + norm->places, whole, &rest, &squares);
	const double deviation = 1 / sqrt(squares / (double)values + (double)norm->options.eps);
	lam_real r = (lam_real)deviation, term = (lam_real)(-rest * deviation);
	if (norm->options.no_affine)
		lam_kernel()->map.channel_affine(y, x, &mean, &r, &term, 1, (size_t)vectors);
	else
		kernel->map_lanes(y, x, mean, r, term, pass->packed[WEIGHT], pass->packed[BIAS],
			(size_t)(vectors * LAM_LANES));
}

static lam_status sample_forward(const lam_layer *self, const lam_pass *pass)
{
	const struct layer_norm *norm = lam_layer_state(self);
	const bool affine = !norm->options.no_affine;
	if (!norm->options.channels) {
		sample_values(norm, pass);
		return LAM_OK;
	}
	const struct lam_norm_places of = lam_layer_norm_places(norm, pass,
		affine ? pass->packed[WEIGHT] : NULL, affine ? pass->packed[BIAS] : NULL,
		lam_slices_of(pass));
	lam_kernel()->norm.channel_lanes(pass->out->data, pass->x->data, &of);
	return LAM_OK;
}

/* The gradients of sixteen weights for each slice. */
static void add_sums(const struct layer_norm *norm, const lam_pass *pass)
{
	const int64_t groups = lane_blocks(norm->channels),
		      parts = pass->n * lane_slices(norm, LAM_BACKWARD);
	const struct channels run = lam_channels_of(pass, groups);
	for (int64_t g = run.first; g < run.first + run.count; g++) {
		const struct lam_norm_sums *sums = (struct lam_norm_sums *)pass->shared + g;
		double dy[LAM_LANES] = {0}, dyx[LAM_LANES] = {0};
		for (int64_t part = 0; part < parts; part++, sums += groups)
			for (int l = 0; l < LAM_LANES; l++) {
				dy[l] += (double)sums->dy[l];
				dyx[l] += (double)sums->dyx[l];
			}
		lam_store_lane_gradients(pass, g, norm->channels, dyx, dy);
	}
}

static lam_status sample_backward(const lam_layer *self, const lam_pass *pass)
{
	const struct layer_norm *norm = lam_layer_state(self);
	const bool affine = !norm->options.no_affine;
	if (pass->phase == WEIGHTS) {
		add_sums(norm, pass);
		return LAM_OK;
	}
	for (int64_t slice = pass->slice; slice < pass->slice_end; slice++) {
		const struct lam_norm_places of = lam_layer_norm_places(norm, pass,
			affine ? pass->packed[WEIGHT] : NULL, NULL,
			(struct lam_slices){slice, slice + 1, pass->slices});
		struct lam_norm_sums *sums = pass->shared;
		lam_kernel()->norm.channel_lanes_backward(pass->dx->data,
			affine ? sums
					+ (pass->block * pass->slices + slice)
						* lane_blocks(norm->channels)
			       : NULL,
			pass->dy->data, pass->x->data, &of);
	}
	return LAM_OK;
}

static const lam_sample_training training = {
	.layouts = training_layouts,
	.phases = training_phases,
	.backward = sample_backward,
};

const lam_sample_form lam_layer_norm_sample_form = {
	.phases = sample_phases,
	.pack = sample_pack,
	.forward = sample_forward,
	.training = &training,
};

/* SPDX-License-Identifier: MIT */
/* Normalisation over groups of channels: x [n][C][places], with places = 1, L or H x W. Each group
 * of a sample has N = C / groups places values.
 *
 *     mean = sum x / N
 *     var  = sum (x - mean)^2 / N
 *     r    = 1 / sqrt(var + eps)
 *     xhat = (x - mean) r
 *     y    = weight xhat + bias
 *
 *     dL/dbias   = sum over samples, places of dy
 *     dL/dweight = sum over samples, places of dy xhat
 *     g          = weight dy
 *     dL/dx      = r (g - sum g / N - xhat sum (g xhat) / N)
 *
 * A lane is a sample, so these sums stay within their lanes. Backward's first phase computes dx,
 * and keeps the sums of dy and dy xhat over each channel's places; its second phase adds them over
 * lanes and blocks. So x and dy are read from memory once. */
#include "layers/norm_groups.h"

#include "framework/kernels/kernels.h"
#include "layers/channels.h"

enum { WEIGHT, BIAS };
enum { INPUT, WEIGHTS }; /* phases of backward */

lam_status lam_norm_groups_check(
	struct norm_groups *norm, int64_t groups, const lam_shape *in, lam_shape *out)
{
	norm->groups = groups;
	norm->channels = in->dim[0] / groups;
	norm->places = lam_shape_count(in) / in->dim[0];
	*out = *in;
	if (norm->channels * norm->places == 1)
		return lam_fail(LAM_ERR_SHAPE,
			"the input is %s, which is 1 value for each of %lld groups; expected at "
			"least 2 values to have a variance",
			lam_shape_text(*in).text, (long long)groups);
	return LAM_OK;
}

static int64_t all_channels(const struct norm_groups *norm)
{
	return norm->groups * norm->channels;
}

lam_status lam_norm_groups_plan(const lam_layer *self, const lam_shape *in, lam_plan *plan)
{
	const struct norm_groups *norm = lam_layer_state(self);
	const lam_shape channels = LAM_SHAPE(in->dim[0]);
	if (norm->affine) {
		lam_plan_param(plan, "weight", channels, (lam_param_options){.init = LAM_INIT_ONE});
		lam_plan_param(plan, "bias", channels, (lam_param_options){.init = LAM_INIT_ZERO});
	}
	if (lam_plan_layout(plan) != LAM_BATCH_LANES)
		lam_norm_groups_sample_plan(norm, plan);
	else if (!lam_plan_inference(plan)) {
		lam_plan_saved(plan, norm->groups * (int64_t)sizeof(struct lam_norm_lanes));
		if (norm->affine)
			lam_plan_shared(plan, LAM_BACKWARD, 0,
				in->dim[0] * (int64_t)sizeof(struct lam_norm_sums));
	}
	return LAM_OK;
}

int lam_norm_groups_phases(
	const lam_layer *self, lam_job job, lam_mode mode, int64_t blocks, lam_phase *phase)
{
	(void)mode;
	const struct norm_groups *norm = lam_layer_state(self);
	const int64_t channels = all_channels(norm);
	phase[INPUT] = (lam_phase){.per_block = true,
		.slices = lam_channel_slices(norm->groups, channels * norm->places)};
	phase[WEIGHTS] = (lam_phase){
		.per_block = false, .slices = lam_channel_slices(channels, channels * blocks)};
	return job == LAM_BACKWARD && norm->affine ? 2 : 1;
}

/* The groups first to first + count - 1 of a block, with their first values. */
struct run {
	int64_t first, end;
	size_t channels, places, values; /* of a group */
};

static struct run run_of(const struct norm_groups *norm, const lam_pass *pass)
{
	const struct channels groups = lam_channels_of(pass, norm->groups);
	return (struct run){groups.first, groups.first + groups.count, (size_t)norm->channels,
		(size_t)norm->places, (size_t)(norm->channels * norm->places)};
}

lam_status lam_norm_groups_forward(const lam_layer *self, const lam_pass *pass)
{
	const struct lam_norm_kernels *kernel = &lam_kernel()->norm;
	const struct norm_groups *norm = lam_layer_state(self);
	const struct run run = run_of(norm, pass);
	for (int64_t g = run.first; g < run.end; g++) {
		const lam_real *x = pass->x->data + g * (int64_t)run.values * LAM_LANES;
		lam_real *y = pass->out->data + g * (int64_t)run.values * LAM_LANES;
		struct lam_norm_moments moments;
		struct lam_norm_lanes own, *saved = pass->saved,
					   *lanes = pass->backward_may_follow ? saved + g : &own;
		kernel->moments(&moments, 0, x, run.values, LAM_LANES);
		kernel->lanes(lanes, &moments, (double)run.values, norm->eps);
		if (norm->affine)
			kernel->normalize(y, x, lanes, pass->w[WEIGHT] + g * norm->channels,
				pass->w[BIAS] + g * norm->channels, run.channels, run.places);
		else
			kernel->normalize(y, x, lanes, NULL, NULL, 1, run.values);
	}
	return LAM_OK;
}

/* The input gradient of one block's groups, and the sums of each channel. */
static void backward_input(const struct norm_groups *norm, const lam_pass *pass)
{
	const struct lam_norm_kernels *kernel = &lam_kernel()->norm;
	const struct run run = run_of(norm, pass);
	struct lam_norm_sums *shared = pass->shared;
	for (int64_t g = run.first; g < run.end; g++) {
		const int64_t at = g * (int64_t)run.values * LAM_LANES,
			      channel = g * norm->channels;
		const lam_real *x = pass->x->data + at, *dy = pass->dy->data + at,
			       *w = norm->affine ? pass->w[WEIGHT] + channel : NULL;
		const struct lam_norm_lanes *lanes = (struct lam_norm_lanes *)pass->saved + g;
		struct lam_norm_totals totals = {{0}, {0}};
		if (norm->affine) {
			struct lam_norm_sums *sums = shared + pass->block * all_channels(norm)
				+ channel;
			kernel->sums(sums, dy, x, lanes, run.channels, run.places);
			kernel->add_sums(&totals, sums, w, run.channels);
		} else {
			kernel->totals(&totals, dy, x, lanes, NULL, run.values);
		}
		if (pass->dx->data)
			kernel->dx(pass->dx->data + at, dy, x, lanes, &totals, (double)run.values,
				w, w ? run.channels : 1, w ? run.places : run.values);
	}
}

lam_status lam_norm_groups_backward(const lam_layer *self, const lam_pass *pass)
{
	const struct norm_groups *norm = lam_layer_state(self);
	if (pass->phase == INPUT) {
		backward_input(norm, pass);
		return LAM_OK;
	}
	const int64_t channels = all_channels(norm);
	const struct channels run = lam_channels_of(pass, channels);
	lam_real *dw = pass->dw[WEIGHT], *db = pass->dw[BIAS];
	lam_kernel()->norm.channel_gradients(dw ? dw + run.first : NULL, db ? db + run.first : NULL,
		(struct lam_norm_sums *)pass->shared + run.first, (size_t)run.count,
		(size_t)pass->blocks, (size_t)channels);
	return LAM_OK;
}

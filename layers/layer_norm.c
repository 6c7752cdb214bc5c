/* SPDX-License-Identifier: MIT */
/* Layer normalisation over all N values of a sample, or, with .channels, over the N = C channels at
 * each place of x [n][C][places].
 *
 *     mean = sum x / N
 *     var  = sum (x - mean)^2 / N
 *     r    = 1 / sqrt(var + eps)
 *     xhat = (x - mean) r
 *     y    = weight xhat + bias, with a weight for each value, or with .channels for each channel
 *
 *     dL/dbias   = sum over samples (and places) of dy
 *     dL/dweight = sum over samples (and places) of dy xhat
 *     g          = weight dy
 *     dL/dx      = r (g - sum g / N - xhat sum (g xhat) / N)
 *
 * A lane is a sample, so the sums over N stay within their lanes. Over all values, a phase of
 * backward sums each weight's gradient over blocks. Over channels, the phase that computes dx keeps
 * the sums of dy and dy xhat over a slice's places; the next one adds those of slices and
 * blocks. */
#include "layers/classes.h"
#include "layers/layer_norm_state.h"

enum { WEIGHT = LAYER_NORM_WEIGHT, BIAS = LAYER_NORM_BIAS };

static const lam_option options[] = {
	LAM_OPTION(lam_layer_norm_options, eps, REAL, .fallback = 1e-5, .most = INT_MAX,
		.above = true),
	LAM_OPTION(lam_layer_norm_options, no_affine, BOOL),
	LAM_OPTION(lam_layer_norm_options, channels, BOOL),
	LAM_OPTIONS_END,
};

static lam_status check(lam_layer *self, const lam_shape *in, int inputs, lam_shape *out)
{
	(void)inputs;
	struct layer_norm *norm = lam_layer_state(self);
	norm->channels = in->dim[0];
	norm->places = lam_shape_count(in) / in->dim[0];
	*out = *in;
	if (norm->channels * (norm->options.channels ? 1 : norm->places) == 1)
		return lam_fail(LAM_ERR_SHAPE,
			"the input is %s, which is 1 value%s; expected at least 2 to have a "
			"variance",
			lam_shape_text(*in).text, norm->options.channels ? " at each place" : "");
	return LAM_OK;
}

/* The slices of a block over the channels' places: forward's, or backward's, of which each has sums
 * of its own. */
static int64_t place_slices(const struct layer_norm *norm, lam_job job)
{
	const int64_t slices = lam_channel_slices(norm->places, lam_layer_norm_values(norm));
	return job == LAM_FORWARD ? slices
				  : limit(slices, ceil_divide(norm->places, NORM_SLICE_PLACES),
					  most(norm->places / NORM_SLICE_LEAST, 1));
}

/* Over channels: a tile of x, and in backward one of dy. */
static void plan_places(const struct layer_norm *norm, lam_plan *plan)
{
	const int64_t channels = norm->channels,
		      column = channels * LAM_LANES * (int64_t)sizeof(lam_real)
		* (int64_t)lam_places_tile((size_t)channels, (size_t)norm->places);
	lam_plan_scratch(plan, LAM_FORWARD, column);
	if (lam_plan_inference(plan))
		return;
	lam_plan_saved(plan, norm->places * (int64_t)sizeof(struct lam_norm_lanes));
	lam_plan_scratch(plan, LAM_BACKWARD, 2 * column);
	if (!norm->options.no_affine)
		lam_plan_shared(plan, LAM_BACKWARD, 0,
			place_slices(norm, LAM_BACKWARD) * channels
				* (int64_t)sizeof(struct lam_norm_sums));
}

static lam_status plan(const lam_layer *self, const lam_shape *in, lam_plan *plan)
{
	const struct layer_norm *norm = lam_layer_state(self);
	const lam_shape shape = norm->options.channels ? LAM_SHAPE(in->dim[0]) : *in;
	if (!norm->options.no_affine) {
		lam_plan_param(plan, "weight", shape, (lam_param_options){.init = LAM_INIT_ONE});
		lam_plan_param(plan, "bias", shape, (lam_param_options){.init = LAM_INIT_ZERO});
	}
	if (lam_plan_layout(plan) != LAM_BATCH_LANES)
		lam_layer_norm_sample_plan(norm, plan);
	else if (norm->options.channels)
		plan_places(norm, plan);
	else if (!lam_plan_inference(plan))
		lam_plan_saved(plan, sizeof(struct lam_norm_lanes));
	return LAM_OK;
}

/* Which phase of backward computes dx. The sums of a block that it keeps are added after it; over
 * all values, the weights' gradients come first, as dx may overwrite dy. */
static int input_phase(const struct layer_norm *norm)
{
	return norm->options.channels || norm->options.no_affine ? 0 : 1;
}

static int phases(
	const lam_layer *self, lam_job job, lam_mode mode, int64_t blocks, lam_phase *phase)
{
	(void)mode;
	const struct layer_norm *norm = lam_layer_state(self);
	const bool places = norm->options.channels,
		   weighs = job == LAM_BACKWARD && !norm->options.no_affine;
	const int64_t weights = places ? norm->channels : lam_layer_norm_values(norm);
	const int input = weighs ? input_phase(norm) : 0;
	phase[input] = (lam_phase){
		.per_block = true, .slices = places ? place_slices(norm, job) : 1};
	if (weighs)
		phase[1 - input] = (lam_phase){.per_block = false,
			.slices = lam_channel_slices(weights, weights * blocks)};
	return weighs ? 2 : 1;
}

static lam_status forward(const lam_layer *self, const lam_pass *pass)
{
	const struct lam_norm_kernels *kernel = &lam_kernel()->norm;
	const struct layer_norm *norm = lam_layer_state(self);
	const bool affine = !norm->options.no_affine;
	const lam_real *w = affine ? pass->w[WEIGHT] : NULL, *b = affine ? pass->w[BIAS] : NULL;
	struct lam_norm_lanes *saved = pass->backward_may_follow ? pass->saved : NULL;
	if (norm->options.channels) {
		const struct lam_norm_places of = lam_layer_norm_places(
			norm, pass, w, b, lam_slices_of(pass));
		kernel->places(pass->out->data, pass->x->data, saved, &of);
		return LAM_OK;
	}
	const size_t values = (size_t)lam_layer_norm_values(norm);
	struct lam_norm_moments moments;
	struct lam_norm_lanes own, *lanes = saved ? saved : &own;
	kernel->moments(&moments, 0, pass->x->data, values, LAM_LANES);
	kernel->lanes(lanes, &moments, (double)values, norm->options.eps);
	kernel->normalize(pass->out->data, pass->x->data, lanes, w, b, affine ? values : 1,
		affine ? 1 : values);
	return LAM_OK;
}

/* Over channels: the input gradient of some slices of a block, and the sums of each. */
static void backward_places(const struct layer_norm *norm, const lam_pass *pass)
{
	const bool affine = !norm->options.no_affine;
	for (int64_t slice = pass->slice; slice < pass->slice_end; slice++) {
		const struct lam_norm_places of = lam_layer_norm_places(norm, pass,
			affine ? pass->w[WEIGHT] : NULL, NULL,
			(struct lam_slices){slice, slice + 1, pass->slices});
		struct lam_norm_sums *sums = pass->shared;
		lam_kernel()->norm.places_backward(pass->dx->data,
			affine ? sums + (pass->block * pass->slices + slice) * norm->channels
			       : NULL,
			pass->dy->data, pass->x->data, pass->saved, &of);
	}
}

/* Over channels: the gradients of some weights. */
static void add_slices(const struct layer_norm *norm, const lam_pass *pass)
{
	const struct channels run = lam_channels_of(pass, norm->channels);
	lam_real *dw = pass->dw[WEIGHT], *db = pass->dw[BIAS];
	lam_kernel()->norm.channel_gradients(dw ? dw + run.first : NULL, db ? db + run.first : NULL,
		(struct lam_norm_sums *)pass->shared + run.first, (size_t)run.count,
		(size_t)(pass->blocks * place_slices(norm, LAM_BACKWARD)), (size_t)norm->channels);
}

/* Over all values: the gradients of some weights. */
static void add_blocks(const struct layer_norm *norm, const lam_pass *pass)
{
	const struct channels run = lam_channels_of(pass, lam_layer_norm_values(norm));
	const int64_t at = run.first * LAM_LANES;
	lam_real *dw = pass->dw[WEIGHT], *db = pass->dw[BIAS];
	if (dw || db)
		lam_kernel()->norm.feature_gradients(dw ? dw + run.first : NULL,
			db ? db + run.first : NULL, pass->dy->data + at, (size_t)pass->dy->block,
			pass->x->data + at, (size_t)pass->x->block, pass->saved, pass->saved_block,
			(size_t)run.count, (size_t)pass->blocks);
}

/* Over all values: the input gradient of a block. */
static void backward_values(const struct layer_norm *norm, const lam_pass *pass)
{
	const struct lam_norm_kernels *kernel = &lam_kernel()->norm;
	const size_t values = (size_t)lam_layer_norm_values(norm);
	const lam_real *w = norm->options.no_affine ? NULL : pass->w[WEIGHT];
	struct lam_norm_totals totals;
	if (!pass->dx->data)
		return;
	kernel->totals(&totals, pass->dy->data, pass->x->data, pass->saved, w, values);
	kernel->dx(pass->dx->data, pass->dy->data, pass->x->data, pass->saved, &totals,
		(double)values, w, w ? values : 1, w ? 1 : values);
}

static lam_status backward(const lam_layer *self, const lam_pass *pass)
{
	const struct layer_norm *norm = lam_layer_state(self);
	const bool places = norm->options.channels, input = pass->phase == input_phase(norm);
	if (input && places)
		backward_places(norm, pass);
	else if (input)
		backward_values(norm, pass);
	else if (places)
		add_slices(norm, pass);
	else
		add_blocks(norm, pass);
	return LAM_OK;
}

const lam_layer_class lam_layer_norm_class = {
	LAM_LAYER_ABI,
	.flags = LAM_LIGHT | LAM_IN_PLACE | LAM_KEEP_X | LAM_LOOKS_THROUGH | LAM_EVAL_BACKWARD,
	.kind = "layer_norm",
	.state_size = sizeof(struct layer_norm),
	.options = options,
	.check = check,
	.plan = plan,
	.phases = phases,
	.forward = forward,
	.backward = backward,
	.sample = &lam_layer_norm_sample_form,
};

lam_layer *lam_layer_norm_new(const lam_layer_norm_options *given)
{
	return lam_layer_new(&lam_layer_norm_class, given);
}

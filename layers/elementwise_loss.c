/* SPDX-License-Identifier: MIT */
/* Elementwise losses, with targets t of the output's shape, E elements per sample and n samples:
 *
 *     sigmoid_cross_entropy   p = s(z) = 1 / (1 + exp(-z)), the output
 *                             L     = 1/E sum of max(z, 0) - z t + log(1 + exp(-|z|))
 *                             dL/dz = (p - t) / (E n)
 *     binary_cross_entropy    L     = -1/E sum of t log p + (1 - t) log(1 - p)
 *                             dL/dp = (p - t) / (p (1 - p)) / (E n)
 *     mean_squared_error      L     = 1/E sum of (y - t)^2
 *                             dL/dy = 2 (y - t) / (E n)
 *     … with .half            L     = 1/2 sum of (y - t)^2
 *                             dL/dy = (y - t) / n
 *
 * The output of the last three is their input. */
#include "layers/classes.h"
#include "layers/loss.h"
#include "layers/target_block.h"

#include "framework/kernels/kernels.h"
#include "framework/kernels/sizes.h"

static lam_status plan(const lam_layer *self, const lam_shape *in, lam_plan *plan)
{
	(void)self;
	lam_target_block_plan(plan, in);
	return LAM_OK;
}

/* The loss of an infinity or NaN would not be finite, and so all parameters after the step. */
static lam_status targets(const lam_layer *self, const lam_shape *in, lam_target_info *info)
{
	(void)self;
	*info = (lam_target_info){.type = LAM_VALUES, .shape = *in, .finite = true};
	return LAM_OK;
}

/* The targets are values in 0 to 1. */
static lam_status unit_targets(const lam_layer *self, const lam_shape *in, lam_target_info *info)
{
	(void)self;
	*info = (lam_target_info){.type = LAM_VALUES, .shape = *in, .most = 1};
	return LAM_OK;
}

static void pass_through(const lam_pass *pass)
{
	if (pass->out->data != pass->x->data)
		lam_kernel()->map.copy(pass->out->data, pass->x->data, (size_t)pass->out->values);
}

/* 1 / (E n) */
static double mean_scale(const lam_pass *pass)
{
	return 1 / ((double)pass->y->features * (double)pass->n);
}

/* sigmoid_cross_entropy */

static lam_status sigmoid_forward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	lam_real *p = pass->out->data;
	const lam_real *z = pass->x->data;
	size_t features = (size_t)pass->x->features;
	if (!pass->loss)
		lam_kernel()->map.curve[LAM_CURVE_sigmoid].forward(
			p, z, (size_t)pass->x->values, (struct lam_curve_options){{0}});
	else
		*pass->loss = lam_kernel()->reduce.sigmoid_cross_entropy(p, z,
				      lam_target_block(pass, pass->x), features, (int)pass->real)
			/ (double)features;
	return LAM_OK;
}

static lam_status sigmoid_backward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	lam_kernel()->reduce.sigmoid_cross_entropy_backward(pass->dx->data, pass->y->data,
		lam_target_block(pass, pass->y), (size_t)pass->y->features, (int)pass->real,
		(lam_real)mean_scale(pass));
	return LAM_OK;
}

const lam_layer_class lam_sigmoid_cross_entropy_class = {
	LAM_LAYER_ABI,
	.flags = LAM_LIGHT | LAM_LOSS | LAM_IN_PLACE | LAM_KEEP_Y | LAM_EVAL_BACKWARD,
	.kind = "sigmoid_cross_entropy",
	.state_size = sizeof(lam_sigmoid_cross_entropy_options),
	.metric = LAM_METRIC_BINARY,
	.plan = plan,
	.targets = unit_targets,
	.forward = sigmoid_forward,
	.backward = sigmoid_backward,
};

lam_layer *lam_sigmoid_cross_entropy_new(const lam_sigmoid_cross_entropy_options *given)
{
	return lam_layer_new(&lam_sigmoid_cross_entropy_class, given);
}

/* binary_cross_entropy */

static lam_status binary_forward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	size_t features = (size_t)pass->x->features;
	if (pass->loss)
		*pass->loss = lam_kernel()->reduce.binary_cross_entropy(pass->x->data,
				      lam_target_block(pass, pass->x), features, (int)pass->real)
			/ (double)features;
	pass_through(pass);
	return LAM_OK;
}

static lam_status binary_backward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	lam_kernel()->reduce.binary_cross_entropy_backward(pass->dx->data, pass->y->data,
		lam_target_block(pass, pass->y), (size_t)pass->y->features, (int)pass->real,
		(lam_real)mean_scale(pass));
	return LAM_OK;
}

const lam_layer_class lam_binary_cross_entropy_class = {
	LAM_LAYER_ABI,
	.flags = LAM_LIGHT | LAM_LOSS | LAM_IN_PLACE | LAM_KEEP_Y | LAM_EVAL_BACKWARD,
	.kind = "binary_cross_entropy",
	.state_size = sizeof(lam_binary_cross_entropy_options),
	.metric = LAM_METRIC_BINARY,
	.plan = plan,
	.targets = unit_targets,
	.forward = binary_forward,
	.backward = binary_backward,
};

lam_layer *lam_binary_cross_entropy_new(const lam_binary_cross_entropy_options *given)
{
	return lam_layer_new(&lam_binary_cross_entropy_class, given);
}

/* mean_squared_error */

static const lam_option squared_options[] = {
	LAM_OPTION(lam_mean_squared_error_options, half, BOOL),
	LAM_OPTIONS_END,
};

static lam_status squared_forward(const lam_layer *self, const lam_pass *pass)
{
	const lam_mean_squared_error_options *state = lam_layer_state(self);
	size_t features = (size_t)pass->x->features;
	if (pass->loss) {
		double sum = lam_kernel()->reduce.squared_error(
			pass->x->data, lam_target_block(pass, pass->x), features, (int)pass->real);
		*pass->loss = state->half ? sum / 2 : sum / (double)features;
	}
	pass_through(pass);
	return LAM_OK;
}

/* One sample at a time the layer works on rows: an autoencoder's output is as large as its input,
 * and predictions need no loss. If there are targets, the output and the targets are copied to
 * lanes, PIECE features at a time, with this sample in every lane. The kernel's sum, too, is over
 * so many features at a time, so the bits are those of the whole. */
enum { PIECE = 32, LANE_PIECES = 2 * PIECE * LAM_LANES };

static lam_status squared_plan(const lam_layer *self, const lam_shape *in, lam_plan *plan)
{
	(void)self;
	if (lam_plan_layout(plan) == LAM_BATCH_LANES)
		lam_target_block_plan(plan, in);
	else
		lam_plan_scratch(plan, LAM_FORWARD, LANE_PIECES * (int64_t)sizeof(lam_real));
	return LAM_OK;
}

static lam_layout squared_layouts(
	const lam_layer *self, const lam_shape *in, lam_layout given, lam_layout *out)
{
	(void)self, (void)in, (void)given;
	return *out = LAM_ROWS;
}

/* The squared error of one sample's values. */
static double row_error(const lam_pass *pass, const lam_real *y, const lam_real *t)
{
	const int64_t features = pass->x->features;
	lam_real *lanes[2] = {pass->scratch, (lam_real *)pass->scratch + LANE_PIECES / 2};
	double sum = 0;
	for (int64_t f = 0; f < features; f += PIECE) {
		const size_t count = (size_t)least(PIECE, features - f);
		lam_kernel()->transpose.rows_to_block(lanes[0], y + f, count, count, 1);
		lam_kernel()->transpose.rows_to_block(lanes[1], t + f, count, count, 1);
		sum += lam_kernel()->reduce.squared_error(lanes[0], lanes[1], count, 1);
	}
	return sum;
}

static lam_status squared_sample(const lam_layer *self, const lam_pass *pass)
{
	const lam_mean_squared_error_options *state = lam_layer_state(self);
	size_t features = (size_t)pass->x->features;
	if (pass->loss) {
		const lam_real *targets = (const lam_real *)pass->targets
			+ pass->block * pass->x->features;
		double sum = row_error(pass, pass->x->data, targets);
		*pass->loss = state->half ? sum / 2 : sum / (double)features;
	}
	pass_through(pass);
	return LAM_OK;
}

static const lam_sample_form squared_sample_form = {
	.layouts = squared_layouts,
	.forward = squared_sample,
};

static lam_status squared_backward(const lam_layer *self, const lam_pass *pass)
{
	const lam_mean_squared_error_options *state = lam_layer_state(self);
	double scale = state->half ? 1 / (double)pass->n : 2 * mean_scale(pass);
	lam_kernel()->reduce.squared_error_backward(pass->dx->data, pass->y->data,
		lam_target_block(pass, pass->y), (size_t)pass->y->features, (int)pass->real,
		(lam_real)scale);
	return LAM_OK;
}

const lam_layer_class lam_mean_squared_error_class = {
	LAM_LAYER_ABI,
	.flags = LAM_LIGHT | LAM_LOSS | LAM_IN_PLACE | LAM_KEEP_Y | LAM_EVAL_BACKWARD,
	.kind = "mean_squared_error",
	.state_size = sizeof(lam_mean_squared_error_options),
	.options = squared_options,
	.plan = squared_plan,
	.targets = targets,
	.forward = squared_forward,
	.backward = squared_backward,
	.sample = &squared_sample_form,
};

lam_layer *lam_mean_squared_error_new(const lam_mean_squared_error_options *given)
{
	return lam_layer_new(&lam_mean_squared_error_class, given);
}

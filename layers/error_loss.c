/* SPDX-License-Identifier: MIT */
/* Losses of the difference d = y - t from targets t of the output's shape, with E elements per
 * sample and n samples (or the sum of their weights, which L and dL/dy are multiplied by):
 *
 *     mean_squared_error      L     = 1/E sum of d^2
 *                             dL/dy = 2 d / (E n)
 *     … with .half            L     = 1/2 sum of d^2
 *                             dL/dy = d / n
 *     l1_loss                 L     = 1/E sum of |d|
 *                             dL/dy = sign(d) / (E n), 0 where d is 0
 *     huber_loss              L     = 1/E sum of d^2 / 2 where |d| <= delta, and elsewhere of
 *                                     delta (|d| - delta / 2)
 *                             dL/dy = d / (E n), and delta sign(d) / (E n)
 *
 * The output is the input. */
#include "layers/classes.h"
#include "layers/loss.h"
#include "layers/target_block.h"

#include "framework/kernels/kernels.h"
#include "framework/kernels/sizes.h"

#include <float.h>

/* What one of these losses computes, with its options. */
struct error {
	/* The sum over a block [features][16]. */
	double (*sum)(const struct error *, const lam_real *y, const lam_real *t, size_t features,
		int used, const lam_real *weights);
	void (*slope)(const struct error *, lam_real *dy, const lam_real *y, const lam_real *t,
		size_t features, int used, lam_real scale);
	double factor; /* of the slope */
	lam_real delta;
	bool half;
};

/* The state of each loss; .check fills in what it computes. */
struct error_loss {
	union {
		lam_mean_squared_error_options squared;
		lam_l1_loss_options absolute;
		lam_huber_loss_options huber;
	} options;
	struct error error;
};

static const struct error *error_of(const lam_layer *self)
{
	return &((const struct error_loss *)lam_layer_state(self))->error;
}

/* The loss of an infinity or NaN would not be finite, and so all parameters after the step. */
static lam_status targets(const lam_layer *self, const lam_shape *in, lam_target_info *info)
{
	(void)self;
	*info = (lam_target_info){.type = LAM_VALUES, .shape = *in, .finite = true};
	return LAM_OK;
}

static lam_status forward(const lam_layer *self, const lam_pass *pass)
{
	const struct error *error = error_of(self);
	const size_t features = (size_t)pass->x->features;
	if (pass->loss) {
		const double sum = error->sum(error, pass->x->data, lam_target_block(pass, pass->x),
			features, (int)pass->real, lam_block_weights(pass));
		*pass->loss = sum / (error->half ? 2 : (double)features);
	}
	lam_pass_through(pass);
	return LAM_OK;
}

static lam_status backward(const lam_layer *self, const lam_pass *pass)
{
	const struct error *error = error_of(self);
	const double elements = error->half ? 1 : (double)pass->y->features;
	error->slope(error, pass->dx->data, pass->y->data, lam_target_block(pass, pass->y),
		(size_t)pass->y->features, (int)pass->real,
		lam_element_scale(pass, elements, error->factor));
	if (pass->weights)
		lam_weigh_gradient(pass, pass->dx->data, pass->dx->features);
	return LAM_OK;
}

/* One sample at a time the layer works on rows: an autoencoder's output is as large as its input,
 * and predictions need no loss. If there are targets, the output and the targets are copied to
 * lanes, PIECE features at a time, with this sample in every lane. The kernel's sum, too, is over
 * so many features at a time, so the bits are those of the whole. */
enum { PIECE = 32, LANE_PIECES = 2 * PIECE * LAM_LANES };

static lam_status plan(const lam_layer *self, const lam_shape *in, lam_plan *plan)
{
	(void)self;
	if (lam_plan_layout(plan) == LAM_BATCH_LANES)
		lam_target_block_plan(plan, in);
	else
		lam_plan_scratch(plan, LAM_FORWARD, LANE_PIECES * (int64_t)sizeof(lam_real));
	return LAM_OK;
}

static lam_layout layouts(
	const lam_layer *self, const lam_shape *in, lam_layout given, lam_layout *out)
{
	(void)self, (void)in, (void)given;
	return *out = LAM_ROWS;
}

/* The sum over one sample's values. */
static double row_sum(
	const struct error *error, const lam_pass *pass, const lam_real *y, const lam_real *t)
{
	const int64_t features = pass->x->features;
	lam_real *lanes[2] = {pass->scratch, (lam_real *)pass->scratch + LANE_PIECES / 2};
	double sum = 0;
	for (int64_t f = 0; f < features; f += PIECE) {
		const size_t count = (size_t)least(PIECE, features - f);
		lam_kernel()->transpose.rows_to_block(lanes[0], y + f, count, count, 1);
		lam_kernel()->transpose.rows_to_block(lanes[1], t + f, count, count, 1);
		sum += error->sum(error, lanes[0], lanes[1], count, 1, lam_block_weights(pass));
	}
	return sum;
}

static lam_status sample_forward(const lam_layer *self, const lam_pass *pass)
{
	const struct error *error = error_of(self);
	const int64_t features = pass->x->features;
	if (pass->loss) {
		const lam_real *t = (const lam_real *)pass->targets + pass->block * features;
		const double sum = row_sum(error, pass, pass->x->data, t);
		*pass->loss = sum / (error->half ? 2 : (double)features);
	}
	lam_pass_through(pass);
	return LAM_OK;
}

static const lam_sample_form sample_form = {
	.layouts = layouts,
	.forward = sample_forward,
};

/* mean_squared_error */

static const lam_option squared_options[] = {
	LAM_OPTION(lam_mean_squared_error_options, half, BOOL),
	LAM_OPTIONS_END,
};

static double squared_sum(const struct error *error, const lam_real *y, const lam_real *t,
	size_t features, int used, const lam_real *weights)
{
	(void)error;
	return lam_kernel()->reduce.squared_error(y, t, features, used, weights);
}

static void squared_slope(const struct error *error, lam_real *dy, const lam_real *y,
	const lam_real *t, size_t features, int used, lam_real scale)
{
	(void)error;
	lam_kernel()->reduce.squared_error_backward(dy, y, t, features, used, scale);
}

static lam_status squared_check(lam_layer *self, const lam_shape *in, int inputs, lam_shape *out)
{
	(void)inputs;
	struct error_loss *loss = lam_layer_state(self);
	const bool half = loss->options.squared.half;
	loss->error = (struct error){
		.sum = squared_sum, .slope = squared_slope, .factor = half ? 1 : 2, .half = half};
	*out = *in;
	return LAM_OK;
}

const lam_layer_class lam_mean_squared_error_class = {
	LAM_LAYER_ABI,
	.flags = LAM_LIGHT | LAM_LOSS | LAM_WEIGHS_SAMPLES | LAM_IN_PLACE | LAM_KEEP_Y
		| LAM_EVAL_BACKWARD,
	.kind = "mean_squared_error",
	.state_size = sizeof(struct error_loss),
	.options = squared_options,
	.check = squared_check,
	.plan = plan,
	.targets = targets,
	.forward = forward,
	.backward = backward,
	.sample = &sample_form,
};

lam_layer *lam_mean_squared_error_new(const lam_mean_squared_error_options *given)
{
	return lam_layer_new(&lam_mean_squared_error_class, given);
}

/* l1_loss */

static double absolute_sum(const struct error *error, const lam_real *y, const lam_real *t,
	size_t features, int used, const lam_real *weights)
{
	(void)error;
	return lam_kernel()->reduce.absolute_error(y, t, features, used, weights);
}

static void absolute_slope(const struct error *error, lam_real *dy, const lam_real *y,
	const lam_real *t, size_t features, int used, lam_real scale)
{
	(void)error;
	lam_kernel()->reduce.absolute_error_backward(dy, y, t, features, used, scale);
}

static lam_status absolute_check(lam_layer *self, const lam_shape *in, int inputs, lam_shape *out)
{
	(void)inputs;
	struct error_loss *loss = lam_layer_state(self);
	loss->error = (struct error){.sum = absolute_sum, .slope = absolute_slope, .factor = 1};
	*out = *in;
	return LAM_OK;
}

const lam_layer_class lam_l1_loss_class = {
	LAM_LAYER_ABI,
	.flags = LAM_LIGHT | LAM_LOSS | LAM_WEIGHS_SAMPLES | LAM_IN_PLACE | LAM_KEEP_Y
		| LAM_EVAL_BACKWARD,
	.kind = "l1_loss",
	.state_size = sizeof(struct error_loss),
	.check = absolute_check,
	.plan = plan,
	.targets = targets,
	.forward = forward,
	.backward = backward,
	.sample = &sample_form,
};

lam_layer *lam_l1_loss_new(const lam_l1_loss_options *given)
{
	return lam_layer_new(&lam_l1_loss_class, given);
}

/* huber_loss */

static const lam_option huber_options[] = {
	LAM_OPTION(
		lam_huber_loss_options, delta, REAL, .fallback = 1, .most = FLT_MAX, .above = true),
	LAM_OPTIONS_END,
};

static double huber_sum(const struct error *error, const lam_real *y, const lam_real *t,
	size_t features, int used, const lam_real *weights)
{
	return lam_kernel()->reduce.huber_error(y, t, features, used, weights, error->delta);
}

static void huber_slope(const struct error *error, lam_real *dy, const lam_real *y,
	const lam_real *t, size_t features, int used, lam_real scale)
{
	lam_kernel()->reduce.huber_error_backward(dy, y, t, features, used, error->delta, scale);
}

static lam_status huber_check(lam_layer *self, const lam_shape *in, int inputs, lam_shape *out)
{
	(void)inputs;
	struct error_loss *loss = lam_layer_state(self);
	loss->error = (struct error){.sum = huber_sum,
		.slope = huber_slope,
		.factor = 1,
		.delta = loss->options.huber.delta};
	*out = *in;
	return LAM_OK;
}

const lam_layer_class lam_huber_loss_class = {
	LAM_LAYER_ABI,
	.flags = LAM_LIGHT | LAM_LOSS | LAM_WEIGHS_SAMPLES | LAM_IN_PLACE | LAM_KEEP_Y
		| LAM_EVAL_BACKWARD,
	.kind = "huber_loss",
	.state_size = sizeof(struct error_loss),
	.options = huber_options,
	.check = huber_check,
	.plan = plan,
	.targets = targets,
	.forward = forward,
	.backward = backward,
	.sample = &sample_form,
};

lam_layer *lam_huber_loss_new(const lam_huber_loss_options *given)
{
	return lam_layer_new(&lam_huber_loss_class, given);
}

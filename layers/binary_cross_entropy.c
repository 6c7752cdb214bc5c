/* SPDX-License-Identifier: MIT */
/* Binary cross-entropy, with targets t of the output's shape, E elements per sample and n samples
 * (or the sum of their weights, which L and dL/dz are multiplied by):
 *
 *     sigmoid_cross_entropy   p = s(z) = 1 / (1 + exp(-z)), the output
 *                             L     = 1/E sum of max(z, 0) - z t + log(1 + exp(-|z|))
 *                             dL/dz = (p - t) / (E n)
 *     … with .positive_weight w
 *                             L     = 1/E sum of w t log(1 + exp(-z)) + (1 - t) log(1 + exp(z))
 *                             dL/dz = (p (w t + 1 - t) - w t) / (E n)
 *     binary_cross_entropy    L     = -1/E sum of t log p + (1 - t) log(1 - p)
 *                             dL/dp = (p - t) / (p (1 - p)) / (E n)
 *
 * The output of the last one is its input. */
#include "layers/classes.h"
#include "layers/loss.h"
#include "layers/target_block.h"

#include "framework/kernels/kernels.h"

#include <float.h>

static lam_status plan(const lam_layer *self, const lam_shape *in, lam_plan *plan)
{
	(void)self;
	lam_target_block_plan(plan, in);
	return LAM_OK;
}

/* The targets are values in 0 to 1. */
static lam_status unit_targets(const lam_layer *self, const lam_shape *in, lam_target_info *info)
{
	(void)self;
	*info = (lam_target_info){.type = LAM_VALUES, .shape = *in, .most = 1};
	return LAM_OK;
}

static lam_status end_backward(const lam_pass *pass)
{
	if (pass->weights)
		lam_weigh_gradient(pass, pass->dx->data, pass->dx->features);
	return LAM_OK;
}

/* sigmoid_cross_entropy */

static const lam_option sigmoid_options[] = {
	LAM_OPTION(lam_sigmoid_cross_entropy_options, positive_weight, REAL, .fallback = 1,
		.most = FLT_MAX),
	LAM_OPTIONS_END,
};

static lam_status sigmoid_forward(const lam_layer *self, const lam_pass *pass)
{
	const struct lam_reduce_kernels *reduce = &lam_kernel()->reduce;
	const lam_sigmoid_cross_entropy_options *state = lam_layer_state(self);
	lam_real *p = pass->out->data;
	const lam_real *z = pass->x->data, positive = state->positive_weight;
	const size_t features = (size_t)pass->x->features;
	if (!pass->loss) {
		lam_kernel()->map.curve[LAM_CURVE_sigmoid].forward(
			p, z, (size_t)pass->x->values, (struct lam_curve_options){{0}});
		return LAM_OK;
	}
	const lam_real *t = lam_target_block(pass, pass->x), *weights = lam_block_weights(pass);
	const int used = (int)pass->real;
	const double sum = positive == 1
		? reduce->sigmoid_cross_entropy(p, z, t, features, used, weights)
		: reduce->positive_cross_entropy(p, z, t, features, used, weights, positive);
	*pass->loss = sum / (double)features;
	return LAM_OK;
}

static lam_status sigmoid_backward(const lam_layer *self, const lam_pass *pass)
{
	const struct lam_reduce_kernels *reduce = &lam_kernel()->reduce;
	const lam_sigmoid_cross_entropy_options *state = lam_layer_state(self);
	const lam_real *p = pass->y->data, *t = lam_target_block(pass, pass->y),
		       positive = state->positive_weight,
		       scale = lam_element_scale(pass, (double)pass->y->features, 1);
	lam_real *dz = pass->dx->data;
	const size_t features = (size_t)pass->y->features;
	const int used = (int)pass->real;
	if (positive == 1)
		reduce->sigmoid_cross_entropy_backward(dz, p, t, features, used, scale);
	else
		reduce->positive_cross_entropy_backward(dz, p, t, features, used, positive, scale);
	return end_backward(pass);
}

const lam_layer_class lam_sigmoid_cross_entropy_class = {
	LAM_LAYER_ABI,
	.flags = LAM_LIGHT | LAM_LOSS | LAM_WEIGHS_SAMPLES | LAM_IN_PLACE | LAM_KEEP_Y
		| LAM_EVAL_BACKWARD,
	.kind = "sigmoid_cross_entropy",
	.state_size = sizeof(lam_sigmoid_cross_entropy_options),
	.options = sigmoid_options,
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
				      lam_target_block(pass, pass->x), features, (int)pass->real,
				      lam_block_weights(pass))
			/ (double)features;
	lam_pass_through(pass);
	return LAM_OK;
}

static lam_status binary_backward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	lam_kernel()->reduce.binary_cross_entropy_backward(pass->dx->data, pass->y->data,
		lam_target_block(pass, pass->y), (size_t)pass->y->features, (int)pass->real,
		lam_element_scale(pass, (double)pass->y->features, 1));
	return end_backward(pass);
}

const lam_layer_class lam_binary_cross_entropy_class = {
	LAM_LAYER_ABI,
	.flags = LAM_LIGHT | LAM_LOSS | LAM_WEIGHS_SAMPLES | LAM_IN_PLACE | LAM_KEEP_Y
		| LAM_EVAL_BACKWARD,
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

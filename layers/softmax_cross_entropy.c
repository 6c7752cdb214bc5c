/* SPDX-License-Identifier: MIT */
/* Softmax cross-entropy from logits z [K], K classes, for targets t [K] (1 at the sample's class,
 * or any weights):
 *
 *     t'_k    = (1 - smoothing) t_k + smoothing / K
 *     p       = softmax(z)                                    the output
 *     L       = sum_k t'_k (log sum_j exp(z_j) - z_k)
 *     dL/dz_k = (p_k sum_j t'_j - t'_k) / n                   of the mean over n samples
 *
 * L is computed by log-sum-exp, because log p is inaccurate for small p. */
#include "layers/classes.h"
#include "layers/loss.h"
#include "layers/target_block.h"

#include "framework/kernels/kernels.h"

static const lam_option options[] = {
	LAM_OPTION(lam_softmax_cross_entropy_options, smoothing, REAL, .most = 1),
	LAM_OPTION(lam_softmax_cross_entropy_options, soft, BOOL),
	LAM_OPTIONS_END,
};

static lam_status check(lam_layer *self, const lam_shape *in, int inputs, lam_shape *out)
{
	(void)self, (void)inputs;
	if (in->rank != 1)
		return lam_fail(LAM_ERR_UNSUPPORTED,
			"the input is %s; expected features, one per class (lam_flatten or "
			"lam_global_avg_pool gives them)",
			lam_shape_text(*in).text);
	*out = *in;
	return LAM_OK;
}

static lam_status plan(const lam_layer *self, const lam_shape *in, lam_plan *plan)
{
	const lam_softmax_cross_entropy_options *state = lam_layer_state(self);
	if (state->soft)
		lam_target_block_plan(plan, in);
	return LAM_OK;
}

static lam_status targets(const lam_layer *self, const lam_shape *in, lam_target_info *info)
{
	const lam_softmax_cross_entropy_options *state = lam_layer_state(self);
	if (state->soft)
		*info = (lam_target_info){.type = LAM_VALUES, .shape = *in, .most = 1};
	else
		*info = (lam_target_info){.type = LAM_CLASSES, .classes = in->dim[0]};
	return LAM_OK;
}

/* The classes of this block's samples. The net has checked that each is in 0 … K - 1. */
static const int32_t *classes(const lam_pass *pass)
{
	return (const int32_t *)pass->targets + pass->block * LAM_LANES;
}

static lam_status forward(const lam_layer *self, const lam_pass *pass)
{
	const lam_softmax_cross_entropy_options *state = lam_layer_state(self);
	const struct lam_reduce_kernels *reduce = &lam_kernel()->reduce;
	lam_real *p = pass->out->data;
	const lam_real *z = pass->x->data;
	size_t features = (size_t)pass->x->features;
	int real = (int)pass->real;
	if (!pass->loss)
		reduce->softmax(p, z, features);
	else if (state->soft)
		*pass->loss = reduce->cross_entropy_values(
			p, z, lam_target_block(pass, pass->x), features, real, state->smoothing);
	else
		*pass->loss = reduce->cross_entropy_classes(
			p, z, classes(pass), features, real, state->smoothing);
	return LAM_OK;
}

static lam_status backward(const lam_layer *self, const lam_pass *pass)
{
	const lam_softmax_cross_entropy_options *state = lam_layer_state(self);
	const struct lam_reduce_kernels *reduce = &lam_kernel()->reduce;
	lam_real *dz = pass->dx->data;
	const lam_real *p = pass->y->data;
	size_t features = (size_t)pass->y->features;
	int real = (int)pass->real;
	lam_real scale = (lam_real)(1 / (double)pass->n);
	if (state->soft)
		reduce->cross_entropy_values_backward(dz, p, lam_target_block(pass, pass->y),
			features, real, state->smoothing, scale);
	else
		reduce->cross_entropy_classes_backward(
			dz, p, classes(pass), features, real, state->smoothing, scale);
	return LAM_OK;
}

const lam_layer_class lam_softmax_cross_entropy_class = {
	LAM_LAYER_ABI,
	.flags = LAM_LOSS | LAM_IN_PLACE | LAM_KEEP_Y | LAM_EVAL_BACKWARD,
	.kind = "softmax_cross_entropy",
	.state_size = sizeof(lam_softmax_cross_entropy_options),
	.options = options,
	.metric = LAM_METRIC_CLASS,
	.check = check,
	.plan = plan,
	.targets = targets,
	.forward = forward,
	.backward = backward,
};

lam_layer *lam_softmax_cross_entropy_new(const lam_softmax_cross_entropy_options *given)
{
	return lam_layer_new(&lam_softmax_cross_entropy_class, given);
}

/* SPDX-License-Identifier: MIT */
/* A learned factor w for each channel c of x [C][places]:
 *
 *     y        = w[c] x
 *     dL/dx    = w[c] dL/dy
 *     dL/dw[c] = sum of dL/dy x over samples and places */
#include "layers/channel_weight.h"
#include "layers/classes.h"

#include "framework/kernels/kernels.h"

static const lam_option options[] = {
	LAM_OPTION(lam_layer_scale_options, factor, REAL, .fallback = 1e-6, .least = -1e30,
		.most = 1e30),
	LAM_OPTIONS_END,
};

static lam_status check(lam_layer *self, const lam_shape *in, int inputs, lam_shape *out)
{
	(void)inputs;
	struct lam_channel_weight *weight = lam_layer_state(self);
	return lam_channel_weight_check(weight, in, out);
}

static lam_status plan(const lam_layer *self, const lam_shape *in, lam_plan *plan)
{
	(void)in;
	const struct lam_channel_weight *weight = lam_layer_state(self);
	return lam_channel_weight_plan(weight, weight->options.scale.factor, plan);
}

/* to = w from, in the channels of this call */
static lam_status apply(
	const lam_layer *self, const lam_pass *pass, const lam_view *to, const lam_view *from)
{
	const struct lam_channel_weight *weight = lam_layer_state(self);
	const struct channels run = lam_channels_of(pass, weight->channels);
	lam_kernel()->map.channel_scale(lam_channel_at(to, run.first),
		lam_channel_at(from, run.first), pass->w[0] + run.first, (size_t)run.count,
		(size_t)weight->places);
	return LAM_OK;
}

static lam_status forward(const lam_layer *self, const lam_pass *pass)
{
	return apply(self, pass, pass->out, pass->x);
}

static lam_status backward(const lam_layer *self, const lam_pass *pass)
{
	return apply(self, pass, pass->dx, pass->dy);
}

const lam_layer_class lam_layer_scale_class = {
	LAM_LAYER_ABI,
	LAM_CHANNEL_WEIGHT_CLASS,
	.flags = LAM_LIGHT | LAM_IN_PLACE | LAM_KEEP_X | LAM_LOOKS_THROUGH | LAM_EVAL_BACKWARD,
	.kind = "layer_scale",
	.options = options,
	.check = check,
	.plan = plan,
	.forward = forward,
	.backward = backward,
};

lam_layer *lam_layer_scale_new(const lam_layer_scale_options *given)
{
	return lam_layer_new(&lam_layer_scale_class, given);
}

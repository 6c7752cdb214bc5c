/* SPDX-License-Identifier: MIT */
/* ReLU with a learned slope for each channel c of x [C][places], or one slope for all:
 *
 *     y           = x > 0 ? x : slope[c] x
 *     dL/dx       = x > 0 ? dy : slope[c] dy
 *     dL/dslope   = sum of dy min(x, 0) over samples and places
 *
 * A slope may become negative, so the gradient needs x: the sign of y does not tell that of x. */
#include "layers/channel_weight.h"
#include "layers/classes.h"

#include "framework/kernels/kernels.h"

static const lam_option options[] = {
	LAM_OPTION(lam_prelu_options, slope, REAL, .fallback = 0.25, .least = -1e30, .most = 1e30),
	LAM_OPTION(lam_prelu_options, shared, BOOL),
	LAM_OPTIONS_END,
};

static lam_status check(lam_layer *self, const lam_shape *in, int inputs, lam_shape *out)
{
	(void)inputs;
	struct lam_channel_weight *weight = lam_layer_state(self);
	weight->shared = weight->options.prelu.shared;
	weight->below = true;
	return lam_channel_weight_check(weight, in, out);
}

static lam_status plan(const lam_layer *self, const lam_shape *in, lam_plan *plan)
{
	(void)in;
	const struct lam_channel_weight *weight = lam_layer_state(self);
	return lam_channel_weight_plan(weight, weight->options.prelu.slope, plan);
}

/* to = x > 0 ? from : slope from, in the channels of this call */
static lam_status apply(
	const lam_layer *self, const lam_pass *pass, const lam_view *to, const lam_view *from)
{
	const struct lam_channel_weight *weight = lam_layer_state(self);
	const struct channels run = lam_channels_of(pass, weight->channels);
	struct channels group;
	for (int64_t c = run.first; c < run.first + run.count; c += group.count) {
		group = lam_channel_group(run, c);
		lam_real room[LAM_CHANNEL_GROUP];
		lam_kernel()->map.channel_leaky(lam_channel_at(to, c), lam_channel_at(from, c),
			lam_channel_at(pass->x, c), lam_channel_weights(weight, pass, group, room),
			(size_t)group.count, (size_t)weight->places);
	}
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

const lam_layer_class lam_prelu_class = {
	LAM_LAYER_ABI,
	LAM_CHANNEL_WEIGHT_CLASS,
	.flags = LAM_LIGHT | LAM_IN_PLACE | LAM_KEEP_X | LAM_RECTIFIES | LAM_EVAL_BACKWARD,
	.kind = "prelu",
	.options = options,
	.check = check,
	.plan = plan,
	.forward = forward,
	.backward = backward,
};

lam_layer *lam_prelu_new(const lam_prelu_options *given)
{
	return lam_layer_new(&lam_prelu_class, given);
}
